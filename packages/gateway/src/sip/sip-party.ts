import { causeOfSip, q850Of, sipStatusFor, type Cause } from '@offhook/protocol';
import type { CustomHeader, Identity } from '../calls/dialog.ts';
import { endingOf, ENDINGS, type Ending } from '../calls/hangup.ts';
import type { Leg, Party, WireMessage } from '../calls/leg.ts';
import type { Notice } from '../calls/notice.ts';
import type { TransferOrder, TransferReply } from '../calls/transfer-order.ts';
import { when, type Soon } from '../soon.ts';
import type { Direction } from '../media/embedded/sdp/parse.ts';
import { directionAsked, isWebRtc } from '../media/embedded/sdp/profile.ts';
import type { Codec, RtpTransport } from '../media/media-plane.ts';
import type { Clock } from '../clock.ts';
import type { Guard } from '../guard.ts';
import type { SipUri } from './core/address.ts';
import type { Endpoint } from './core/flow.ts';
import type { Headers } from './core/headers.ts';
import type { InviteSession, SessionEnd, SessionHandlers } from './core/invite-session.ts';
import type { SipRequest } from './core/message.ts';
import { readRefer, type DialogName, type Refer } from './core/referral.ts';
import { readCustomHeaders, writeCustomHeaders } from './custom-headers.ts';
import { assertedIn } from './caller-identity.ts';
import type { SipEnd, StandIns } from './sip-end.ts';

/** What a peer reaches by REFER. */
export interface ReferWays {
  /** Where somebody that it names is reached here; undefined: nowhere. */
  destinationOf(uri: SipUri): string | undefined;
  /** The leg of a dialog; null: it is none of the peer's. */
  legOf(name: DialogName): Leg | null;
  blind(leg: Leg, order: TransferOrder): Soon<TransferReply>;
  attended(id: string, first: Leg, second: Leg): TransferReply;
  /** For records and logs. */
  refused(why: string): void;
}

export interface SipPartyDeps {
  readonly clock: Clock;
  readonly guard: Guard;
  /** Makes the session of an outbound call, with the handlers that it is given, or says why there is none. Null: this call came in. */
  readonly dial: ((handlers: SessionHandlers, leg: Leg) => InviteSession | Ending) | null;
  /** It was answered. */
  readonly onTalks: () => void;
  readonly onEnded: () => void;
  /**
   * Headers that tell the peer who talks to it now (RFC 3325).
   * @param party of who talks; null: a service. What a stranger calls himself is not believed
   */
  readonly identify: (
    remote: Identity,
    party: Party | null,
  ) => readonly (readonly [string, string])[];
  /** The peer may hand its call over by REFER; absent: it may not. */
  readonly refer?: ReferWays | undefined;
  /** Seconds that are left of the caller's minutes; null: they have no end. */
  readonly secondsLeft: () => number | null;
}

/** A server that lets the whole of this pass without a word is not waited for, where there is another. */
const NO_WORD_MS = 4_000;
/** How long a call waits for the trunk to find another server. */
const FAILOVER_MS = 4_000;
/** Calls of one user that run at once overrun his minutes by this each, at most. */
const MINUTES_LOOK_MS = 10_000;
/** Of an inbound call there are an INVITE and a 100 before there is a leg. */
const MAX_EARLY = 8;
const NO_SERVER: Ending = {
  cause: 'NORMAL_TEMPORARY_FAILURE',
  sip: { code: 503, reason: 'TRUNK_DOWN' },
};

/** One call by SIP at one end of a call of ours: notices become messages, and messages events of the call. */
export class SipParty implements Party {
  readonly id: string;
  readonly end: SipEnd;
  readonly via = 'sip';
  readonly user: string;
  readonly displayName: string;
  readonly generateRingback = false;
  readonly expiresAt = undefined;
  readonly guestOf = null;
  readonly dialling = undefined;
  readonly address: string;
  readonly online = true;
  readonly recovers = false;
  readonly callsAtOnce: number | undefined;
  readonly codecs: readonly Codec[];
  readonly legs = new Map<string, Leg>();
  readonly handlers: SessionHandlers;
  /** Messages from before the leg was made. */
  #early: WireMessage[] = [];
  readonly #deps: SipPartyDeps;
  #ownLeg: Leg | null = null;
  #session: InviteSession | null = null;
  /** Its media is a browser's: ICE and DTLS. */
  #isWebRtc: boolean;
  #takesEvents = false;
  #heard = false;
  #tries = 0;
  /** Of a call that came in: its INVITE has an offer. */
  #hasOffered = true;
  /** What the last offer told the party is not so any more. */
  #mustOffer = false;
  /** What it was told last of who talks to it. */
  #identity = '';
  #renegotiates = false;
  #refers = 0;
  #headers: readonly CustomHeader[] | undefined;
  #talked = false;
  #isOver = false;
  /** Of the wait for a first word, or for a server that does its work. */
  #cancelNoWord: (() => void) | null = null;
  #place: Endpoint | null = null;
  #cancelAllotted: (() => void) | null = null;

