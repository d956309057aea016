import type { Guard } from '../guard.ts';
import type { Codec } from '../media/media-plane.ts';
import type { CustomHeader } from './dialog.ts';
import { ENDINGS, endingOf, type Ending } from './hangup.ts';
import type { AnswerOutcome, Leg, Party } from './leg.ts';

/** The call, as its fork sees it. */
export interface ForkHost {
  readonly guard: Guard;
  /** What may be offered. */
  readonly codecs: readonly [Codec, ...Codec[]];
  /** The caller's headers. */
  readonly headers: readonly CustomHeader[] | undefined;
  /** The codec is known. Settles, and never rejects, when the media plane is done with the caller's offer. */
  settleCodec(codec: Codec): Promise<void>;
  /** A device rings. */
  onRung(): void;
  /** Asks whether a device may answer now; false when another one does, or the call is over. */
  onClaim(): boolean;
  onUnclaim(): void;
  onAnswered(leg: Leg, headers: readonly CustomHeader[] | undefined): void;
  /** The last device went without an answer; this is what it said. */
  onDeserted(ending: Ending): void;
  freeLeg(leg: Leg): void;
}

/** The devices of the person that is called: all ring, the first that answers talks, the others are told. */
export class Fork {
  readonly #host: ForkHost;
  readonly #legs = new Set<Leg>();
  /** The device whose answer the media plane is taking. */
  #claimed: { readonly leg: Leg; readonly outcome: Promise<AnswerOutcome> } | null = null;
  #partner: Leg | null = null;
  /** A device may still come that rings too. */
  #expectsMore = false;

  constructor(host: ForkHost) {
    this.#host = host;
  }

  /** Those that have not ended: all that ring, later the one that talks. */
  get legs(): ReadonlySet<Leg> {
    return this.#legs;
  }

  /** The device that answered. */
  get partner(): Leg | null {
    return this.#partner;
  }

  /** The legs exist before the first is asked anything, so that a failure of one is not taken for the failure of all. */
  ring(legs: readonly Leg[]): void {
    for (const leg of legs) {
      this.#legs.add(leg);
    }
    for (const leg of legs) {
      void this.#host.guard.settle(
        'frame',
        () => this.#invite(leg),
        () => {
          this.lose(leg, ENDINGS.failed);
        },
      );
    }
  }

  /** Devices that are not here may come: that those go who are here without having said anything is not the end. */
  expectMore(): void {
    this.#expectsMore = true;
  }

  /** Nobody else comes. */
  expectNoMore(): void {
    this.#expectsMore = false;
    if (this.#legs.size === 0) {
      this.#host.onDeserted(ENDINGS.noResponse);
    }
  }

  /** One more device, unless it rings already, `most` do, or it has no codec that they were offered. */
  join(party: Party, most: number, add: () => Leg): void {
    if ((this.#legs.size === 0 && !this.#expectsMore) || this.#legs.size >= most) {
      return;
    }
    if (party.codecs && !this.#host.codecs.some((codec) => party.codecs?.includes(codec))) {
      return;
    }
    if (![...this.#legs].some((leg) => leg.party === party)) {
      this.ring([add()]);
    }
  }

  /**
   * A device answers. Twice is as good as once: the first result may have got lost with a socket.
   * @throws MediaError when its description does not do; then call {@link lose} after telling it
   */
  answer(
    leg: Leg,
    sdp: string,
    headers: readonly CustomHeader[] | undefined,
  ): Promise<AnswerOutcome> {
    if (leg.answered) {
      return Promise.resolve('answered');
    }
    if (this.#claimed?.leg === leg) {
      return this.#claimed.outcome;
    }
    if (leg.state !== 'ringing' || !this.#host.onClaim()) {
      this.lose(leg, ENDINGS.answeredElsewhere);
      return Promise.resolve('over');
    }
    leg.step('claim');
    const outcome = this.#take(leg, sdp, headers);
    this.#claimed = { leg, outcome };
    return outcome;
  }

  /** A device says that it rings. */
  rings(leg: Leg): void {
    if (this.#isRinging(leg)) {
      this.#host.onRung();
    }
  }

  /**
   * A device that alone is called can be heard before its answer. Of several, nobody could say whom to hear.
   * @returns whether it can be heard from now on
   * @throws MediaError when its description does not do
   */
  async early(leg: Leg, sdp: string): Promise<boolean> {
    if (!this.#isRinging(leg) || this.#legs.size > 1) {
      return false;
    }
    await this.#host.settleCodec(await leg.answeredWith(sdp));
    return this.#isRinging(leg);
  }

  #isRinging(leg: Leg): boolean {
    return leg.state === 'ringing';
  }

  /** A device's leg ends, by itself or by us; the others ring on. */
  lose(leg: Leg, ending: Ending, told = false): void {
    if (!this.#end(leg, ending, told)) {
      return;
    }
    this.#unclaim(leg);
    const mayStillRing = this.#expectsMore && ending.cause === ENDINGS.noResponse.cause;
    if (this.#legs.size === 0 && !mayStillRing) {
      this.#host.onDeserted(ending);
    }
  }

  /** The one that talks is replaced by another leg of the same party. */
  replacePartner(leg: Leg): void {
    if (this.#partner) {
      this.#legs.delete(this.#partner);
    }
    this.#legs.add(leg);
    this.#partner = leg;
  }

  /** The one that talks is in the call no more, and nobody takes its place here. */
  dropPartner(): void {
    if (this.#partner) {
      this.#legs.delete(this.#partner);
    }
    this.#partner = null;
  }

  end(ending: Ending): void {
    for (const leg of this.#legs) {
      leg.end(ending);
    }
    this.#legs.clear();
  }

  async #invite(leg: Leg): Promise<void> {
    try {
      await leg.makeOffer(this.#host.codecs, false);
    } catch (error) {
      this.lose(leg, endingOf(error));
      return;
    }
    if (!leg.step('invited')) {
      return;
    }
    leg.tell({ kind: 'invited', headers: this.#host.headers });
  }

  async #take(
    leg: Leg,
    sdp: string,
    headers: readonly CustomHeader[] | undefined,
  ): Promise<AnswerOutcome> {
    try {
      await this.#host.settleCodec(await leg.answeredWith(sdp));
    } catch (error) {
      if (leg.ended) {
        return 'over';
      }
      this.#unclaim(leg);
      throw error;
    }
    if (!leg.step('answered')) {
      return 'over';
    }
    this.#claimed = null;
    this.#partner = leg;
    for (const other of this.#legs) {
      if (other !== leg) {
        this.#end(other, ENDINGS.answeredElsewhere);
      }
    }
    this.#host.onAnswered(leg, headers);
    return 'answered';
  }

  #unclaim(leg: Leg): void {
    if (this.#claimed?.leg !== leg) {
      return;
    }
    this.#claimed = null;
    this.#host.onUnclaim();
  }

  #end(leg: Leg, ending: Ending, told = false): boolean {
    if (!leg.end(ending, told)) {
      return false;
    }
    this.#legs.delete(leg);
    this.#host.freeLeg(leg);
    return true;
  }
}
