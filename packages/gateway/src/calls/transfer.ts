import type { Clock } from '../clock.ts';
import type { Guard } from '../guard.ts';
import type { Codec } from '../media/media-plane.ts';
import type { CustomHeader, Identity } from './dialog.ts';
import { Fork } from './fork.ts';
import { ENDINGS, type Ending } from './hangup.ts';
import type { AnswerOutcome, Leg, Party } from './leg.ts';
import { next, type Transitions } from './transitions.ts';

/**
 * A call is handed over to somebody who is asked first, by ringing.
 *
 * ```
 *   ringing ──claimed──► answering ──answered──► done
 *      │  ◄─unclaimed──────┘  │
 *      └──────────fail────────┴──► failed
 * ```
 *
 * The transferor is the party that hands over, the transferee the one that is handed over, the target who is rung. While the target
 * rings, the transferor hears silence, and the transferee what a caller would hear. `done`: the target has the transferor's place, and the
 * transferor's leg ends. `failed`: the two talk again. A transferor that hangs up meanwhile leaves the transfer to go on (RFC 5589, 6.1);
 * then the call ends with the transfer, should that fail. A transferee that hangs up ends everything. `done` and `failed` have no exits.
 */
export type TransferState = 'ringing' | 'answering' | 'done' | 'failed';
export type TransferEvent = 'claimed' | 'unclaimed' | 'answered' | 'fail';

export const TRANSFER_TRANSITIONS: Transitions<TransferState, TransferEvent> = {
  ringing: { claimed: 'answering', fail: 'failed' },
  answering: { unclaimed: 'ringing', answered: 'done', fail: 'failed' },
  done: {},
  failed: {},
};

/** The call, as its transfer sees it. */
export interface TransferHost {
  readonly guard: Guard;
  readonly clock: Clock;
  readonly noAnswerSeconds: number;
  addLeg(party: Party, own: Identity): Leg;
  freeLeg(leg: Leg): void;
  /** Two legs hear each other. Rejects when the media plane cannot do it. */
  connect(a: Leg, b: Leg): Promise<void>;
  /** The target answered. */
  done(target: Leg): void;
  failed(ending: Ending): void;
}

export interface TransferSetup {
  /** Named by who asked for it. */
  readonly id: string;
  /** Null: a service. */
  readonly transferor: Leg | null;
  readonly transferee: Leg | null;
  readonly codec: Codec;
  /** The transferee has the target's codec; else it cannot hear the target before the answer. */
  readonly isSameCodec: boolean;
  /** Whose devices ring; null: somebody outside. */
  readonly user: string | null;
}

/** One transfer of a call, from the first ringing to its outcome. Owns the legs that ring, and the time that they may. */
export class Transfer {
  readonly id: string;
  /** The target's. */
  readonly codec: Codec;
  readonly #host: TransferHost;
  readonly #fork: Fork;
  readonly #isSameCodec: boolean;
  readonly #user: string | null;
  #transferor: Leg | null;
  #transferee: Leg | null;
  #state: TransferState = 'ringing';
  /** What the transferee hears; a leg: the target's early media. */
  #heard: Leg | 'silence' | 'ringback' = 'silence';
  #cancelNoAnswer: (() => void) | null = null;