  constructor(end: SipEnd, id: string, deps: SipPartyDeps) {
    this.id = id;
    this.end = end;
    this.user = end.user;
    this.displayName = end.displayName;
    this.address = end.address;
    this.callsAtOnce = end.callsAtOnce;
    this.codecs = end.codecs;
    this.#isWebRtc = end.isWebRtc;
    this.#deps = deps;
    this.handlers = {
      progress: (status, sdp) => {
        this.#progress(status, sdp);
      },
      answered: (sdp, headers) => {
        void deps.guard.settle(
          'sip',
          () => this.#answered(sdp, headers),
          () => {
            this.#broken();
          },
        );
      },
      ended: (end) => {
        this.#ended(end);
      },
      reoffered: async (sdp) => (await deps.guard.settle('sip', () => this.#reoffered(sdp))) ?? 500,
      offerWanted: async () => (await deps.guard.settle('sip', () => this.#offer())) ?? 500,
      acknowledged: (sdp) => {
        void deps.guard.settle(
          'sip',
          () => this.#acknowledged(sdp),
          () => {
            this.#broken();
          },
        );
      },
      digit: (digit) => {
        this.#leg?.call.digits(this.#leg, digit);
      },
      refreshed: (headers) => {
        this.#refreshed(headers);
      },
      referred: (request) => this.#referred(request),
    };
  }

  get rtp(): RtpTransport | undefined {
    return this.#isWebRtc ? undefined : this.end.rtp;
  }

  /** A call that came in may be taken back before anything was told of it. */
  get #leg(): Leg | null {
    const own = this.#ownLeg;
    return own?.ended === false ? own : ([...this.legs.values()][0] ?? own);
  }

  /** A message of this call went over the wire. */
  passed(sent: boolean, text: string): void {
    this.#early.push({ protocol: 'SIP', sent, first: '', text });
    const leg = this.#leg;
    if (leg) {
      for (const message of this.#early.splice(0)) {
        leg.passed(message);
      }
    } else if (this.#early.length > MAX_EARLY) {
      this.#early.shift();
    }
  }

  /** The session of an inbound call. */
  take(session: InviteSession, sdp: string): void {
    this.#hasOffered = sdp !== '';
    this.#session = session;
    this.#isWebRtc = isWebRtc(sdp);
    this.#takesEvents = hasEvents(sdp);
  }

  /** A call that came in is not taken. */
  refuse(status: number): void {
    this.#session?.end(status);
    this.#over();
  }

  tell(leg: Leg, notice: Notice): void {
    this.#ownLeg = leg;
    switch (notice.kind) {
      case 'invited':
        this.#headers = notice.headers;
        this.#dial(leg);
        return;
      case 'rings':
        this.#session?.ring();
        leg.told('180');
        return;
      case 'early_media':
        // Without an offer there is nothing to answer before our 200.
        if (this.#hasOffered) {
          this.#session?.progress(leg.sdp);
          leg.told('183');
        } else {
          this.#session?.ring();
          leg.told('180');
        }
        return;
      case 'answered':
        this.#session?.answer(leg.sdp, writeCustomHeaders(notice.headers));
        leg.told('200');
        leg.confirm();
        this.#talks();
        return;
      case 'digits':
        this.#digits(leg, notice.digits, notice.passed);
        return;
      case 'ended':
        this.#end(leg, notice.ending, notice.told);
        return;
      case 'reattached':
        leg.told('re-INVITE');
        void this.#deps.guard.settle(
          'sip',
          () => this.#reattach(leg),
          () => {
            this.#broken();
          },
        );
        return;
      case 'transfer_failed': {
        const { code, reason = '' } = notice.ending.sip ?? sipStatusFor(notice.ending.cause) ?? {};
        this.#session?.referralEnded(code ?? 603, reason === '' ? 'Declined' : reason);
        return;
      }
      case 'silence':
        // Silence is in the audio besides. With ICE and DTLS a new offer of ours would be a new connection.
        if (notice.before.held !== notice.now.held && this.rtp) {
          this.#offerAnew();
        }
        return;
      case 'display':
        this.#identify(leg);
        return;
      case 'conversation':
        // A page that a conversation is shown on is a browser's.
        return;
    }
  }

  /** Whoever it is may not call any more: its calls end. */
  dismiss(ending: Ending): void {
    for (const leg of [...this.legs.values()]) {
      if (leg.answered || leg.role === 'caller') {
        leg.call.end(ending);
      } else {
        leg.call.dropDevice(leg, ending);
      }
    }
  }

  /** The telephone network carries no texts by this way. */
  text(): void {
    return;
  }

  #dial(leg: Leg): void {
    const session = this.#deps.dial?.(this.handlers, leg);
    if (!session) {
      return;
    }
    if ('cause' in session) {
      leg.call.dropDevice(leg, session);
      return;
    }
    this.#session = session;
    this.#tries += 1;
    this.#place = this.end.standIns?.place ?? null;
    session.call(leg.sdp, writeCustomHeaders(this.#headers));
    leg.told('INVITE');
    if (this.end.standIns?.hasSpare !== true || this.#tries > 1) {
      return;
    }
    this.#cancelNoWord = this.#deps.clock.schedule(() => {
      this.#again('no answer to INVITE');
    }, NO_WORD_MS);
  }

  /** By another server of the trunk, once. False when there is none. */
  #again(why: string): boolean {
    const leg = this.#leg;
    this.#cancelNoWord?.();
    const { standIns } = this.end;
    if (!leg || leg.ended || this.#heard || this.#tries > 1 || !standIns?.hasSpare) {
      return false;
    }
    this.#session?.end(487);
    if (this.#place) {
      standIns.failover(this.#place, why);
    }
    this.#whenUp(
      standIns,
      () => {
        if (!leg.ended) {
          this.#dial(leg);
        }
      },
      () => {
        this.#over();
        if (!leg.ended) {
          leg.call.hangup(leg, NO_SERVER);
        }
      },
    );
    return true;
  }

