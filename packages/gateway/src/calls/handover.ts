import type { Clock } from '../clock.ts';
import type { Guard } from '../guard.ts';
import type { Codec } from '../media/media-plane.ts';
import type { Service, ServiceOffer } from '../services/service.ts';
import { Arrivals, HandoverError } from './arrivals.ts';
import type { CallMedia } from './call-media.ts';
import { codecsFor } from './codecs.ts';
import type { Identity } from './dialog.ts';
import { ENDINGS, endingOf, type Ending } from './hangup.ts';
import type { Leg, Party } from './leg.ts';
import type { FarSilence } from './notice.ts';
import type { CallTimers } from './timers.ts';
import { Transfer } from './transfer.ts';
import type { Replacement } from './transfer-order.ts';

/** Who is to take a party's place. `settled`: it did, or did not. */
export type TransferTo = { readonly settled: (done: boolean) => void } & (
  | {
      readonly devices: readonly Party[];
      readonly target: Identity;
      /** Whose devices ring; null: somebody outside. */
      readonly user: string | null;
    }
  | { readonly offer: ServiceOffer; readonly number: string }
);

/** The two ends of a call, for what changes who is there. */
export interface Seats {
  readonly talking: boolean;
  /** Of the call: both ends have it. */
  codec: Codec;
  readonly talkedSeconds: number | null;
  readonly caller: Leg;
  /** Who talks to the caller; null: a service. */
  readonly partner: Leg | null;
  readonly service: Service | null;
  farOf(leg: Leg): Leg | null;
  /** The new leg has the old one's place. */
  seat(old: Leg, leg: Leg): void;
  /** A leg where the caller's service was. */
  sitBeside(leg: Leg): void;
  /** One leg alone, with a service, which is to be started. */
  serveAlone(leg: Leg, offer: ServiceOffer): Service;
  dropService(): void;
  isVacant(leg: Leg): boolean;
  addLeg(
    party: Party,
    callID: string,
    role: Leg['role'],
    own: Identity,
    remote: Identity,
    direction?: Leg['direction'],
  ): Leg;
  /** Both hear each other, if both are there. */
  connect(): void;
  /** The leg's party is sent a fresh offer, since its call was to be handed over. */
  attach(leg: Leg): void;
  /** Work that ends the call when it fails. */
  goOn(work: () => Promise<void>): void;
  end(ending: Ending): void;
}

interface HandoverContext {
  readonly clock: Clock;
  readonly guard: Guard;
  readonly timers: CallTimers;
  readonly newId: () => string;
}

/** Of a party whose far party is heard, or is not there. */
const SOUND: FarSilence = { held: false, away: false };
/** What every browser has. */
const BROWSERS: readonly Codec[] = ['opus', 'PCMU', 'PCMA'];

/**
 * Changes who is at the ends of a call that is talked on: a party hands the other one over to somebody who is rung (`transfer.ts`), to a
 * service, or to the far party of another call of its own. One of these at a time.
 */
export class Handover {
  readonly #context: HandoverContext;
  readonly #media: CallMedia;
  readonly #seats: Seats;
  readonly #arrivals: Arrivals;
  #transfer: Transfer | null = null;
  #onSettled: ((done: boolean) => void) | null = null;
  /** The last transfer that came to nothing. */
  #failed: { readonly id: string; readonly ending: Ending; readonly from: Leg | null } | null =
    null;
  /** The leg of the party that joins this call with another one of its, and by what name it asked for that. */
  #joiner: { leg: Leg; readonly id: string; readonly cancel: () => void } | null = null;
  /** The target answered in another codec, and the transferee is asked to take it. */
  #isRecoding = false;

  constructor(context: HandoverContext, media: CallMedia, seats: Seats) {
    this.#context = context;
    this.#media = media;
    this.#seats = seats;
    this.#arrivals = new Arrivals(context.clock);
  }

  get underWay(): boolean {
    return this.#transfer !== null || this.#joiner !== null || this.#isRecoding;
  }

  /** The leg of the party that joins this call with another one of its. */
  get joiner(): { readonly leg: Leg } | null {
    return this.#joiner;
  }

