import type { Logger } from 'pino';
import type { Codec, MediaEvent, MediaPlane } from '../media/media-plane.ts';
import { createService } from '../services/index.ts';
import type { Service, ServiceName } from '../services/service.ts';
import type { CallTimers, Clock } from '../signaling/ports.ts';
import { CallMedia } from './call-media.ts';
import { CALL_TRANSITIONS, type CallEvent, type CallState } from './call-state.ts';
import type { CustomHeader, Identity } from './dialog.ts';
import { ENDINGS, endingOf, type Ending } from './hangup.ts';
import { Leg } from './leg.ts';
import type { WatchExpiry } from './leg-watch.ts';
import type { Party } from './party.ts';
import { next } from './transitions.ts';

export interface CallContext {
  readonly media: MediaPlane;
  readonly clock: Clock;
  readonly timers: CallTimers;
  readonly logger: Logger;
  readonly newId: () => string;
  readonly onEnded: (call: Call, ending: Ending, talkedSeconds: number | null) => void;
}

export interface CallSetup {
  readonly party: Party;
  readonly callID: string;
  readonly identity: Identity;
  /** As dialled. */
  readonly destination: string;
  readonly headers: readonly CustomHeader[] | undefined;
}

/** How an answer of a device went. */
export type AnswerOutcome =
  | 'answered'
  /** The call was over, or another device was faster; the device has had its bye. */
  | 'over';

/** A caller, and the devices that ring until one of them answers, or a service. */
export class Call {
  /** `telnyx_session_id`, and the call's name in the media plane. */
  readonly id: string;
  readonly caller: Leg;
  readonly #context: CallContext;
  readonly #media: CallMedia;
  readonly #headers: readonly CustomHeader[] | undefined;
  /** Devices that are live: all that ring, later the one that answered. */
  readonly #devices = new Set<Leg>();
  #state: CallState = 'routing';
  #codec: Codec = 'opus';
  /** Settles when the media plane has taken the caller's offer. */
  #callerReady: Promise<unknown> = Promise.resolve();
  #service: Service | null = null;
  #cancelNoAnswer: (() => void) | null = null;
  #answeredAt: number | null = null;
  /** The device whose answer the media plane is taking. */
  #claimed: Leg | null = null;

