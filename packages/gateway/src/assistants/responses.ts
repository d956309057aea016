import { randomUUID } from 'node:crypto';
import type { AiEventBody, ConversationItem } from '@offhook/protocol';

/** One answer of the assistant's: what it says, and how far that was heard. */
export interface Response {
  readonly id: string;
  /** Name of its item in the conversation. */
  readonly item: string;
  text: string;
  /** Its figures begin with the first piece of voice; null before. */
  voicedAt: number | null;
  /** All of its voice, in milliseconds. */
  voiceMs: number;
  /** Whether its voice is being heard, or was. */
  playout: 'none' | 'queued' | 'playing' | 'over';
  /** No voice follows. */
  voiced: boolean;
  done: boolean;
  cut: boolean;
  /** Where it stands in the conversation; null until it said something. */
  at: number | null;
}

/** The answers of one call, what its page is told of them, and what of them stands in the conversation. */
export class Responses {
  readonly #items: ConversationItem[];
  readonly #tell: (event: AiEventBody) => void;
  readonly #now: () => number;
  readonly #byId = new Map<string, Response>();

  constructor(items: ConversationItem[], tell: (event: AiEventBody) => void, now: () => number) {
    this.#items = items;
    this.#tell = tell;
    this.#now = now;
  }

  get(id: string): Response | undefined {
    return this.#byId.get(id);
  }

  /** Those that are not heard to their end, or not complete. */
  get open(): readonly Response[] {
    return [...this.#byId.values()].filter(
      ({ done, playout }) => !done || playout === 'queued' || playout === 'playing',
    );
  }

  begin(id: string): Response {
    const known = this.#byId.get(id);
    if (known) {
      return known;
    }
    const response: Response = {
      id,
      item: `item_${randomUUID()}`,
      text: '',
      voicedAt: null,
      voiceMs: 0,
      playout: 'none',
      voiced: false,
      done: false,
      cut: false,
      at: null,
    };
    this.#byId.set(id, response);
    this.#tell({ type: 'response.created', response: { id } });
    return response;
  }

  said(response: Response, text: string, final: boolean): void {
    const { id, item } = response;
    response.text = final ? text : response.text + text;
    if (!response.cut) {
      this.#write(response, response.text);
    }
    const about = { response_id: id, item_id: item };
    if (final) {
      this.#tell({ type: 'response.output_audio_transcript.done', ...about, transcript: text });
    } else {
      this.#tell({ type: 'response.output_audio_transcript.delta', ...about, delta: text });
    }
  }

  done(response: Response, status: 'completed' | 'cancelled' | 'failed'): void {
    if (response.done) {
      return;
    }
    response.done = true;
    this.#tell({ type: 'response.done', response: { id: response.id, status } });
    this.#forget(response);
  }

  started(response: Response): void {
    response.playout = 'playing';
    this.#tell({ type: 'output_audio_buffer.started', response_id: response.id });
  }

  stopped(response: Response): void {
    const wasPlaying = response.playout === 'playing';
    response.playout = 'over';
    if (wasPlaying) {
      this.#tell({ type: 'output_audio_buffer.stopped', response_id: response.id });
    }
    this.#forget(response);
  }

  /** It was cut off after so much of its voice. */
  cutOff(response: Response, playedMs: number): void {
    const { id, item, text, voiceMs } = response;
    response.playout = 'over';
    response.cut = true;
    // Speech is about even in time; where a model speaks ahead of its text, what is written is all there is.
    const share = voiceMs > 0 ? Math.min(1, playedMs / voiceMs) : 0;
    const heard = atWord(text, Math.round(text.length * share));
    this.#tell({ type: 'output_audio_buffer.cleared', response_id: id });
    this.#tell({
      type: 'conversation.item.truncated',
      item_id: item,
      audio_end_ms: playedMs,
      transcript: heard,
    });
    this.#write(response, heard);
    this.#forget(response);
  }

  #write(response: Response, text: string): void {
    const item: ConversationItem = {
      role: 'assistant',
      text,
      at: this.#now(),
      ...(response.cut ? { cut: true } : {}),
    };
    if (response.at === null) {
      response.at = this.#items.length;
      this.#items.push(item);
    } else {
      this.#items[response.at] = item;
    }
  }

  /** Hours of talking keep no more than what is going on. */
  #forget({ id, done, playout }: Response): void {
    if (done && (playout === 'none' || playout === 'over')) {
      this.#byId.delete(id);
    }
  }
}

/** The text up to a position, not in the middle of a word. */
function atWord(text: string, length: number): string {
  if (length >= text.length) {
    return text;
  }
  const end = text.lastIndexOf(' ', length);
  return end <= 0 ? '' : text.slice(0, end);
}
