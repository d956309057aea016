import type { Clock } from '../clock.ts';
import { serializeMessage, type SipMessage } from './core/message.ts';

/** Hears each message of one call, as it is on the wire. */
export type TraceListener = (sent: boolean, text: string) => void;

/** The answer to a BYE comes after the call's end. */
const LINGER_MS = 2_000;
const CALL_ID = '\r\nCall-ID: ';

/** Tells calls of their messages, those that are sent again too. By Call-ID: what belongs to no call is not looked at. */
export class SipTrace {
  readonly #clock: Pick<Clock, 'schedule'>;
  readonly #listeners = new Map<string, TraceListener>();
  readonly #leaving = new Set<() => void>();

  constructor(clock: Pick<Clock, 'schedule'>) {
    this.#clock = clock;
  }

  /** Returns its undo, which takes effect when the last answers have come. */
  watch(callId: string, listener: TraceListener): () => void {
    this.#listeners.set(callId, listener);
    return () => {
      const cancel = this.#clock.schedule(() => {
        this.#leaving.delete(cancel);
        if (this.#listeners.get(callId) === listener) {
          this.#listeners.delete(callId);
        }
      }, LINGER_MS);
      this.#leaving.add(cancel);
    };
  }

  received(message: SipMessage): void {
    if (this.#listeners.size === 0) {
      return;
    }
    const listener = this.#listeners.get(message.headers.get('Call-ID') ?? '');
    listener?.(false, serializeMessage(message));
  }

  sent(text: string): void {
    if (this.#listeners.size === 0) {
      return;
    }
    const at = text.indexOf(CALL_ID);
    if (at === -1) {
      return;
    }
    const start = at + CALL_ID.length;
    this.#listeners.get(text.slice(start, text.indexOf('\r\n', start)))?.(true, text);
  }

  dispose(): void {
    for (const cancel of this.#leaving) {
      cancel();
    }
    this.#leaving.clear();
    this.#listeners.clear();
  }
}