  constructor(host: TransferHost, setup: TransferSetup) {
    this.#host = host;
    this.id = setup.id;
    this.codec = setup.codec;
    this.#isSameCodec = setup.isSameCodec;
    this.#user = setup.user;
    this.#transferor = setup.transferor;
    this.#transferee = setup.transferee;
    this.#fork = new Fork({
      guard: host.guard,
      codecs: [setup.codec],
      headers: undefined,
      settleCodec: () => Promise.resolve(),
      onRung: () => {
        if (this.#state !== 'ringing' || this.#heard !== 'silence') {
          return;
        }
        this.#heard = 'ringback';
        this.feed();
      },
      onClaim: () => this.#step('claimed'),
      onUnclaim: () => this.#step('unclaimed'),
      onAnswered: (leg) => {
        if (!this.#step('answered')) {
          return;
        }
        this.#cancelNoAnswer?.();
        host.done(leg);
      },
      onDeserted: (ending) => {
        this.#fail(ending);
      },
      freeLeg: (leg) => {
        host.freeLeg(leg);
      },
    });
  }

  /** Null: a service, or one that hung up. */
  get transferor(): Leg | null {
    return this.#transferor;
  }

  /** Null: a service. */
  get transferee(): Leg | null {
    return this.#transferee;
  }

  /** Those that ring. */
  get legs(): ReadonlySet<Leg> {
    return this.#fork.legs;
  }

  start(devices: readonly Party[], target: Identity): void {
    this.#cancelNoAnswer = this.#host.clock.schedule(() => {
      this.#fail(ENDINGS.noAnswer);
    }, this.#host.noAnswerSeconds * 1000);
    this.feed();
    this.#fork.ring(devices.map((party) => this.#host.addLeg(party, target)));
  }

  /** The leg rings, or answers, because of this transfer. */
  has(leg: Leg): boolean {
    return this.#fork.legs.has(leg);
  }

  /** The transferee hears what it has to, which another leg of its party may not yet. */
  feed(): void {
    const transferee = this.#transferee;
    if (!transferee?.answered) {
      return;
    }
    const heard = this.#heard;
    if (typeof heard === 'string') {
      transferee.play({ kind: heard });
    } else {
      void this.#host.connect(transferee, heard).catch(() => undefined);
    }
  }

  rings(leg: Leg): void {
    this.#fork.rings(leg);
  }

  /** @throws MediaError */
  async early(leg: Leg, sdp: string): Promise<void> {
    if (!this.#isSameCodec) {
      this.rings(leg);
      return;
    }
    if (!(await this.#fork.early(leg, sdp)) || this.#state !== 'ringing') {
      return;
    }
    this.#heard = leg;
    this.feed();
  }

  /** See {@link Fork.answer}. */
  answer(
    leg: Leg,
    sdp: string,
    headers: readonly CustomHeader[] | undefined,
  ): Promise<AnswerOutcome> {
    return this.#fork.answer(leg, sdp, headers);
  }

  lose(leg: Leg, ending: Ending, told = false): void {
    this.#fork.lose(leg, ending, told);
  }

  /** A device signed in: it rings too if it is the target's. */
  join(party: Party, own: Identity, most: number): void {
    if (party.user !== this.#user) {
      return;
    }
    this.#fork.join(party, most, () => this.#host.addLeg(party, own));
  }

  /** A party of the call goes on with another leg; null: it left. */
  replaced(old: Leg, leg: Leg | null): void {
    if (this.#transferor === old) {
      this.#transferor = leg;
    }
    if (this.#transferee === old) {
      this.#transferee = leg;
    }
  }

  /** It comes to nothing, whoever wants it so; those that ring are told. */
  cancel(ending: Ending): void {
    this.#fail(ending);
  }

  /** The call is over: nobody is to be told but those that ring. */
  dispose(): void {
    if (!this.#step('fail')) {
      return;
    }
    this.#cancelNoAnswer?.();
    this.#fork.end(ENDINGS.cancelled);
  }

  #fail(ending: Ending): void {
    if (!this.#step('fail')) {
      return;
    }
    this.#cancelNoAnswer?.();
    const ringing = [...this.#fork.legs];
    this.#fork.end(ending.cause === 'NO_ANSWER' ? ending : ENDINGS.cancelled);
    for (const leg of ringing) {
      this.#host.freeLeg(leg);
    }
    this.#host.failed(ending);
  }

  #step(event: TransferEvent): boolean {
    const state = next(TRANSFER_TRANSITIONS, this.#state, event);
    this.#state = state ?? this.#state;
    return state !== null;
  }
}