  get transfer(): Transfer | null {
    return this.#transfer;
  }

  /** Those that are at neither end yet. */
  get legs(): readonly Leg[] {
    return [...(this.#transfer?.legs ?? []), ...this.#arrivals.legs];
  }

  /** The transfer that a leg rings for. */
  ringing(leg: Leg): Transfer | null {
    return this.#transfer?.has(leg) === true ? this.#transfer : null;
  }

  /** The leg's party talks to nobody for now. */
  parts(leg: Leg): boolean {
    return this.#transfer !== null || this.#arrivals.has(leg);
  }

  /** What became of a transfer: that it is under way, or why it came to nothing; null: nothing is known of it. */
  outcomeOf(id: string): 'pending' | Ending | null {
    if (this.#transfer?.id === id || this.#joiner?.id === id) {
      return 'pending';
    }
    return this.#failed?.id === id ? this.#failed.ending : null;
  }

  /**
   * Hands the far party of `from` over; `from` null: the caller, by the service that it talks to. The outcome is told to `from` and
   * `settled`. The call must be talked on, and nothing of this kind be under way.
   */
  begin(id: string, from: Leg | null, to: TransferTo): void {
    const far = from === null ? this.#seats.caller : this.#seats.farOf(from);
    this.#onSettled = to.settled;
    this.#failed = null;
    if ('offer' in to) {
      this.#toService(from, far, to.offer, to.number);
      return;
    }
    const codec = this.#codecOf(to.devices, far);
    if (codec === undefined) {
      this.#notDone(id, from, ENDINGS.noCodec);
      return;
    }
    const { guard, clock, timers, newId } = this.#context;
    const known = far?.own ?? from?.remote ?? { name: '', number: '' };
    if (from && far) {
      from.tell({ kind: 'silence', before: far.silence, now: SOUND });
      far.tell({ kind: 'silence', before: from.silence, now: SOUND });
    }
    const transfer = new Transfer(
      {
        guard,
        clock,
        noAnswerSeconds: timers.noAnswerSeconds,
        addLeg: (party, own) => this.#seats.addLeg(party, newId(), 'callee', own, known),
        freeLeg: (leg) => {
          this.#media.freeLeg(leg.id);
        },
        connect: (a, b) => this.#media.run(this.#media.plane.connect(this.#media.call, a.id, b.id)),
        done: (target) => {
          this.#done(transfer, target);
        },
        failed: (ending) => {
          this.#transfer = null;
          this.#back(transfer, from, ending);
        },
      },
      {
        id,
        transferor: from,
        transferee: far,
        codec,
        isSameCodec: codec === this.#seats.codec,
        user: to.user,
      },
    );
    this.#transfer = transfer;
    transfer.start(to.devices, to.target);
  }

  /** The leg's party is back, and may have missed that its transfer came to nothing. */
  remind(leg: Leg): void {
    if (this.#failed?.from !== leg) {
      return;
    }
    const { id, ending } = this.#failed;
    leg.tell({ kind: 'transfer_failed', transfer: id, ending });
  }

  /** Joining this call with another one, which the party of `from` asked for, came to nothing. */
  joinFailed(id: string, from: Leg, ending: Ending): void {
    this.#failed = { id, ending, from };
    if (!from.ended) {
      from.tell({ kind: 'transfer_failed', transfer: id, ending });
    }
  }

  /** A party is asked to talk in this leg, and has not answered yet. */
  expects(leg: Leg): boolean {
    return this.#arrivals.has(leg);
  }

  /** The party of `leg`, who began it, wants it no more. */
  cancel(leg: Leg, id: string): void {
    if (this.#transfer?.id === id && this.#transfer.transferor === leg) {
      this.#transfer.cancel(ENDINGS.cancelled);
    } else if (this.#joiner?.id === id && this.#joiner.leg === leg) {
      this.#joiner.cancel();
    }
  }

  /** Who was to come into this call by that name is not wanted any more. */
  turnAway(id: string): void {
    if (this.#joiner?.id !== id) {
      return;
    }
    for (const leg of this.#arrivals.legs) {
      this.#arrivals.refuse(leg, ENDINGS.cancelled);
    }
  }

  /**
   * The far party of `from` talks to the party of `moved`, a leg of another call, from now on; `from` ends. `parted`: what the party of
   * `moved` has been told of silence until then. Rejects with a {@link HandoverError}, and then nothing has changed here.
   */
  async join(id: string, from: Leg, moved: Leg, parted: () => FarSilence): Promise<void> {
    const isCaller = from === this.#seats.caller;
    const far = this.#seats.farOf(from);
    const leg = await this.#whileJoining(
      id,
      from,
      () => this.#admit(moved, far?.own ?? from.remote),
      () => {
        this.turnAway(id);
      },
    );
    const { caller, partner } = this.#seats;
    const left = isCaller ? caller : partner;
    const before = { leg: parted(), far: this.#toldOf(left) };
    if (left) {
      this.#leaveTo(left, leg, ENDINGS.joined);
    }
    this.#meet(leg, isCaller ? this.#seats.partner : this.#seats.caller, before);
  }

  /** A party takes the place of `old`, whose leg ends. Rejects with a {@link HandoverError}, and then nothing has changed. */
  async takeOver(old: Leg, by: Replacement): Promise<void> {
    const isCaller = old === this.#seats.caller;
    const leg = await this.#whileJoining(
      `replaces ${by.callID}`,
      old,
      () => this.#welcome(old, by),
      () => undefined,
    );
    const { caller, partner } = this.#seats;
    const left = isCaller ? caller : partner;
    const told = this.#toldOf(left);
    if (left) {
      this.#leaveTo(left, leg, ENDINGS.joined);
    }
    const far = isCaller ? this.#seats.partner : this.#seats.caller;
    leg.expects(far?.own ?? {});
    leg.step('answered');
    leg.tell({ kind: 'answered', headers: undefined });
    this.#meet(leg, far, { leg: SOUND, far: told });
  }

  /** A party that calls by itself is given a leg, whose description is our answer to its offer, or our offer. */
  async #welcome(old: Leg, { party, callID, sdp, own }: Replacement): Promise<Leg> {
    const seats = this.#seats;
    const leg = seats.addLeg(party, callID, old.role, own, old.remote, old.direction);
    const arrived = this.#arrivals.expect(leg);
    try {
      await (sdp === null ? leg.makeOffer([seats.codec], false) : leg.offered(sdp, [seats.codec]));
      this.#arrivals.take(leg);
      await arrived;
      if (leg.ended || !seats.talking) {
        throw new HandoverError(ENDINGS.normal);
      }
      return leg;
    } catch (error) {
      const ending = error instanceof HandoverError ? error.ending : endingOf(error);
      this.#arrivals.refuse(leg, ending);
      leg.leave(ending);
      this.#media.freeLeg(leg.id);
      throw new HandoverError(ending);
    }
  }

