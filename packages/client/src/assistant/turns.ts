import type { AiEventBody } from '@offhook/protocol';

/**
 * Whose turn it is.
 *
 *   connecting ──begin──► listening ◄──────────────┐
 *                          │     ▲                 │
 *                     work │     │ rest            │ rest
 *                          ▼     │                 │
 *                         thinking ──voice──► speaking
 *                              ▲                   │
 *                              └───────work────────┘   its voice is over, and another answer is on its way
 *
 *   any live one ──voice──► speaking      any live one ──end──► ended ∎
 *
 * An event without an entry does not fit, and changes nothing.
 */
export type AssistantState = 'connecting' | 'listening' | 'thinking' | 'speaking' | 'ended';

type Step = 'begin' | 'work' | 'voice' | 'rest' | 'end';

export const TURN_TABLE: Readonly<
  Record<AssistantState, Readonly<Partial<Record<Step, AssistantState>>>>
> = {
  connecting: { begin: 'listening', work: 'thinking', voice: 'speaking', end: 'ended' },
  listening: { work: 'thinking', voice: 'speaking', end: 'ended' },
  thinking: { voice: 'speaking', rest: 'listening', end: 'ended' },
  speaking: { work: 'thinking', rest: 'listening', end: 'ended' },
  ended: {},
};

/** Answers that are over; what is said of one of them later changes nothing. */
const REMEMBERED = 64;

/** Follows the gateway's events, which may come late, twice or not at all, and tells each change of state once. */
export class Turns {
  #state: AssistantState = 'connecting';
  readonly #changed: (state: AssistantState, before: AssistantState) => void;
  /** Answers in the making. */
  readonly #working = new Set<string>();
  /** Answers that have words to be heard. */
  readonly #worded = new Set<string>();
  /** Answers that were made; their voice may still come. */
  readonly #made = new Set<string>();
  /** Answers whose voice is over. */
  readonly #heard = new Set<string>();
  /** The answer that is heard. */
  #voice: string | undefined;

  constructor(changed: (state: AssistantState, before: AssistantState) => void) {
    this.#changed = changed;
  }

  get state(): AssistantState {
    return this.#state;
  }

  begin(): void {
    this.#step('begin');
  }

  end(): void {
    this.#working.clear();
    this.#voice = undefined;
    this.#step('end');
  }

  /** @returns true when this cut off an answer */
  take(event: AiEventBody): boolean {
    switch (event.type) {
      case 'conversation.created':
        this.begin();
        return false;
      case 'input_audio_buffer.speech_started':
        this.begin();
        this.#dropMade();
        return false;
      case 'response.created':
        this.#work(event.response.id);
        return false;
      case 'response.output_audio_transcript.delta':
      case 'response.output_audio_transcript.done':
        remember(this.#worded, event.response_id);
        return false;
      case 'response.done':
        this.#finish(event.response.id, event.response.status);
        return false;
      case 'output_audio_buffer.started':
        this.#speak(event.response_id);
        return false;
      case 'output_audio_buffer.stopped':
        this.#hush(event.response_id);
        return false;
      case 'output_audio_buffer.cleared': {
        const cut = !this.#heard.has(event.response_id);
        this.#hush(event.response_id);
        return cut;
      }
      default:
        return false;
    }
  }

  #work(id: string): void {
    if (this.#made.has(id) || this.#heard.has(id) || this.#voice === id) {
      return;
    }
    this.#dropMade();
    this.#working.add(id);
    this.#settle();
  }

  /** One with words is in the making until its voice begins; else it is over. */
  #finish(id: string, status: string): void {
    remember(this.#made, id);
    if (status !== 'completed' || !this.#worded.has(id)) {
      this.#working.delete(id);
    }
    this.#settle();
  }

  /** Words whose voice never came must not be waited for any longer. */
  #dropMade(): void {
    for (const id of this.#working) {
      if (this.#made.has(id)) {
        this.#working.delete(id);
      }
    }
    this.#settle();
  }

  #speak(id: string): void {
    if (this.#heard.has(id)) {
      return;
    }
    this.#working.delete(id);
    if (this.#voice !== undefined && this.#voice !== id) {
      remember(this.#heard, this.#voice);
    }
    this.#voice = id;
    this.#step('voice');
  }

  #hush(id: string): void {
    remember(this.#heard, id);
    this.#working.delete(id);
    if (this.#voice === id) {
      this.#voice = undefined;
    }
    this.#settle();
  }

  #settle(): void {
    if (this.#voice === undefined) {
      this.#step(this.#working.size > 0 ? 'work' : 'rest');
    }
  }

  #step(step: Step): void {
    const before = this.#state;
    const next = TURN_TABLE[before][step];
    if (next === undefined) {
      return;
    }
    this.#state = next;
    this.#changed(next, before);
  }
}

function remember(ids: Set<string>, id: string): void {
  ids.add(id);
  for (const oldest of ids) {
    if (ids.size <= REMEMBERED) {
      break;
    }
    ids.delete(oldest);
  }
}
