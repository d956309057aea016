import type { AiEventBody, AiItem } from '@offhook/protocol';
import { markRaw, proxySafe } from '../proxy-safe.ts';

/** Something that was said, typed or done, at one moment: a new object each time something in it changes. */
export type TranscriptEntry = SaidEntry | ToolEntry;

export interface SaidEntry {
  /** The gateway's name for it; stays. */
  readonly id: string;
  readonly role: 'user' | 'assistant';
  /** '' while it is not known yet. */
  readonly text: string;
  /** False while more may come. */
  readonly final: boolean;
  /** The assistant was cut off; `text` is about what was heard. */
  readonly interrupted: boolean;
  /** The caller spoke and was not understood. */
  readonly failed: boolean;
  /** The caller typed it. */
  readonly typed: boolean;
  /** Addresses of the pictures that came with it. */
  readonly images: readonly string[];
  /** When it began, in milliseconds since the epoch. */
  readonly at: number;
}

export interface ToolEntry {
  readonly id: string;
  readonly role: 'tool';
  /** The tool's. */
  readonly name: string;
  readonly status: 'running' | 'done' | 'failed';
  readonly at: number;
}

/** The oldest go when there are more. */
const MAX_ENTRIES = 500;
/** UTF-16 units of one entry; what comes beyond is left out. */
const MAX_TEXT = 32_768;

/** What was said, oldest first, as a store: `subscribe` and `getSnapshot` fit `useSyncExternalStore`. */
export class Transcript {
  readonly #entries = new Map<string, TranscriptEntry>();
  readonly #listeners = new Set<() => void>();
  readonly #now: () => number;
  readonly #report: (error: unknown) => void;
  readonly #changed: (entry: TranscriptEntry) => void;
  #snapshot: readonly TranscriptEntry[] = [];

  /** @internal Is made with `call.ai`. */
  constructor(
    now: () => number,
    changed: (entry: TranscriptEntry) => void,
    report: (error: unknown) => void,
  ) {
    markRaw(this);
    this.#now = now;
    this.#changed = changed;
    this.#report = report;
  }

  /** Calls back after each change; returns the undo. */
  readonly subscribe = (listener: () => void): (() => void) => {
    const own = (): void => listener();
    this.#listeners.add(own);
    return () => void this.#listeners.delete(own);
  };

  /** The same array until something changes. */
  readonly getSnapshot = (): readonly TranscriptEntry[] => this.#snapshot;

  /** @internal */
  take(event: AiEventBody): void {
    switch (event.type) {
      case 'input_audio_buffer.speech_started':
        this.#say(event.item_id, 'user', {});
        break;
      case 'conversation.item.input_audio_transcription.delta':
        this.#append(event.item_id, 'user', event.delta);
        break;
      case 'conversation.item.input_audio_transcription.completed':
        this.#say(event.item_id, 'user', { text: event.transcript, final: true, failed: false });
        break;
      case 'conversation.item.input_audio_transcription.failed':
        if (!this.#said(event.item_id)?.final) {
          this.#say(event.item_id, 'user', { final: true, failed: true });
        }
        break;
      case 'response.output_audio_transcript.delta':
        this.#append(event.item_id, 'assistant', event.delta);
        break;
      case 'response.output_audio_transcript.done':
        // What was not heard is not said, even when its text comes late.
        if (!this.#said(event.item_id)?.interrupted) {
          this.#say(event.item_id, 'assistant', { text: event.transcript, final: true });
        }
        break;
      case 'conversation.item.truncated':
        this.#say(event.item_id, 'assistant', {
          text: event.transcript,
          final: true,
          interrupted: true,
        });
        break;
      case 'conversation.item.created':
        this.#created(event.item);
        break;
      default:
    }
  }

  /** @internal */
  tool(id: string, name: string, status: ToolEntry['status']): void {
    const key = `tool:${id}`;
    const old = this.#entries.get(key);
    if (old?.role === 'tool' && old.status === status) {
      return;
    }
    this.#put({ id: key, role: 'tool', name, status, at: old?.at ?? this.#now() });
  }

  #created(item: AiItem): void {
    if (item.type !== 'message') {
      return;
    }
    const text = item.content.flatMap((part) => ('text' in part ? [part.text] : [])).join('\n');
    const images = item.content.flatMap((part) =>
      'image_url' in part ? [part.image_url.url] : [],
    );
    this.#say(item.id, item.role, {
      text,
      images,
      final: true,
      typed: item.role === 'user',
    });
  }

  #said(id: string): SaidEntry | undefined {
    const entry = this.#entries.get(id);
    return entry?.role === 'tool' ? undefined : entry;
  }

  #append(id: string, role: SaidEntry['role'], delta: string): void {
    const old = this.#said(id);
    if (old?.final) {
      return;
    }
    this.#say(id, role, { text: (old?.text ?? '') + delta });
  }

  #say(id: string, role: SaidEntry['role'], change: Partial<SaidEntry>): void {
    const old = this.#said(id);
    const next: SaidEntry = {
      ...(old ?? {
        id,
        role,
        text: '',
        final: false,
        interrupted: false,
        failed: false,
        typed: false,
        images: [],
        at: this.#now(),
      }),
      ...change,
    };
    const cut =
      next.text.length > MAX_TEXT ? { ...next, text: next.text.slice(0, MAX_TEXT) } : next;
    const keys = Object.keys(cut) as (keyof SaidEntry)[];
    if (old && keys.every((key) => key === 'images' || Object.is(old[key], cut[key]))) {
      return;
    }
    this.#put(cut);
  }

  #put(entry: TranscriptEntry): void {
    this.#entries.set(entry.id, entry);
    for (const oldest of this.#entries.keys()) {
      if (this.#entries.size <= MAX_ENTRIES) {
        break;
      }
      this.#entries.delete(oldest);
    }
    this.#snapshot = [...this.#entries.values()];
    this.#changed(entry);
    for (const listener of [...this.#listeners]) {
      try {
        listener();
      } catch (error) {
        this.#report(error);
      }
    }
  }
}
proxySafe(Transcript);
