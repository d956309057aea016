import { randomUUID } from 'node:crypto';
import type { Script } from '../../definition.ts';
import type { Engine, EngineSetup, MessageItem } from '../../engine.ts';
import { EngineError } from '../../engine.ts';
import { Dialogue, type Move } from './dialogue.ts';
import type { Recogniser } from './recogniser.ts';
import type { SpeechSource } from './speech.ts';

export interface LocalEngineParts {
  readonly script: Script;
  readonly speech: SpeechSource;
  /** Null: nothing on this machine understands words. */
  readonly recogniser: Recogniser | null;
}

const RATE = 16_000;
/** What is kept of one utterance: longer ones are cut, since no phrase of a script is. */
const MAX_UTTERANCE = RATE * 12;
/** From before the voice was noticed. */
const BEFORE = RATE / 2;

/** Answers by a script, with programs of this machine and no network. */
export class LocalEngine implements Engine {
  readonly rate = RATE;
  readonly #setup: EngineSetup;
  readonly #parts: LocalEngineParts;
  readonly #dialogue: Dialogue;
  readonly #closed = new AbortController();
  #recent: Int16Array[] = [];
  #recentLength = 0;
  #speaking = false;
  /** One thing after the other: an answer that is prepared gives way to the next. */
  #turn: AbortController | null = null;
  #response: string | null = null;
  readonly #tools = new Set<string>();

  constructor(setup: EngineSetup, parts: LocalEngineParts) {
    this.#setup = setup;
    this.#parts = parts;
    this.#dialogue = new Dialogue(parts.script);
  }

  get hears(): 'phrases' | 'nothing' {
    return this.#parts.recogniser === null ? 'nothing' : 'phrases';
  }

  open(): Promise<void> {
    return Promise.resolve();
  }

  begin(): void {
    const { greeting, history } = this.#setup;
    const welcome = history.length > 0 ? 'Welcome back. Where were we?' : greeting;
    if (welcome !== '') {
      this.#answer([{ kind: 'say', text: welcome }]);
    }
  }

  hear(pcm: Int16Array): void {
    this.#recent.push(pcm);
    this.#recentLength += pcm.length;
    const limit = this.#speaking ? MAX_UTTERANCE : BEFORE;
    while (this.#recentLength > limit && this.#recent.length > 1) {
      this.#recentLength -= this.#recent.shift()?.length ?? 0;
    }
  }

  speech(on: boolean, utterance: string): void {
    if (on) {
      this.#speaking = true;
      this.#abandon();
      return;
    }
    this.#speaking = false;
    const audio = this.#recent;
    this.#recent = [];
    this.#recentLength = 0;
    this.#setup.guard.settle(() => this.#recognise(audio, utterance));
  }

  digits(digits: string): void {
    this.#answer(this.#dialogue.digits(digits));
  }

  message(item: MessageItem): void {
    const texts = item.content.flatMap((part) => (part.type === 'input_text' ? part.text : []));
    if (texts.length < item.content.length) {
      const error = new EngineError('unsupported', 'the offline assistant sees no images');
      this.#setup.host.failed(error);
      if (texts.length === 0) {
        return;
      }
    }
    this.#answer(this.#dialogue.hear(texts.join(' ')));
  }

  toolOutput(callId: string, output: string): void {
    if (!this.#tools.delete(callId) || !isFailure(output)) {
      return;
    }
    this.#answer(this.#dialogue.toolFailed());
  }

  toolsChanged(): void {
    // A script asks for its one tool, and is told when there is nobody to run it.
  }

  interrupted(response: string): void {
    if (response === this.#response) {
      this.#abandon();
    }
  }

  close(): void {
    this.#closed.abort();
    this.#turn?.abort();
    this.#recent = [];
  }

  async #recognise(audio: readonly Int16Array[], utterance: string): Promise<void> {
    const { recogniser, script } = this.#parts;
    const { host, clock } = this.#setup;
    if (recogniser === null) {
      host.heard(utterance, null, true);
      this.#answer([{ kind: 'say', text: script.deaf }]);
      return;
    }
    const from = clock.monotonic();
    let text: string | null = null;
    try {
      text = await recogniser.recognise(audio, RATE, this.#dialogue.expected, this.#closed.signal);
    } catch (error) {
      if (this.#closed.signal.aborted) {
        return;
      }
      host.failed(
        new EngineError('unsupported', 'what was said could not be looked at', { cause: error }),
      );
    }
    if (this.#closed.signal.aborted) {
      return;
    }
    host.figures({ recogniseMs: Math.round(clock.monotonic() - from) });
    host.heard(utterance, text, true);
    // The caller may have gone on meanwhile.
    if (this.#speaking) {
      return;
    }
    this.#answer(
      text === null ? [{ kind: 'say', text: script.fallback }] : this.#dialogue.hear(text),
    );
  }

  /** Whatever is being prepared is not said any more. */
  #abandon(): void {
    const response = this.#response;
    this.#response = null;
    this.#turn?.abort();
    this.#turn = null;
    if (response !== null) {
      this.#setup.host.responded(response, 'cancelled');
    }
  }

  #answer(moves: readonly Move[]): void {
    this.#abandon();
    if (moves.length === 0) {
      return;
    }
    const turn = new AbortController();
    this.#turn = turn;
    this.#setup.guard.settle(() => this.#perform(moves, turn.signal));
  }

  async #perform(moves: readonly Move[], signal: AbortSignal): Promise<void> {
    const { host } = this.#setup;
    for (const move of moves) {
      if (signal.aborted) {
        return;
      }
      switch (move.kind) {
        case 'tool': {
          const id = `call_${randomUUID()}`;
          this.#tools.add(id);
          host.callTool(id, move.name, JSON.stringify(move.args));
          break;
        }
        case 'hangup':
          host.hangup();
          break;
        case 'say':
          await this.#say(move.text, signal);
      }
    }
  }

  async #say(text: string, signal: AbortSignal): Promise<void> {
    const { host, clock } = this.#setup;
    const response = `resp_${randomUUID()}`;
    this.#response = response;
    host.responding(response);
    host.said(response, text, true);
    const from = clock.monotonic();
    try {
      const { pcm, rate } = await this.#parts.speech.speak(text, signal);
      if (signal.aborted) {
        return;
      }
      host.figures({ synthesisMs: Math.round(clock.monotonic() - from) });
      host.voice(response, pcm, rate, true);
      this.#response = null;
      host.responded(response, 'completed');
    } catch (error) {
      if (signal.aborted) {
        return;
      }
      this.#response = null;
      host.responded(response, 'failed');
      host.failed(
        new EngineError('unsupported', 'this sentence cannot be spoken here', { cause: error }),
      );
    }
  }
}

function isFailure(output: string): boolean {
  try {
    const value: unknown = JSON.parse(output);
    return typeof value === 'object' && value !== null && 'error' in value;
  } catch {
    return false;
  }
}
