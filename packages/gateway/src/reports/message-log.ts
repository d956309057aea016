import type { WireMessage } from '../calls/leg.ts';
import type { Clock } from '../clock.ts';

/** A message as it is handed to the store, which takes out what nobody may read. */
export interface KeptMessage extends WireMessage {
  readonly t: number;
  /** `telnyx_leg_id` */
  readonly leg: string;
  /** There was more of it. */
  readonly cut: boolean;
}

export interface CallMessages {
  /** `telnyx_session_id` */
  readonly call: string;
  readonly messages: readonly KeptMessage[];
  /** What there was no room for. */
  readonly dropped: number;
}

export interface MessageLogDeps {
  readonly clock: Pick<Clock, 'now' | 'schedule'>;
  /** All of a call's, once. Must not throw. */
  readonly save: (messages: CallMessages) => void;
}

interface OfCall {
  readonly messages: KeptMessage[];
  characters: number;
  dropped: number;
  /** Set when the call is over. */
  cancelSave: (() => void) | null;
}

/** Of one message, of one call, and of all calls that live. A call of hours with holds and refreshes stays below. */
const MAX_MESSAGE = 16_384;
const MAX_MESSAGES = 200;
const MAX_CHARACTERS = 196_608;
const MAX_ALL = 33_554_432;
/** The answer to a BYE comes after the call's end. */
const LATE_MS = 1_500;

/** A copy of the beginning: V8's slice of a text keeps the whole text in memory. */
function headOf(text: string): string {
  return Buffer.from(text.slice(0, MAX_MESSAGE)).toString();
}

/** The messages of the calls that live, until each is over. Bounded by call and in all; owns its timers. */
export class MessageLog {
  readonly #deps: MessageLogDeps;
  readonly #calls = new Map<string, OfCall>();
  #characters = 0;

  constructor(deps: MessageLogDeps) {
    this.#deps = deps;
  }

  begin(call: string): void {
    if (this.#calls.has(call)) {
      return;
    }
    this.#calls.set(call, { messages: [], characters: 0, dropped: 0, cancelSave: null });
  }

  add(call: string, leg: string, message: WireMessage): void {
    const kept = this.#calls.get(call);
    if (!kept) {
      return;
    }
    const cut = message.text.length > MAX_MESSAGE;
    const text = cut ? headOf(message.text) : message.text;
    if (
      kept.messages.length >= MAX_MESSAGES ||
      kept.characters + text.length > MAX_CHARACTERS ||
      this.#characters + text.length > MAX_ALL
    ) {
      kept.dropped += 1;
      return;
    }
    kept.characters += text.length;
    this.#characters += text.length;
    kept.messages.push({ ...message, t: this.#deps.clock.now(), leg, text, cut });
  }

  callEnded(call: string): void {
    const kept = this.#calls.get(call);
    if (!kept || kept.cancelSave) {
      return;
    }
    kept.cancelSave = this.#deps.clock.schedule(() => {
      this.#save(call, kept);
    }, LATE_MS);
  }

  /** What has ended is saved without waiting for more. */
  close(): void {
    for (const [call, kept] of this.#calls) {
      kept.cancelSave?.();
      this.#save(call, kept);
    }
  }

  #save(call: string, { messages, characters, dropped }: OfCall): void {
    this.#calls.delete(call);
    this.#characters -= characters;
    if (messages.length > 0) {
      this.#deps.save({ call, messages, dropped });
    }
  }
}