  /**
   * The far party of `from` goes to another call, which `work` does, and takes back when it is cancelled; then this one ends. Rejects as
   * that does.
   */
  async giveAway(
    id: string,
    from: Leg,
    moved: Leg,
    work: (parted: () => FarSilence) => Promise<void>,
    cancel: () => void,
  ): Promise<void> {
    try {
      const parted = (): FarSilence => this.#toldOf(this.#joiner?.leg ?? null);
      await this.#whileJoining(id, from, () => work(parted), cancel);
    } catch (error) {
      const needsOffer = error instanceof HandoverError && error.isLost && moved.answered;
      if (needsOffer) {
        this.#seats.attach(moved);
      }
      throw error;
    }
    moved.leave(ENDINGS.joined);
    this.#seats.end(ENDINGS.joined);
  }

  /** What the far party of a leg was told of it. A party that left its page, and is not back, is away. */
  #toldOf(leg: Leg | null): FarSilence {
    if (leg === null) {
      return SOUND;
    }
    const { held, away } = leg.silence;
    return { held, away: away || this.#seats.isVacant(leg) || leg.state === 'setup' };
  }

  async #whileJoining<T>(
    id: string,
    from: Leg,
    work: () => Promise<T>,
    cancel: () => void,
  ): Promise<T> {
    const joiner = { leg: from, id, cancel };
    this.#joiner = joiner;
    this.#failed = null;
    try {
      return await work();
    } catch (error) {
      // It counted on the others going on without it.
      if (joiner.leg.ended && !this.#seats.isVacant(joiner.leg)) {
        this.#seats.end(ENDINGS.normal);
      }
      throw error;
    } finally {
      this.#joiner = null;
    }
  }

  /** The answer of a party that was asked to talk here. */
  arrived(leg: Leg): void {
    this.#arrivals.take(leg);
  }

  /** False: it was not asked to. */
  refuses(leg: Leg, ending: Ending): boolean {
    return this.#arrivals.refuse(leg, ending);
  }

  /** The media plane lost a leg. False: it is at one of the ends. */
  lost(leg: Leg): boolean {
    const transfer = this.ringing(leg);
    transfer?.lose(leg, ENDINGS.failed);
    return transfer !== null || this.#arrivals.refuse(leg, ENDINGS.failed);
  }

  /** A party at one of the ends goes on with another leg. */
  replaced(old: Leg, leg: Leg): void {
    this.#transfer?.replaced(old, leg);
    if (this.#joiner?.leg === old) {
      this.#joiner.leg = leg;
    }
    if (this.#failed?.from === old) {
      this.#failed = { ...this.#failed, from: leg };
    }
  }

  /** A leg has ended, and its party left the call to those that it hands over. False: the call needs it. */
  without(leg: Leg): boolean {
    if (this.#joiner?.leg === leg) {
      return true;
    }
    if (this.#transfer?.transferor !== leg) {
      return false;
    }
    this.#transfer.replaced(leg, null);
    return true;
  }

  /** A party is given up. False: the call needs it. */
  leaves(leg: Leg, ending: Ending): boolean {
    if (this.#arrivals.has(leg)) {
      // What the party talks in elsewhere ends as well.
      leg.end(ending, true);
      return this.#arrivals.refuse(leg, ending);
    }
    if (this.#joiner?.leg !== leg && this.#transfer?.transferor !== leg) {
      return false;
    }
    leg.end(ending);
    return this.without(leg);
  }

  /** The call is over. */
  dispose(ending: Ending): void {
    this.#transfer?.dispose();
    this.#settle(false);
    for (const leg of this.#arrivals.legs) {
      leg.leave(ending);
    }
    this.#arrivals.dispose(ending);
  }

  /** The call's, where the target has it; else one that the transferee's page can change to. */
  #codecOf(devices: readonly Party[], transferee: Leg | null): Codec | undefined {
    const [same] = codecsFor([this.#seats.codec], devices, false);
    const isFree = transferee !== null && transferee.party.codecs === null;
    return same ?? (isFree ? codecsFor(BROWSERS, devices, false)[0] : undefined);
  }

  #done(transfer: Transfer, target: Leg): void {
    const { transferee } = transfer;
    const { caller, partner } = this.#seats;
    this.#transfer = null;
    const left = transferee === caller ? partner : caller;
    if (left) {
      this.#leaveTo(left, target, ENDINGS.transferred);
    } else {
      this.#seats.dropService();
      this.#seats.sitBeside(target);
    }
    this.#settle(true);
    if (transferee === null || transfer.codec === this.#seats.codec) {
      this.#meet(target, transferee);
      return;
    }
    this.#seats.codec = transfer.codec;
    this.#seats.goOn(() => this.#recode(target, transferee));
  }

  /** The transferee takes the target's codec, by a fresh offer; the target hears silence until then. Without it they cannot talk. */
  async #recode(target: Leg, transferee: Leg): Promise<void> {
    this.#isRecoding = true;
    target.play({ kind: 'silence' });
    try {
      const leg = await this.#admit(transferee, target.own);
      this.#seats.seat(transferee, leg);
      transferee.leave(ENDINGS.transferred);
      this.#media.freeLeg(transferee.id);
      if (!target.ended) {
        this.#meet(target, leg);
      }
    } catch (error) {
      if (!(error instanceof HandoverError)) {
        throw error;
      }
      this.#seats.end(ENDINGS.noCodec);
    } finally {
      this.#isRecoding = false;
    }
  }

  #toService(from: Leg | null, far: Leg | null, offer: ServiceOffer, number: string): void {
    // In a turn of its own: who asked for it is told first that it was taken.
    this.#seats.goOn(async () => {
      await Promise.resolve();
      if (!this.#seats.talking || far?.answered !== true) {
        offer.withdrawn?.();
        this.#settle(false);
        return;
      }
      this.#seats.dropService();
      const service = this.#seats.serveAlone(far, offer);
      if (from) {
        far.tell({ kind: 'silence', before: from.silence, now: SOUND });
        this.#end(from, ENDINGS.transferred);
      }
      far.meets({ name: offer.name, number });
      service.start();
      this.#settle(true);
    });
  }

  /** A party that talks in another leg is asked to talk in one of this call. */
  async #admit(old: Leg, remote: Identity): Promise<Leg> {
    const seats = this.#seats;
    const leg = seats.addLeg(old.party, old.callID, old.role, old.own, remote, old.direction);
    const arrived = this.#arrivals.expect(leg);
    let isAsked = false;
    leg.step('attach');
    try {
      await leg.makeOffer([seats.codec], false);
      if (!leg.ended) {
        leg.tell({ kind: 'reattached', talkedSeconds: seats.talkedSeconds, handover: true });
      }
      isAsked = true;
      await arrived;
      if (old.ended) {
        throw new HandoverError(ENDINGS.normal);
      }
      return leg;
    } catch (error) {
      const ending = error instanceof HandoverError ? error.ending : endingOf(error);
      this.#arrivals.refuse(leg, ending);
      const hungUp = leg.ended && seats.talking;
      leg.leave(ending);
      this.#media.freeLeg(leg.id);
      if (old.ended) {
        throw new HandoverError(ENDINGS.normal);
      }
      old.party.legs.set(old.callID, old);
      if (hungUp) {
        old.call.hangup(old, ending);
      } else if (old.party.online) {
        old.watch.partyBack();
      } else {
        // It may have lost its socket while the new leg had its place.
        old.watch.partyLost();
      }
      throw new HandoverError(ending, isAsked);
    }
  }

  /** What the new party and the one that was handed over hear, and are told of each other. `before`: what they were told of silence. */
  #meet(leg: Leg, far: Leg | null, before = { leg: SOUND, far: SOUND }): void {
    far?.meets(leg.own);
    leg.meets(far?.own ?? leg.remote);
    if (this.#seats.service) {
      this.#seats.service.start();
    } else {
      this.#seats.connect();
    }
    far?.tell({ kind: 'silence', before: before.far, now: leg.silence });
    leg.tell({ kind: 'silence', before: before.leg, now: far?.silence ?? SOUND });
  }

  /** All is as it was before the transfer. */
  #back(transfer: Transfer, from: Leg | null, ending: Ending): void {
    const { transferor, transferee } = transfer;
    if (from !== null && transferor === null) {
      this.#settle(false);
      this.#seats.end(ending);
      return;
    }
    if (transferor && transferee) {
      transferor.tell({ kind: 'silence', before: SOUND, now: transferee.silence });
      transferee.tell({ kind: 'silence', before: SOUND, now: transferor.silence });
    }
    if (!this.#seats.service) {
      this.#seats.connect();
    } else if (transferee) {
      this.#seats.service.start();
    }
    this.#notDone(transfer.id, transferor, ending);
  }

  #notDone(id: string, from: Leg | null, ending: Ending): void {
    this.#failed = { id, ending, from };
    from?.tell({ kind: 'transfer_failed', transfer: id, ending });
    this.#settle(false);
  }

  #settle(done: boolean): void {
    const told = this.#onSettled;
    this.#onSettled = null;
    told?.(done);
  }

  #leaveTo(left: Leg, leg: Leg, ending: Ending): void {
    this.#seats.seat(left, leg);
    this.#end(left, ending);
  }

  #end(leg: Leg, ending: Ending): void {
    leg.end(ending);
    this.#media.freeLeg(leg.id);
  }
}
