import type { Call } from '../index.ts';
import { endingOf } from './endings.ts';
import type { PhoneCall, PhoneCallStatus, QualityHint } from './phone-state.ts';

const STATUS: Readonly<Record<string, PhoneCallStatus>> = {
  new: 'calling',
  requesting: 'calling',
  trying: 'calling',
  early: 'calling',
  ringing: 'incoming',
  answering: 'answering',
  active: 'active',
  held: 'held',
  recovering: 'recovering',
  hangup: 'ended',
  destroy: 'ended',
};

/** Warnings of quality, which the SDK also tells the end of. */
const HINTS: Readonly<Record<number, QualityHint>> = {
  31001: 'slow',
  31002: 'unsteady',
  31003: 'unsteady',
  31004: 'poor',
  31005: 'notHeard',
  31006: 'nothingHeard',
};

const MAX_DIGITS = 20;
/** What the SDK calls the far end of a call that was placed, unless the page named it. */
const NO_NAME = 'Outbound Call';

/** One call from its first update to its end, through recoveries: the SDK's events made one value. */
export class FollowedCall {
  readonly key: string;
  readonly #changed: () => void;
  readonly #hints = new Map<number, QualityHint>();
  readonly #undo: readonly (() => void)[];
  #call: Call;
  #digits = '';
  #transferring = false;
  #snapshot: PhoneCall;

  constructor(call: Call, changed: () => void) {
    this.key = call.id;
    this.#call = call;
    this.#changed = changed;
    this.#snapshot = this.#take();
    const refresh = (): void => this.refresh();
    // Listeners go on with the object that takes this one's place.
    this.#undo = [
      call.on('state', refresh),
      call.on('ringing', refresh),
      call.on('hold', refresh),
      call.on('mute', refresh),
      call.on('remoteAway', refresh),
      call.on('remoteParty', refresh),
      call.on('ended', refresh),
      call.on('recovered', (next) => this.adopt(next)),
      call.on('warning', ({ code }) => {
        const hint = HINTS[code];
        if (hint) {
          this.#hints.set(code, hint);
          this.refresh();
        }
      }),
      call.on('warningCleared', ({ code }) => {
        if (this.#hints.delete(code)) {
          this.refresh();
        }
      }),
    ];
  }

  get call(): Call {
    return this.#call;
  }
  get snapshot(): PhoneCall {
    return this.#snapshot;
  }

  /** Whether this object is the call, or goes on with it. */
  knows({ id, recoveredCallId }: Call): boolean {
    return id === this.#call.id || (recoveredCallId !== '' && recoveredCallId === this.#call.id);
  }

  /** The SDK goes on with the call in this object. */
  adopt(call: Call): void {
    this.#call = call;
    this.refresh();
  }

  sent(digits: string): void {
    this.#digits = (this.#digits + digits).slice(-MAX_DIGITS);
    this.refresh();
  }

  transferring(on: boolean): void {
    this.#transferring = on;
    this.refresh();
  }

  refresh(): void {
    const next = this.#take();
    const before = this.#snapshot;
    const keys = Object.keys(next) as (keyof PhoneCall)[];
    if (keys.every((key) => Object.is(next[key], before[key]))) {
      return;
    }
    this.#snapshot = next;
    this.#changed();
  }

  dispose(): void {
    for (const undo of this.#undo) {
      undo();
    }
  }

  #take(): PhoneCall {
    const call = this.#call;
    const { direction, end } = call;
    const outbound = direction === 'outbound';
    const { remoteCallerName = '', remoteCallerNumber = '', destinationNumber = '' } = call.options;
    const party = call.remoteParty;
    const answeredAt = call.answeredAt ?? null;
    const status = STATUS[call.state] ?? 'calling';
    return {
      key: this.key,
      direction: outbound ? 'outbound' : 'inbound',
      name: party?.name ?? (remoteCallerName === NO_NAME ? '' : remoteCallerName),
      number: party?.number ?? (outbound ? destinationNumber : remoteCallerNumber),
      status: end ? 'ended' : status === 'calling' && call.ringing ? 'ringing' : status,
      remoteHeld: call.remoteHeld,
      remoteAway: call.remoteAway,
      muted: call.isAudioMuted,
      answeredAt,
      digits: this.#digits,
      hint: [...this.#hints.values()][0] ?? null,
      transferring: this.#transferring && !end,
      ending: end ? endingOf(end, outbound ? 'outbound' : 'inbound', answeredAt !== null) : null,
      call,
    };
  }
}
