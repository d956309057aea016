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
  state: AssistantState = 'connecting';
  readonly #changed: (state: AssistantState, before: AssistantState) => void;
  /** Answers under way that are not heard yet. */
  readonly #working = new Set<string>();
  readonly #over = new Set<string>();
  /** The answer that is heard. */
  #voice: string | undefined;

  constructor(changed: (state: AssistantState, before: AssistantState) => void) {
    this.#changed = changed;
  }

  begin(): void {
    this.#step('begin');
  }

  end(): void {
    this.#working.clear();
    this.#voice = undefined;
    this.#step('end');
  }

  /** @returns true when this cut off a voice that was heard */
  take(event: AiEventBody): boolean {
    switch (event.type) {
      case 'conversation.created':
      case 'input_audio_buffer.speech_started':
        this.begin();
        return false;
      case 'response.created': {
        const { id } = event.response;
        if (this.#over.has(id) || this.#voice === id) return false;
        this.#working.add(id);
        if (this.#voice === undefined) this.#step('work');
        return false;
      }
      case 'output_audio_buffer.started':
        if (this.#over.has(event.response_id)) return false;
        this.#working.delete(event.response_id);
        if (this.#voice !== undefined && this.#voice !== event.response_id) {
          this.#forget(this.#voice);
        }
        this.#voice = event.response_id;
        this.#step('voice');
        return false;
      case 'output_audio_buffer.stopped':
      case 'output_audio_buffer.cleared': {
        const cut =
          event.type === 'output_audio_buffer.cleared' && !this.#over.has(event.response_id);
        this.#close(event.response_id);
        return cut;
      }
      case 'response.done':
        // Its voice may still be played out; what never had one is over with it.
        if (this.#voice !== event.response.id) this.#close(event.response.id);
        return false;
      default:
        return false;
    }
  }

  #close(id: string): void {
    this.#working.delete(id);
    this.#forget(id);
    if (this.#voice === id) this.#voice = undefined;
    if (this.#voice === undefined) this.#step(this.#working.size > 0 ? 'work' : 'rest');
  }

  #forget(id: string): void {
    this.#over.add(id);
    for (const oldest of this.#over) {
      if (this.#over.size <= REMEMBERED) break;
      this.#over.delete(oldest);
    }
  }

  #step(step: Step): void {
    const before = this.state;
    const next = TURN_TABLE[before][step];
    if (next === undefined) return;
    this.state = next;
    this.#changed(next, before);
  }
}