  #whenUp(standIns: StandIns, up: () => void, tooLate: () => void): void {
    const undo = standIns.onceUp(() => {
      cancel();
      up();
    });
    const cancel = this.#deps.clock.schedule(() => {
      undo();
      tooLate();
    }, FAILOVER_MS);
    this.#cancelNoWord = () => {
      undo();
      cancel();
    };
  }

  #progress(status: number, sdp: string | undefined): void {
    this.#cancelNoWord?.();
    // Trying says that the server is there, and not yet that it does anything.
    if (status === 100) {
      return;
    }
    this.#heard = true;
    const leg = this.#leg;
    if (!leg || leg.ended) {
      return;
    }
    if (sdp === undefined) {
      if (status === 180) {
        leg.call.rings(leg);
      }
      return;
    }
    this.#takesEvents = hasEvents(sdp);
    void this.#deps.guard.settle(
      'sip',
      () => leg.call.earlyMedia(leg, sdp),
      () => {
        this.#broken();
      },
    );
  }

  async #answered(sdp: string, headers: Headers): Promise<void> {
    this.#heard = true;
    this.#cancelNoWord?.();
    const leg = this.#leg;
    if (!leg || leg.ended) {
      this.#session?.end(487);
      return;
    }
    this.#takesEvents = hasEvents(sdp);
    try {
      const outcome = await leg.call.answer(leg, sdp, readCustomHeaders(headers));
      if (outcome === 'answered') {
        this.#talks();
      }
    } catch (error) {
      leg.call.dropDevice(leg, endingOf(error));
    }
  }

  #ended(end: SessionEnd): void {
    const { status, headers } = end;
    if (status === 503 && this.#place) {
      this.end.standIns?.rest(this.#place, headers.get('Retry-After'));
    }
    if (status === 503 || status === 408) {
      if (this.#again(`INVITE was answered ${String(status)}`)) {
        return;
      }
    }
    const leg = this.#leg;
    this.#over();
    if (!leg || leg.ended) {
      return;
    }
    leg.call.hangup(leg, endingOfSession(end, this.#session?.callId ?? ''));
  }

  async #reoffered(sdp: string): Promise<string | number> {
    const leg = this.#leg;
    if (!leg?.answered) {
      return 491;
    }
    let answer: string;
    let direction: Direction;
    try {
      direction = directionAsked(sdp);
      answer = await leg.reoffered(sdp, leg.call.codec);
    } catch (error) {
      return sipStatusFor(endingOf(error).cause)?.code ?? 488;
    }
    this.#takesEvents = hasEvents(sdp);
    const on = direction === 'sendonly' || direction === 'inactive';
    if (on !== leg.held) {
      await leg.call.hold(leg, on);
    }
    return answer;
  }

  /** An offer within the call, for a re-INVITE that has none: what is agreed on already. */
  async #offer(): Promise<string | number> {
    const leg = this.#leg;
    if (!leg?.answered) {
      return 491;
    }
    try {
      return await leg.makeOffer([leg.call.codec], true);
    } catch (error) {
      return sipStatusFor(endingOf(error).cause)?.code ?? 488;
    }
  }

  /** The answer to our offer came in an ACK. */
  async #acknowledged(sdp: string | undefined): Promise<void> {
    const leg = this.#leg;
    if (!leg || leg.ended) {
      return;
    }
    if (sdp === undefined) {
      // Nobody knows where to send audio to (RFC 3261, 13.2.1).
      leg.call.end(ENDINGS.noCodec);
      return;
    }
    try {
      await this.#answerTo(leg, sdp);
    } catch (error) {
      leg.call.end(endingOf(error));
    }
  }

  async #answerTo(leg: Leg, sdp: string): Promise<void> {
    await leg.answeredWith(sdp);
    this.#takesEvents = hasEvents(sdp);
  }

  /** Somebody else talks to the peer: it is told by UPDATE, or by a re-INVITE where it knows no UPDATE. */
  #identify(leg: Leg): void {
    const headers = this.#deps.identify(leg.remote, leg.call.farOf(leg)?.party ?? null);
    const session = this.#session;
    if (!session || JSON.stringify(headers) === this.#identity) {
      return;
    }
    this.#identity = JSON.stringify(headers);
    if (session.identify(headers)) {
      leg.told('UPDATE');
    } else if (this.rtp) {
      this.#offerAnew();
    }
  }

  /** A trunk says that somebody else is at its end now. A phone is its user's, whatever it says. */
  #refreshed(headers: Headers): void {
    const leg = this.#leg;
    const own = this.end.kind === 'trunk' ? assertedIn(headers) : null;
    if (leg?.answered === true && own) {
      leg.call.renamed(leg, own);
    }
  }

  /** The far party holds, goes on, or is another one: a re-INVITE says it, with `sendonly` or `sendrecv` (RFC 6337, 5.3). */
  #offerAnew(): void {
    this.#mustOffer = true;
    if (this.#renegotiates) {
      return;
    }
    this.#renegotiates = true;
    void this.#deps.guard
      .settle('sip', () => this.#renegotiate())
      .finally(() => {
        this.#renegotiates = false;
      });
  }

  async #renegotiate(): Promise<void> {
    while (this.#mustOffer) {
      this.#mustOffer = false;
      // By its turn the party may talk in another leg: the offer is that one's.
      let leg: Leg | null = null;
      try {
        const answer = await this.#session?.reoffer(async () => {
          leg = this.#leg;
          return leg && !leg.ended ? await leg.makeOffer([leg.call.codec], true) : null;
        });
        const offering = leg as Leg | null;
        offering?.told('re-INVITE');
        if (offering && typeof answer === 'string' && !offering.ended && offering === this.#leg) {
          await this.#answerTo(offering, answer);
        }
      } catch {
        // The party hears silence as before; the call goes on.
        return;
      }
    }
  }

  /** A defect of ours: the call cannot go on. */
  #broken(): void {
    this.#leg?.call.end({ cause: 'NORMAL_TEMPORARY_FAILURE' });
  }

  #digits(leg: Leg, digits: string, passed: boolean): void {
    // A page reads no events in its audio.
    if (!this.#takesEvents || this.rtp?.events !== true) {
      for (const digit of digits) {
        this.#session?.info(digit);
      }
    } else if (!passed) {
      leg.sendDigits(digits);
    }
  }

  /** The peer hands its far party over (RFC 3515, RFC 5589). Returns the status of the answer. */
  #referred(request: SipRequest): Soon<number> {
    const ways = this.#deps.refer;
    const leg = this.#leg;
    if (!ways || !leg) {
      return 603;
    }
    const refer = readRefer(request);
    if (!refer) {
      return 400;
    }
    const status = when(this.#handOver(ways, leg, refer), (reply) => {
      if (reply.ok) {
        return 202;
      }
      ways.refused('refer');
      return statusOfRefusal(reply.ending);
    });
    return status instanceof Promise
      ? this.#deps.guard.settle('sip', () => status).then((done) => done ?? 500)
      : status;
  }

  #handOver(ways: ReferWays, leg: Leg, { uri, replaces }: Refer): Soon<TransferReply> {
    const id = `refer-${String(++this.#refers)}-${this.id}`;
    if (replaces) {
      const other = ways.legOf(replaces);
      return other ? ways.attended(id, leg, other) : { ok: false, ending: ENDINGS.unknownNumber };
    }
    const destination = ways.destinationOf(uri);
    return destination === undefined
      ? { ok: false, ending: { cause: 'OUTGOING_CALL_BARRED' } }
      : ways.blind(leg, { id, destination });
  }

  /** By what name requests mean its dialog; null: it has none yet. */
  get dialog(): DialogName | null {
    return this.#session?.name ?? null;
  }

  isNamed(name: DialogName): boolean {
    return this.#session?.isNamed(name) === true;
  }

  /** The leg that it talks in; null while it does not. */
  get talksIn(): Leg | null {
    const leg = this.#leg;
    return leg?.answered === true ? leg : null;
  }

  /** The peer is asked to talk in another leg, by an offer of that one. */
  async #reattach(leg: Leg): Promise<void> {
    const answer = (await this.#session?.reoffer(leg.sdp)) ?? null;
    if (answer === null) {
      leg.call.refused(leg, ENDINGS.noCodec);
      return;
    }
    this.#takesEvents = hasEvents(answer);
    try {
      await leg.call.attached(leg, answer);
    } catch (error) {
      leg.call.refused(leg, endingOf(error));
    }
  }

  #end(leg: Leg, ending: Ending, told: boolean): void {
    if (ending.cause === 'BLIND_TRANSFER' || ending.cause === 'ATTENDED_TRANSFER') {
      this.#session?.referralEnded(200, 'OK');
    }
    if (!told) {
      const status = statusOf(ending.cause);
      const q850 = `Q.850;cause=${String(q850Of(ending.cause))}`;
      const reason =
        ending.cause === 'LOSE_RACE' ? 'SIP;cause=200;text="Call completed elsewhere"' : q850;
      this.#session?.end(status, reason, writeCustomHeaders(ending.headers));
      leg.told(this.#talked ? 'BYE' : String(status));
    }
    this.#over();
  }

  #talks(): void {
    if (this.#isOver || this.#talked) {
      return;
    }
    this.#talked = true;
    this.#deps.onTalks();
    this.#watchMinutes();
  }

  /** Other calls of the same user use the minutes up too: it is looked at again before they could be. */
  #watchMinutes(): void {
    const left = this.#deps.secondsLeft();
    if (left === null) {
      return;
    }
    if (left <= 0) {
      this.#leg?.call.end({ cause: 'ALLOTTED_TIMEOUT' });
      return;
    }
    this.#cancelAllotted = this.#deps.clock.schedule(
      () => {
        this.#watchMinutes();
      },
      Math.min(1000 * left, MINUTES_LOOK_MS),
    );
  }

  #over(): void {
    if (this.#isOver) {
      return;
    }
    this.#isOver = true;
    this.#cancelNoWord?.();
    this.#cancelAllotted?.();
    this.#deps.onEnded();
  }
}

