import type { Logger } from 'pino';
import type { Guard } from '../guard.ts';
import type { Codec, MediaEvent, MediaPlane } from '../media/media-plane.ts';
import type { Service, ServiceOffer } from '../services/service.ts';
import { CallMedia } from './call-media.ts';
import { codecsFor } from './codecs.ts';
import { CALL_TRANSITIONS, type CallEvent, type CallState } from './call-state.ts';
import type { CustomHeader, Identity } from './dialog.ts';
import { Fork } from './fork.ts';
import { Handover, type Seats } from './handover.ts';
import { ENDINGS, endingOf, type Ending } from './hangup.ts';
import {
  Leg,
  type AnswerOutcome,
  type LegCall,
  type LegContext,
  type Party,
  type Survival,
} from './leg.ts';
import type { CallRecord, LegRecord } from './call-record.ts';
import type { WatchExpiry } from './leg-watch.ts';
import type { FarSilence } from './notice.ts';
import { catchUp, tell } from './resume.ts';
import { serviceLine } from './service-line.ts';
import { TalkTime } from './talk-time.ts';
import type { Transfer } from './transfer.ts';
import { next } from './transitions.ts';
import { Vacancies } from './vacancies.ts';

/** What all calls share. */
export interface CallContext extends LegContext {
  readonly media: MediaPlane;
  readonly logger: Logger;
  readonly guard: Guard;
  /** A device of this user answered: others who were called too are free. */
  readonly onAnswered: (call: Call, user: string) => void;
  /** What is kept of a call that talks may not be true any more. */
  readonly onChanged: (call: Call) => void;
  readonly onEnded: (call: Call, ending: Ending, talkedSeconds: number | null) => void;
  /** The call's service hands the caller over, with the rights of `user`. Null: done. */
  readonly transferByService: (
    call: Call,
    user: string,
    destination: string,
  ) => Promise<Ending['cause'] | null>;
}

/** What an invite says of a call. */
export interface CallSetup {
  readonly party: Party;
  readonly callID: string;
  readonly identity: Identity;
  /** As dialled. */
  readonly destination: string;
  readonly headers: readonly CustomHeader[] | undefined;
}

/** Who is to ring, and as whom he is shown to the caller. */
export interface Device {
  readonly party: Party;
  readonly own: Identity;
}

/** A call that another gateway had, and the far party of its caller. */
export interface TakenUp {
  readonly record: CallRecord;
  readonly partner: Party;
}

/** A caller, and the devices that ring until one of them answers, or a service. */
export class Call implements LegCall {
  /** `telnyx_session_id`, and the call's name in the media plane. */
  readonly id: string;
  /** What changes who is at its ends. */
  readonly handover: Handover;
  readonly #context: CallContext;
  readonly #media: CallMedia;
  readonly headers: readonly CustomHeader[] | undefined;
  readonly #fork: Fork;
  #caller: Leg;
  #state: CallState = 'routing';
  #codec: Codec = 'opus';
  /** What may be offered to who is called, while the codec is not known. */
  #codecs: readonly [Codec, ...Codec[]] = ['opus'];
  #callersOffer: string | null = null;
  /** Settles when the media plane is done with the caller's offer; null: the codec is not known. */
  #callerReady: Promise<void> | null = null;
  #service: Service | null = null;
  #cancelNoAnswer: (() => void) | null = null;
  /** Of the wait for devices that have been asked to come. */
  #cancelWait: (() => void) | null = null;
  readonly #vacancies: Vacancies;
  readonly #talk: TalkTime;
  /** Legs that another gateway had, and that have no media here yet. */
  readonly #bare = new Set<Leg>();