  constructor(context: CallContext, setup: CallSetup) {
    this.id = context.newId();
    this.#context = context;
    this.#headers = setup.headers;
    this.#media = new CallMedia(context.media, this.id, (error) => {
      context.logger.debug({ call: this.id, err: error }, 'media verb failed');
    });
    const remote = { name: '', number: setup.destination };
    this.caller = this.#addLeg(setup.party, setup.callID, 'caller', setup.identity, remote);
  }

  get state(): CallState {
    return this.#state;
  }

  get codec(): Codec {
    return this.#codec;
  }

  /** Those that have not ended. */
  get legs(): readonly Leg[] {
    return this.caller.ended ? [...this.#devices] : [this.caller, ...this.#devices];
  }

  /** Who a leg talks to; null for a service, and while nobody has answered. */
  farOf(leg: Leg): Leg | null {
    if (this.#state !== 'talking') return null;
    if (leg !== this.caller) return this.caller;
    const [partner] = this.#devices;
    return partner ?? null;
  }

  /** Rings the devices of the person that is called. */
  ring(devices: readonly Party[], callee: Identity, sdp: string, codec: Codec): void {
    if (this.#state !== 'routing') return;
    this.#codec = codec;
    this.caller.remote = { name: callee.name, number: this.caller.remote.number };
    this.#callerReady = this.#takeCallersOffer(sdp);
    this.#cancelNoAnswer = this.#context.clock.schedule(() => {
      this.end(ENDINGS.noAnswer);
    }, this.#context.timers.noAnswerSeconds * 1000);
    // All legs exist before the first is asked anything, so that a failure of one is not taken for the failure of all.
    const legs = devices.map((party) =>
      this.#addLeg(party, this.#context.newId(), 'callee', callee, this.caller.own),
    );
    for (const leg of legs) this.#devices.add(leg);
    for (const leg of legs) void this.#invite(leg);
  }

  /** Answers the caller at once with a service. */
  async serve(name: ServiceName, sdp: string, codec: Codec): Promise<void> {
    if (this.#state !== 'routing') return;
    this.#codec = codec;
    this.caller.remote = { name, number: this.caller.remote.number };
    try {
      await this.caller.offered(sdp, [codec]);
    } catch (error) {
      this.end(endingOf(error));
      return;
    }
    if (!this.#step('answered')) return;
    this.#service = createService(name, {
      clock: this.#context.clock,
      play: (source) => {
        this.caller.play(source);
      },
      sendDigits: (digits) => {
        this.caller.send('info', { callID: this.caller.callID, dtmf: digits });
      },
    });
    this.#tellCallerAnswered(undefined);
    this.#service.start();
  }

  /**
   * A device answers.
   * @throws MediaError when its description does not do; then call {@link dropDevice} after telling it
   */
  async answer(
    leg: Leg,
    sdp: string,
    headers: readonly CustomHeader[] | undefined,
  ): Promise<AnswerOutcome> {
    // Its answer was taken, but the result got lost with its socket.
    if (leg.answered) return 'answered';
    if (leg.state !== 'ringing' || !this.#step('claimed')) {
      this.#loseDevice(leg, ENDINGS.answeredElsewhere);
      return 'over';
    }
    leg.step('claim');
    this.#claimed = leg;
    try {
      await Promise.all([leg.answeredWith(sdp), this.#callerReady]);
    } catch (error) {
      if (leg.ended) return 'over';
      this.#unclaim(leg);
      throw error;
    }
    if (!leg.step('answered')) return 'over';
    this.#claimed = null;
    for (const other of this.#devices) {
      if (other !== leg) this.#endDevice(other, ENDINGS.answeredElsewhere);
    }
    this.#step('answered');
    this.#media
      .run(this.#media.plane.connect(this.id, this.caller.id, leg.id))
      .catch((error: unknown) => {
        this.end(endingOf(error));
      });
    this.caller.remote = { name: leg.own.name, number: this.caller.remote.number };
    this.#tellCallerAnswered(headers);
    return 'answered';
  }

  /** A device's leg ends because of its own failure; the others ring on. */
  dropDevice(leg: Leg, ending: Ending): void {
    if (!leg.ended) this.#loseDevice(leg, ending);
  }

  /** A party hung up. It needs no bye. */
  hangup(leg: Leg, ending: Ending): void {
    if (leg.ended) return;
    const answered = leg.answered;
    leg.end(ending, true);
    if (answered) this.end(ending);
    else if (leg === this.caller) this.end({ ...ENDINGS.cancelled, headers: ending.headers });
    else {
      this.#media.freeLeg(leg.id);
      this.#deviceGone(leg, ending);
    }
  }

  /** Ends every leg that has not ended, once. */
  end(ending: Ending): void {
    if (!this.#step('end')) return;
    this.#cancelNoAnswer?.();
    this.#cancelNoAnswer = null;
    this.#service?.dispose();
    this.#service = null;
    for (const leg of this.#devices) this.#endDevice(leg, ending);
    this.caller.end(ending);
    this.#media.free();
    const now = this.#context.clock.monotonic();
    const talked = this.#answeredAt === null ? null : (now - this.#answeredAt) / 1000;
    this.#context.onEnded(this, ending, talked);
  }

  /** @throws MediaError */
  async hold(leg: Leg, on: boolean): Promise<void> {
    const before = leg.silenced;
    await leg.setHeld(on);
    this.#tellFarOfSilence(leg, before);
  }

  /** Digits from a party, by message or in its audio. */
  digits(leg: Leg, digits: string): void {
    if (this.#state !== 'talking') return;
    if (this.#service) this.#service.onDigits(digits);
    const far = this.farOf(leg);
    far?.send('info', { callID: far.callID, dtmf: digits });
  }

  onMedia(event: MediaEvent): void {
    const leg = this.#find(event.leg);
    if (!leg || leg.ended) return;
    switch (event.type) {
      case 'state': {
        leg.watch.mediaState(event.state);
        if (!leg.answered) return;
        const before = leg.silenced;
        if (event.state === 'connected') leg.setMediaGone(false);
        else if (event.state === 'disconnected' || event.state === 'failed') leg.setMediaGone(true);
        this.#tellFarOfSilence(leg, before);
        return;
      }
      case 'dtmf':
        this.digits(leg, event.digit);
        return;
      case 'lost':
        this.end(ENDINGS.failed);
        return;
    }
  }

  /** The leg's party is back, and has told what it still has (`undefined`: a client that does not tell). */
  async resume(leg: Leg, peer: 'live' | 'gone' | 'unknown' | undefined): Promise<void> {
    switch (leg.state) {
      case 'setup':
      case 'early':
        leg.watch.partyBack();
        if (leg === this.caller && this.#state !== 'routing') this.#tellRinging();
        return;
      case 'ringing':
        leg.watch.partyBack();
        // The page has never heard of it. One that does not tell keeps what it acknowledged: a second invite would start a
        // second ringtone in the reference client.
        if (peer === 'unknown' || (peer === undefined && !leg.confirmed)) this.#sendInvite(leg);
        return;
      case 'answering':
        leg.watch.partyBack();
        return;
      case 'up':
        if (leg === this.caller && !leg.confirmed && peer !== 'gone' && peer !== 'unknown') {
          leg.watch.partyBack();
          this.#sendAnswer(undefined);
          return;
        }
        if (peer === 'live' && leg.watch.mediaIntact) leg.watch.partyBack();
        else await this.#attach(leg);
        return;
      case 'reattaching':
        await this.#attach(leg);
        return;
      case 'ended':
        return;
    }
  }

  /**
   * The party's answer to an attach.
   * @returns false when no attach waits for one
   * @throws MediaError
   */
  async attached(leg: Leg, sdp: string): Promise<boolean> {
    if (leg.state !== 'reattaching') return false;
    leg.renewCandidates();
    await leg.answeredWith(sdp);
    if (!leg.step('attached')) return false;
    leg.confirm();
    if (leg.party.online) leg.watch.partyBack();
    return true;
  }

  async #attach(leg: Leg): Promise<void> {
    leg.step('attach');
    try {
      await leg.makeOffer(this.#codec, true);
    } catch (error) {
      this.#context.logger.warn({ call: this.id, err: error }, 'no offer for an attach');
      this.end(ENDINGS.failed);
      return;
    }
    if (!leg.ended) leg.send('attach', leg.inviteParams(undefined));
  }

  async #takeCallersOffer(sdp: string): Promise<void> {
    try {
      await this.caller.offered(sdp, [this.#codec]);
    } catch (error) {
      // Ends the legs that wait for this; they look at their own state then.
      this.end(endingOf(error));
    }
  }

  async #invite(leg: Leg): Promise<void> {
    try {
      await leg.makeOffer(this.#codec, false);
    } catch (error) {
      this.dropDevice(leg, endingOf(error));
      return;
    }
    if (!leg.step('invited')) return;
    this.#sendInvite(leg);
    if (this.#state === 'routing' && this.#step('rung')) {
      this.#tellRinging();
      if (this.caller.party.generateRingback) void this.#playRingback();
    }
  }

  #sendInvite(leg: Leg): void {
    leg.send('invite', leg.inviteParams(this.#headers), leg.confirm);
  }

  #tellRinging(): void {
    const { caller } = this;
    caller.send('ringing', {
      callID: caller.callID,
      ...caller.ids,
      caller_id_name: caller.own.name,
      caller_id_number: caller.own.number,
      callee_id_name: caller.remote.name,
      callee_id_number: caller.remote.number,
      display_direction: 'inbound',
      dialogParams: { custom_headers: [] },
    });
  }

  /** Early media, once: a second `media` would fail the reference's call (wire spec 8.3). */
  async #playRingback(): Promise<void> {
    await this.#callerReady;
    const { caller } = this;
    if (this.#state !== 'ringing' || !caller.step('early')) return;
    caller.play({ kind: 'ringback' });
    caller.send('media', { callID: caller.callID, sdp: caller.sdp, ...caller.ids });
  }

  #tellCallerAnswered(headers: readonly CustomHeader[] | undefined): void {
    this.#cancelNoAnswer?.();
    this.#cancelNoAnswer = null;
    this.#answeredAt = this.#context.clock.monotonic();
    this.caller.step('answered');
    this.#sendAnswer(headers);
  }

  /** With the description even after `media`: a caller that lost its socket in between may not have it. */
  #sendAnswer(headers: readonly CustomHeader[] | undefined): void {
    const { caller } = this;
    caller.send(
      'answer',
      {
        callID: caller.callID,
        sdp: caller.sdp,
        ...caller.ids,
        dialogParams: { custom_headers: headers ?? [] },
      },
      caller.confirm,
    );
  }

  /** Our own client shows that it hears silence because of the far party, and does not warn of one-way audio. */
  #tellFarOfSilence(leg: Leg, before: boolean): void {
    const far = this.farOf(leg);
    if (leg.silenced === before || far?.party.extended !== true) return;
    const event = leg.silenced ? 'remote_held' : 'remote_resumed';
    far.send('offhook', { callID: far.callID, event });
  }

  #expired(leg: Leg, expiry: WatchExpiry): void {
    if (expiry === 'silent') this.end(ENDINGS.silent);
    else if (leg.answered) this.end(ENDINGS.notBack);
    else if (leg === this.caller) this.end(ENDINGS.cancelled);
    else this.#loseDevice(leg, ENDINGS.noResponse);
  }

  #loseDevice(leg: Leg, ending: Ending): void {
    this.#endDevice(leg, ending);
    this.#deviceGone(leg, ending);
  }

  #endDevice(leg: Leg, ending: Ending): void {
    if (!leg.end(ending)) return;
    this.#devices.delete(leg);
    // At the end of the call all are freed at once.
    if (this.#state !== 'ended') this.#media.freeLeg(leg.id);
  }

  /** A device went without an answer. When it was the last one, the caller hears what it said. */
  #deviceGone(leg: Leg, ending: Ending): void {
    this.#devices.delete(leg);
    this.#unclaim(leg);
    if (this.#devices.size === 0 && this.#state !== 'talking') this.end(ending);
  }

  #unclaim(leg: Leg): void {
    if (this.#claimed !== leg) return;
    this.#claimed = null;
    this.#step('unclaimed');
  }

  #addLeg(
    party: Party,
    callID: string,
    role: 'caller' | 'callee',
    own: Identity,
    remote: Identity,
  ): Leg {
    const { clock, timers, newId } = this.#context;
    const leg: Leg = new Leg(
      { call: this, party, callID, role, own, remote, media: this.#media, clock, timers, newId },
      (expiry) => {
        this.#expired(leg, expiry);
      },
    );
    party.legs.set(callID, leg);
    if (!party.online) leg.watch.partyLost();
    return leg;
  }

  #find(id: string): Leg | null {
    if (this.caller.id === id) return this.caller;
    for (const leg of this.#devices) if (leg.id === id) return leg;
    return null;
  }

  #step(event: CallEvent): boolean {
    const state = next(CALL_TRANSITIONS, this.#state, event);
    if (state === null) return false;
    this.#state = state;
    return true;
  }
}