/** What a peer is answered whose call is not handed over, or that may not come into one. */
export function statusOfRefusal({ cause, sip }: Ending): number {
  if (cause === 'FACILITY_REJECTED') {
    // It is being handed over already: the peer may ask again (RFC 3261, 21.4.26).
    return 491;
  }
  return sip?.code ?? sipStatusFor(cause)?.code ?? 603;
}

function hasEvents(sdp: string): boolean {
  return /^a=rtpmap:\d+ telephone-event\//im.test(sdp);
}

function statusOf(cause: Cause): number {
  return sipStatusFor(cause)?.code ?? 487;
}

function endingOfSession(end: SessionEnd, callId: string): Ending {
  const { status, phrase, reason, headers } = end;
  const custom = readCustomHeaders(headers);
  const extras = custom === undefined ? {} : { headers: custom };
  if (status !== null) {
    const cause = causeOfSip(status, reason.q850);
    return { cause, ...extras, sip: { code: status, reason: phrase, callId } };
  }
  if (end.cancelled) {
    return { ...ENDINGS.cancelled, ...extras, sip: { callId } };
  }
  const cause = reason.q850 === undefined ? 'NORMAL_CLEARING' : causeOfSip(480, reason.q850);
  return { cause, ...extras, sip: { callId } };
}