  constructor(context: CallContext, setup: CallSetup, taken?: TakenUp) {
    this.id = taken?.record.id ?? context.newId();
    this.#context = context;
    this.#talk = new TalkTime(context.clock);
    this.headers = setup.headers;
    this.#media = new CallMedia(context.media, this.id, (error) => {
      context.logger.debug({ call: this.id, err: error }, 'media verb failed');
    });
    this.#fork = this.#makeFork();
    this.#vacancies = new Vacancies(context.clock, (leg) => {
      if (!this.handover.without(leg)) {
        this.end(ENDINGS.notBack);
      }
    });
    this.handover = new Handover(context, this.#media, this.#seats());
    const remote = { name: '', number: setup.destination };
    if (taken) {
      this.#caller = this.#addKept(setup.party, taken.record.caller);
      this.#takeUp(taken);
    } else {
      this.#caller = this.#addLeg(setup.party, setup.callID, 'caller', setup.identity, remote);
    }
  }

  #takeUp({ record, partner }: TakenUp): void {
    this.#codec = record.codec;
    this.#codecs = [record.codec];
    const leg = this.#addKept(partner, record.partner);
    this.#fork.replacePartner(leg);
    this.#step('answered');
    this.#talk.start(this.#context.clock.now() - record.talksSince);
    this.#caller.takeUp(record.caller);
    leg.takeUp(record.partner);
    this.#bare.add(this.#caller).add(leg);
  }

  #addKept(party: Party, kept: LegRecord): Leg {
    const { callID, role, own, remote, direction } = kept;
    return this.#addLeg(party, callID, role, own, remote, direction, kept);
  }

  get caller(): Leg {
    return this.#caller;
  }

  /** Who the caller talks to; null: a service, or nobody yet. */
  get partner(): Leg | null {
    return this.#fork.partner;
  }

  /** Epoch milliseconds; null before the answer. */
  get talksSince(): number | null {
    return this.#talk.since;
  }

  get state(): CallState {
    return this.#state;
  }

  /** What the caller talks to, when it is no person. */
  get service(): Service | null {
    return this.#service;
  }

  get codec(): Codec {
    return this.#codec;
  }

  /** Those that have not ended. */
  get legs(): readonly Leg[] {
    const all = [this.#caller, ...this.#fork.legs, ...this.handover.legs];
    return all.filter((leg) => !leg.ended);
  }

  /**
   * Rings the devices of whoever is called.
   * @param name of who is called, as the caller sees it
   * @param offered the caller's codecs, best first
   * @param waitMs how long to wait for devices that have been asked to come; 0: there are none
   */
  ring(
    devices: readonly Device[],
    name: string,
    sdp: string | null,
    offered: readonly Codec[],
    waitMs = 0,
  ): void {
    if (this.#state !== 'routing') {
      return;
    }
    const { generateRingback } = this.#caller.party;
    const [first, ...others] = codecsFor(
      offered,
      devices.map(({ party }) => party),
      !generateRingback,
    );
    if (first === undefined) {
      this.end(ENDINGS.noCodec);
      return;
    }
    this.#codecs = [first, ...others];
    this.#callersOffer = sdp;
    this.#caller.expects({ name });
    if (others.length === 0) {
      void this.#settleCodec(first);
    }
    this.#cancelNoAnswer = this.#context.clock.schedule(
      () => this.end(ENDINGS.noAnswer),
      this.#context.timers.noAnswerSeconds * 1000,
    );
    if (waitMs > 0) {
      this.#fork.expectMore();
      this.#cancelWait = this.#context.clock.schedule(() => this.#fork.expectNoMore(), waitMs);
    }
    const { newId } = this.#context;
    this.#fork.ring(
      devices.map(({ party, own }) =>
        this.#addLeg(party, newId(), 'callee', own, this.#caller.own),
      ),
    );
  }

  /** Another device of the person that is called signed in while the call rings. */
  join({ party, own }: Device, most: number): void {
    this.handover.transfer?.join(party, own, most);
    const rings = this.#state === 'routing' || this.#state === 'ringing';
    if (!rings || party === this.#caller.party) {
      return;
    }
    const { newId } = this.#context;
    this.#fork.join(party, most, () =>
      this.#addLeg(party, newId(), 'callee', own, this.#caller.own),
    );
  }

  /** A device that is not here rings all the same. */
  ringsElsewhere(): void {
    if (this.#state === 'routing') {
      this.#rung();
    }
  }

  /** Answers the caller at once with a service. */
  serve(offer: ServiceOffer, sdp: string | null, codec: Codec): void {
    this.#goOn(() => this.#serve(offer, sdp, codec));
  }

  async #serve(offer: ServiceOffer, sdp: string | null, codec: Codec): Promise<void> {
    if (this.#state !== 'routing') {
      offer.withdrawn?.();
      return;
    }
    this.#codec = codec;
    this.#caller.expects({ name: offer.name });
    await this.#takeCallersOffer(sdp);
    if (!this.#step('answered')) {
      offer.withdrawn?.();
      return;
    }
    const service = this.#makeService(offer);
    this.#tellCallerAnswered(undefined);
    service.start();
  }

  #makeService(offer: ServiceOffer): Service {
    const line = serviceLine(
      () => this.#caller,
      this.#context.clock,
      this.#context.guard,
      (ending) => this.end(ending),
      (user, destination) => this.#context.transferByService(this, user, destination),
    );
    try {
      this.#service = offer.create(line);
    } catch (error) {
      offer.withdrawn?.();
      throw error;
    }
    return this.#service;
  }

  /** A device answers; see {@link Fork.answer}. */
  answer(
    leg: Leg,
    sdp: string,
    headers: readonly CustomHeader[] | undefined,
  ): Promise<AnswerOutcome> {
    return this.#ringing(leg).answer(leg, sdp, headers);
  }

  /** Who is called says that it rings. */
  rings(leg: Leg): void {
    this.#ringing(leg).rings(leg);
  }

  /** What a leg rings for: a transfer, or the call. */
  #ringing(leg: Leg): Transfer | Fork {
    return this.handover.ringing(leg) ?? this.#fork;
  }

  /** Who is called can be heard before the answer. Never rejects: without it the call goes on. */
  async earlyMedia(leg: Leg, sdp: string): Promise<void> {
    try {
      const transfer = this.handover.ringing(leg);
      if (transfer) {
        await transfer.early(leg, sdp);
        return;
      }
      if (!(await this.#fork.early(leg, sdp))) {
        return;
      }
      await this.#media.run(this.#media.plane.connect(this.id, this.#caller.id, leg.id));
    } catch (error) {
      this.#context.logger.debug({ call: this.id, err: error }, 'no early media');
      return;
    }
    if (this.#caller.step('early')) {
      this.#caller.tell({ kind: 'early_media' });
    }
  }

  /** A device that has not answered is taken off the call; the others ring on. */
  dropDevice(leg: Leg, ending: Ending): void {
    this.#drop(leg, ending, false);
  }

  /** A leg that was not answered ends; `told`: by its party. */
  #drop(leg: Leg, ending: Ending, told: boolean): void {
    if (!this.handover.expects(leg)) {
      this.#ringing(leg).lose(leg, ending, told);
      return;
    }
    leg.end(ending, told);
    this.handover.refuses(leg, ending);
  }

  /** A party hung up. It needs no bye. */
  hangup(leg: Leg, ending: Ending): void {
    if (leg.ended) {
      return;
    }
    const { answered } = leg;
    if (!answered && leg !== this.#caller) {
      this.#drop(leg, ending, true);
      return;
    }
    leg.end(ending, true);
    if (this.handover.refuses(leg, ending) || this.handover.without(leg)) {
      return;
    }
    this.end(answered ? ending : { ...ENDINGS.cancelled, headers: ending.headers });
  }

  /** Ends every leg that has not ended, once. */
  end(ending: Ending): void {
    this.#end(ending, () => {
      this.handover.dispose(ending);
      this.#fork.end(ending);
      this.#caller.end(ending);
    });
  }

  /** Another gateway has the call now: ends it here, without a word to its parties. */
  letGo(ending: Ending): void {
    const { legs } = this;
    this.#end(ending, () => {
      for (const leg of legs) {
        leg.leave(ending);
      }
      this.handover.dispose(ending);
    });
  }

  #end(ending: Ending, endLegs: () => void): void {
    if (!this.#step('end')) {
      return;
    }
    this.#stopWaiting();
    this.#vacancies.dispose();
    this.#context.guard.run('timer', () => this.#service?.dispose());
    endLegs();
    this.#media.free();
    this.#context.onEnded(this, ending, this.#talk.seconds);
  }

  /** @throws MediaError */
  async hold(leg: Leg, on: boolean): Promise<void> {
    const before = leg.silence;
    await leg.setHeld(on);
    this.#context.onChanged(this);
    this.#tellFar(leg, before);
  }

  /** Digits from a party, by message or, with `passed`, in its audio. */
  digits(leg: Leg, digits: string, passed = false): void {
    if (this.#state !== 'talking') {
      return;
    }
    this.#service?.onDigits(digits);
    this.#farOf(leg)?.tell({ kind: 'digits', digits, passed });
  }

  onMedia(event: MediaEvent): void {
    const leg = this.legs.find((each) => each.id === event.leg);
    if (!leg) {
      return;
    }
    switch (event.type) {
      case 'state': {
        leg.watch.mediaState(event.state);
        if (!leg.answered) {
          return;
        }
        const before = leg.silence;
        if (event.state === 'connected') {
          leg.setMediaGone(false);
        } else if (event.state === 'disconnected' || event.state === 'failed') {
          leg.setMediaGone(true);
        }
        this.#tellFar(leg, before);
        return;
      }
      case 'dtmf':
        this.digits(leg, event.digit, true);
        return;
      case 'voice':
        this.#service?.onVoice?.(event.voice);
        return;
      case 'lost':
        if (!this.handover.lost(leg)) {
          this.end(ENDINGS.failed);
        }
        return;
    }
  }

  /** The leg's party is back. Settles when it has been told what it missed. */
  async resume(leg: Leg, survival: Survival): Promise<void> {
    this.handover.remind(leg);
    const missed = catchUp(leg, survival);
    // Until its answer to an attach came, a party is as good as away.
    if (missed !== 'attach') {
      leg.watch.partyBack();
    }
    if (missed === 'nothing') {
      this.#service?.onBack?.();
    }
    if (missed === 'attach') {
      // A peer that lives would do, if its call were not handed over.
      await this.#attach(leg, survival === 'live' && this.handover.expects(leg));
    } else if (missed !== 'ringing' || this.#state !== 'routing') {
      tell(leg, missed, this.headers);
    }
    // An attach says it by itself.
    if (missed !== 'attach' && leg.metAnew) {
      leg.tell({ kind: 'display' });
    }
  }

  /**
   * The party's answer to an attach.
   * @returns false when no attach waits for one
   * @throws MediaError
   */
  async attached(leg: Leg, sdp: string): Promise<boolean> {
    if (leg.state !== 'reattaching') {
      return false;
    }
    leg.renewCandidates();
    try {
      await leg.answeredWith(sdp);
    } catch (error) {
      this.handover.refuses(leg, endingOf(error));
      throw error;
    }
    if (!leg.step('attached')) {
      return false;
    }
    if (this.#bare.delete(leg)) {
      this.#goOn(() => this.#meetAgain(leg));
    }
    leg.confirm();
    this.handover.arrived(leg);
    if (leg.party.online) {
      leg.watch.partyBack();
    }
    this.#service?.onBack?.();
    return true;
  }

  /** Whether the leg is at one of the two ends. One that is still being asked to come is not, and cannot be replaced. */
  isSeated(leg: Leg): boolean {
    return leg === this.#caller || leg === this.#fork.partner;
  }

  /**
   * A party hangs a leg up because it comes back with another one. Its far party hears silence meanwhile.
   * @returns false when there is nothing to keep: then it is a hangup like any other
   */
  vacate(leg: Leg): boolean {
    if (this.#state !== 'talking' || !leg.answered || !this.isSeated(leg)) {
      return false;
    }
    const far = this.#farOf(leg);
    leg.end(ENDINGS.normal, true);
    this.#media.freeLeg(leg.id);
    far?.play({ kind: 'silence' });
    far?.tell({
      kind: 'silence',
      before: leg.silence,
      now: { ...leg.silence, away: true },
    });
    this.#vacancies.keep(leg);
    return true;
  }

  /** A new leg takes an old one's place, without ringing anybody. Returns what is to follow the invite's result. */
  replace(old: Leg, callID: string, sdp: string): () => void {
    if (!old.ended) {
      this.vacate(old);
    }
    this.#vacancies.fill(old);
    const leg = this.#addLeg(old.party, callID, 'caller', old.own, old.remote, old.direction);
    if (old === this.#caller) {
      this.#caller = leg;
    } else {
      this.#fork.replacePartner(leg);
    }
    this.handover.replaced(old, leg);
    return () => {
      this.#goOn(() => this.#takeReplacement(leg, old, sdp));
    };
  }

  /** The party is gone for good. */
  desert(leg: Leg, ending: Ending): void {
    if (this.handover.leaves(leg, ending)) {
      return;
    }
    if (leg.answered || leg === this.#caller) {
      this.end(ending);
    } else {
      this.dropDevice(leg, ending);
    }
  }

  awaits(leg: Leg): boolean {
    return this.#vacancies.has(leg);
  }

  renamed(leg: Leg, own: Identity): void {
    if (own.name === leg.own.name && own.number === leg.own.number) {
      return;
    }
    leg.rename(own);
    this.#farOf(leg)?.meets(own);
  }

  refused(leg: Leg, ending: Ending): void {
    if (!this.handover.refuses(leg, ending)) {
      leg.step('attached');
    }
  }

  /** Who talks to a party; null: a service, or nobody. */
  farOf(leg: Leg): Leg | null {
    return this.#farOf(leg);
  }

  /** What nobody waits for, and what ends the call when it fails. */
  #goOn(work: () => Promise<void>): void {
    void this.#context.guard.settle('frame', work, () => this.end(ENDINGS.failed));
  }

  async #takeReplacement(leg: Leg, old: Leg, sdp: string): Promise<void> {
    const { held } = old;
    try {
      await leg.offered(sdp, [this.#codec]);
      if (held) {
        await leg.setHeld(true);
      }
    } catch (error) {
      this.end(endingOf(error));
      return;
    }
    if (!leg.step('answered')) {
      return;
    }
    if (this.#service) {
      this.#service.start();
    } else {
      this.#connect();
    }
    leg.tell({ kind: 'answered', headers: undefined });
    // What the old leg was told may not have come through.
    if (old.metAnew || leg.metAnew) {
      leg.meets(leg.remote);
    }
    const far = this.#farOf(leg);
    far?.tell({ kind: 'silence', before: { held, away: true }, now: leg.silence });
  }

  /** A leg that another gateway had has media again. Until its far one has too, its party hears silence. */
  async #meetAgain(leg: Leg): Promise<void> {
    leg.play({ kind: 'silence' });
    await leg.holdAsBefore();
    this.#connect();
    this.#farOf(leg)?.tell({
      kind: 'silence',
      before: { held: leg.held, away: true },
      now: leg.silence,
    });
  }

  async #attach(leg: Leg, handover: boolean): Promise<void> {
    leg.step('attach');
    const round = leg.nextRound();
    try {
      await leg.makeOffer([this.#codec], true);
    } catch (error) {
      if (leg.round !== round) {
        return;
      }
      this.#context.logger.warn({ call: this.id, err: error }, 'no offer for an attach');
      this.end(ENDINGS.failed);
      return;
    }
    // The party may have lost its socket and come back in between: then a later offer counts.
    if (!leg.ended && leg.round === round) {
      leg.tell({ kind: 'reattached', talkedSeconds: this.#talk.seconds, handover });
    }
  }

  /** Once; a codec that comes later is that of a second answer, and the same. */
  #settleCodec(codec: Codec): Promise<void> {
    if (this.#callerReady === null) {
      this.#codec = codec;
      this.#codecs = [codec];
      this.#callerReady = this.#takeCallersOffer(this.#callersOffer);
    }
    return this.#callerReady;
  }

  /** Ends the call when the plane does not take it; who waits for this looks at his own leg then. */
  async #takeCallersOffer(sdp: string | null): Promise<void> {
    try {
      if (sdp === null) {
        await this.#caller.makeOffer([this.#codec], false);
      } else {
        await this.#caller.offered(sdp, [this.#codec]);
      }
    } catch (error) {
      this.end(endingOf(error));
    }
  }

  #seats(): Seats {
    const call = (): this => this;
    return {
      get talking() {
        return call().#state === 'talking';
      },
      get codec() {
        return call().#codec;
      },
      set codec(codec) {
        call().#codec = codec;
      },
      get talkedSeconds() {
        return call().#talk.seconds;
      },
      get caller() {
        return call().#caller;
      },
      get partner() {
        return call().#fork.partner;
      },
      get service() {
        return call().#service;
      },
      farOf: (leg) => this.#farOf(leg),
      seat: (old, leg) => {
        this.#vacancies.fill(old);
        if (old === this.#caller) {
          this.#caller = leg;
        } else {
          this.#fork.replacePartner(leg);
        }
      },
      sitBeside: (leg) => {
        this.#fork.replacePartner(leg);
      },
      serveAlone: (leg, offer) => {
        for (const each of [this.#caller, this.#fork.partner]) {
          if (each !== null) {
            this.#vacancies.fill(each);
          }
        }
        this.#fork.dropPartner();
        this.#caller = leg;
        return this.#makeService(offer);
      },
      dropService: () => {
        const service = this.#service;
        this.#service = null;
        this.#context.guard.run('timer', () => service?.dispose());
      },
      isVacant: (leg) => this.#vacancies.has(leg),
      addLeg: (...of) => this.#addLeg(...of),
      connect: () => {
        this.#connect();
      },
      attach: (leg) => {
        this.#goOn(() => this.#attach(leg, true));
      },
      goOn: (work) => {
        this.#goOn(work);
      },
      end: (ending) => {
        this.end(ending);
      },
    };
  }

  #makeFork(): Fork {
    // Read at the time: the codec is known when the routing is done.
    const call = (): this => this;
    return new Fork({
      guard: this.#context.guard,
      get codecs() {
        return call().#codecs;
      },
      settleCodec: (codec) => this.#settleCodec(codec),
      headers: this.headers,
      onRung: () => {
        if (this.#state === 'routing') {
          this.#rung();
        }
      },
      onClaim: () => this.#step('claimed'),
      onUnclaim: () => this.#step('unclaimed'),
      onAnswered: (leg, headers) => {
        this.#step('answered');
        this.#context.onAnswered(this, leg.party.user);
        this.#caller.expects({ name: leg.own.name });
        this.#tellCallerAnswered(headers);
        this.#connect();
      },
      onDeserted: (ending) => this.end(ending),
      freeLeg: (leg) => {
        this.#media.freeLeg(leg.id);
      },
    });
  }

  #rung(): void {
    this.#step('rung');
    this.#caller.tell({ kind: 'rings' });
    if (this.#caller.party.generateRingback) {
      this.#goOn(() => this.#playRingback());
    }
  }

  async #playRingback(): Promise<void> {
    await this.#callerReady;
    if (this.#state !== 'ringing' || !this.#caller.step('early')) {
      return;
    }
    this.#caller.play({ kind: 'ringback' });
    this.#caller.tell({ kind: 'early_media' });
  }

  #connect(): void {
    const { transfer } = this.handover;
    if (transfer) {
      transfer.feed();
      return;
    }
    const { partner } = this.#fork;
    // With one side still to be replaced, the replacement connects.
    if (partner?.answered !== true || !this.#caller.answered) {
      return;
    }
    if (this.#bare.has(this.#caller) || this.#bare.has(partner)) {
      return;
    }
    this.#context.onChanged(this);
    this.#media
      .run(this.#media.plane.connect(this.id, this.#caller.id, partner.id))
      .catch((error: unknown) => this.end(endingOf(error)));
  }

  #tellCallerAnswered(headers: readonly CustomHeader[] | undefined): void {
    this.#stopWaiting();
    this.#talk.start();
    this.#caller.step('answered');
    this.#caller.tell({ kind: 'answered', headers });
  }

  /** Nobody is waited for any more. */
  #stopWaiting(): void {
    this.#cancelNoAnswer?.();
    this.#cancelWait?.();
  }

  #tellFar(leg: Leg, before: FarSilence): void {
    this.#farOf(leg)?.tell({ kind: 'silence', before, now: leg.silence });
  }

  /** Who a leg talks to; null for a service, and while there is nobody. */
  #farOf(leg: Leg): Leg | null {
    if (this.#state !== 'talking' || this.handover.parts(leg)) {
      return null;
    }
    const far = leg === this.#caller ? this.#fork.partner : this.#caller;
    return far?.ended === false ? far : null;
  }

  #expired(leg: Leg, expiry: WatchExpiry): void {
    const ending = expiry === 'silent' ? ENDINGS.silent : ENDINGS.notBack;
    const transfer = this.handover.ringing(leg);
    if (transfer) {
      transfer.lose(leg, ENDINGS.noResponse);
    } else if (leg.answered && this.handover.leaves(leg, ending)) {
      return;
    } else if (expiry === 'silent') {
      this.end(ENDINGS.silent);
    } else if (leg.answered) {
      this.end(ENDINGS.notBack);
    } else if (leg === this.#caller) {
      this.end(ENDINGS.cancelled);
    } else {
      this.#fork.lose(leg, ENDINGS.noResponse);
    }
  }

  #addLeg(
    party: Party,
    callID: string,
    role: 'caller' | 'callee',
    own: Identity,
    remote: Identity,
    direction?: Leg['direction'],
    kept?: LegRecord,
  ): Leg {
    const [media, context] = [this.#media, this.#context];
    const leg: Leg = new Leg(
      { call: this, party, callID, role, own, remote, direction, media, context, kept },
      (expiry) => this.#expired(leg, expiry),
    );
    party.legs.set(callID, leg);
    if (!party.online) {
      leg.watch.partyLost();
    }
    return leg;
  }

  #step(event: CallEvent): boolean {
    const state = next(CALL_TRANSITIONS, this.#state, event);
    this.#state = state ?? this.#state;
    return state !== null;
  }
}
