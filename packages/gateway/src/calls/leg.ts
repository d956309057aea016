import type { Clock } from '../clock.ts';
import type {
  Codec,
  LegSource,
  LocalAnswer,
  RemoteCandidate,
  RtpTransport,
  Speech,
} from '../media/media-plane.ts';
import type { Service } from '../services/service.ts';
import type { AssistantTarget } from './assistants.ts';
import type { CallMedia } from './call-media.ts';
import type { CustomHeader, Identity } from './dialog.ts';
import type { DiallingGrant } from './dialling-grant.ts';
import type { Ending } from './hangup.ts';
import { LEG_TRANSITIONS, type LegEvent, type LegState } from './leg-state.ts';
import { LegWatch, type WatchExpiry } from './leg-watch.ts';
import type { FarSilence, Notice } from './notice.ts';
import type { CallTimers } from './timers.ts';
import { next } from './transitions.ts';

/**
 * Whoever a call has at one of its ends: a signed-in session, or somebody in another network. A party turns what happens to its calls
 * into what it speaks; calls know nothing of sockets and dialects.
 */
export interface Party {
  /** Never sent to another party; of a session its session id. */
  readonly id: string;
  readonly user: string;
  readonly displayName: string;
  /** Early media with a tone while the far end rings. */
  readonly generateRingback: boolean;
  /** Epoch milliseconds at which what it signed in with ends; then it gets no new calls and places none. */
  readonly expiresAt: number | undefined;
  /** Nobody signed in: this assistant is all that it reaches. */
  readonly guestOf: AssistantTarget | null;
  /** What its login token says of calls outside; undefined: nothing. */
  readonly dialling: DiallingGrant | undefined;
  /** Where it was last seen, after trusted proxies. */
  readonly address: string;
  /** Can be told something now. */
  readonly online: boolean;
  /** Recovers its calls by itself when its media is gone, or ends them. */
  readonly recovers: boolean;
  /** Live calls that it may have; undefined: as many as every user. */
  readonly callsAtOnce: number | undefined;
  /** Codecs that it may be offered, best first; null: whichever the other end likes best, and that alone. */
  readonly codecs: readonly Codec[] | null;
  /** What it speaks with us, for records of its calls. */
  readonly via: 'browser' | 'sip';
  /** How its media is reached; undefined: in a browser. */
  readonly rtp: RtpTransport | undefined;
  /** Its live legs by callID. Only the calls floor changes it. */
  readonly legs: Map<string, Leg>;
  /**
   * Tells what happened to a leg. Nothing is kept for a party that is not online, but the end: what else it must know is told again
   * when it is back. Of `invited` and `answered` it says when they were received ({@link Leg.confirm}).
   */
  tell(leg: Leg, notice: Notice): void;
  /** A text of another user. */
  text(from: string, to: string, body: string): void;
}

/** How an answer of a device went. */
export type AnswerOutcome =
  | 'answered'
  /** The call was over, or another device was faster; the device has had its bye. */
  | 'over';

/**
 * What a client that came back says of a call: that its peer lives or is gone, nothing of this one though it tells of others
 * (`unknown`), or nothing of any (`untold`: a new page, the reference).
 */
export type Survival = 'live' | 'gone' | 'unknown' | 'untold';

/** The call of a leg, as the leg's party reaches it. */
export interface LegCall {
  /** `telnyx_session_id` */
  readonly id: string;
  readonly codec: Codec;
  /** What the caller's client gave along for whoever is called. */
  readonly headers: readonly CustomHeader[] | undefined;
  /** What the caller talks to, when it is no person. */
  readonly service: Service | null;
  /** @throws MediaError when the description does not do */
  answer(
    leg: Leg,
    sdp: string,
    headers: readonly CustomHeader[] | undefined,
  ): Promise<AnswerOutcome>;
  rings(leg: Leg): void;
  /** Never rejects. */
  earlyMedia(leg: Leg, sdp: string): Promise<void>;
  dropDevice(leg: Leg, ending: Ending): void;
  hangup(leg: Leg, ending: Ending): void;
  end(ending: Ending): void;
  /** @throws MediaError */
  hold(leg: Leg, on: boolean): Promise<void>;
  digits(leg: Leg, digits: string, passed?: boolean): void;
  resume(leg: Leg, survival: Survival): Promise<void>;
  /** @throws MediaError */
  attached(leg: Leg, sdp: string): Promise<boolean>;
  /** The leg is at one of the call's two ends. */
  isSeated(leg: Leg): boolean;
  /** Who talks to a party; null: a service, or nobody. */
  farOf(leg: Leg): Leg | null;
  vacate(leg: Leg): boolean;
  replace(old: Leg, callID: string, sdp: string): () => void;
  /** The party is gone for good. */
  desert(leg: Leg, ending: Ending): void;
  /** The party is another person now, or is known by another name. */
  renamed(leg: Leg, own: Identity): void;
  /** The party gives no answer to our offer of an attach. */
  refused(leg: Leg, ending: Ending): void;
  /** Its place is kept for another leg of its party. */
  awaits(leg: Leg): boolean;
}

/** A message between us and a party about one of its calls, as it goes over the wire. */
export interface WireMessage {
  readonly protocol: 'SIP' | 'Verto';
  /** From us to the party. */
  readonly sent: boolean;
  /** A frame's method; of SIP the text says it. */
  readonly first: string;
  /** Secrets and all: whoever keeps it takes them out. */
  readonly text: string;
}

/** Sees what happens to legs and changes nothing. Every method returns at once and never throws. */
export interface LegObserver {
  /** A leg was made, a call's first one with its call. */
  legStarted(leg: Leg): void;
  /** An event that fitted the leg's state; all but `end`. */
  legMoved(leg: Leg, event: Exclude<LegEvent, 'end'>): void;
  /** `told`: the party ended it by itself. */
  legEnded(leg: Leg, ending: Ending, told: boolean): void;
  /** A message to the leg's party, whether or not there is a socket to send it on. */
  legTold(leg: Leg, method: string): void;
  /** A message that was really sent or received, as it is on the wire. Some come after the leg's end. */
  legMessage(leg: Leg, message: WireMessage): void;
}

/** What all legs share. */
export interface LegContext {
  readonly clock: Clock;
  readonly timers: CallTimers;
  readonly newId: () => string;
  readonly observer: LegObserver | undefined;
}

export interface LegSetup {
  readonly call: LegCall;
  readonly party: Party;
  /** Chosen by whoever makes the leg; unique among the party's live legs. */
  readonly callID: string;
  /** Whether the party sent this leg's invite and waits for our answer, or got one from us. */
  readonly role: 'caller' | 'callee';
  /** Whether the party placed the call or took it: of a replacement that of the first leg. Default: by the role. */
  readonly direction?: 'inbound' | 'outbound' | undefined;
  /** The party itself. */
  readonly own: Identity;
  /** Who the party talks to. */
  readonly remote: Identity;
  readonly media: CallMedia;
  readonly context: LegContext;
  /** A leg that another gateway had: it goes by the same names. */
  readonly kept?: KeptLeg | undefined;
}

export interface KeptLeg {
  readonly id: string;
  readonly controlId: string;
  readonly held: boolean;
}

/** Candidates of one leg; browsers make some tens. What comes beyond is a flood. */
const MAX_CANDIDATES = 256;

/** One party's side of a call: its state, its media, and what it is told. */
export class Leg {
  readonly call: LegCall;
  readonly party: Party;
  readonly callID: string;
  readonly role: 'caller' | 'callee';
  readonly direction: 'inbound' | 'outbound';
  readonly watch: LegWatch;
  /** `telnyx_leg_id`, and the leg's name in the media plane. */
  readonly id: string;
  /** `telnyx_call_control_id`. */
  readonly controlId: string;
  #remote: Identity;
  #sdp = '';
  #confirmed = false;
  readonly #media: CallMedia;
  readonly #observer: LegObserver | undefined;
  #state: LegState = 'setup';
  #heldByParty = false;
  #mediaGone = false;
  #heldInPlane = false;
  #candidates = 0;
  #round = 0;
  #metAnew = false;
  #own: Identity;

  constructor(setup: LegSetup, onExpired: (expiry: WatchExpiry) => void) {
    this.call = setup.call;
    this.party = setup.party;
    this.callID = setup.callID;
    this.role = setup.role;
    this.direction = setup.direction ?? (setup.role === 'caller' ? 'outbound' : 'inbound');
    this.#own = setup.own;
    this.#remote = setup.remote;
    this.#media = setup.media;
    const { clock, timers, newId, observer } = setup.context;
    this.id = setup.kept?.id ?? newId();
    this.controlId = setup.kept?.controlId ?? newId();
    this.watch = new LegWatch(clock, timers, onExpired, () => setup.party.recovers);
    this.#observer = observer;
    this.#observer?.legStarted(this);
  }

  /** Another gateway had it, answered. Its media went with that gateway. */
  takeUp({ held }: KeptLeg): void {
    this.#confirmed = true;
    this.#heldByParty = held;
    this.watch.held(held);
    this.watch.mediaState('failed');
    this.step('answered');
  }

  /** What the party asked for before, now that there is media again. @throws MediaError */
  holdAsBefore(): Promise<void> {
    return this.#applyHold();
  }

  /** Who the party talks to. */
  get remote(): Identity {
    return this.#remote;
  }

  /** Our last description towards the party, kept so that a frame that got lost can be sent again. */
  get sdp(): string {
    return this.#sdp;
  }

  /** The party acknowledged the frame that its state rests on: the invite, or the answer. */
  get confirmed(): boolean {
    return this.#confirmed;
  }

  get state(): LegState {
    return this.#state;
  }

  get ended(): boolean {
    return this.#state === 'ended';
  }

  /** The party answered or was answered, and has not ended. */
  get answered(): boolean {
    return this.#state === 'up' || this.#state === 'reattaching';
  }

  get held(): boolean {
    return this.#heldByParty;
  }

  /** Why the far party hears silence because of this leg. */
  get silence(): FarSilence {
    return { held: this.#heldByParty, away: this.#mediaGone };
  }

  /** Which attach the party is to answer: only the last one counts. */
  get round(): number {
    return this.#round;
  }

  nextRound(): number {
    return ++this.#round;
  }

  /** False when the event does not fit the leg's state; then nothing changed. */
  step(event: LegEvent): boolean {
    const state = next(LEG_TRANSITIONS, this.#state, event);
    if (state === null) {
      return false;
    }
    this.#state = state;
    // A leg that was made for a party that talks elsewhere is answered by its attach.
    if (event === 'answered' || event === 'attached') {
      this.watch.answered();
    }
    if (event !== 'end') {
      this.#observer?.legMoved(this, event);
    }
    return true;
  }

  /** Ends the leg once. `told`: the party said so itself, so it needs no bye. */
  end(ending: Ending, told = false): boolean {
    if (!this.#close()) {
      return false;
    }
    this.tell({ kind: 'ended', ending, told });
    this.#observer?.legEnded(this, ending, told);
    return true;
  }

  /** Ends the leg without a word to its party, which goes on in another one. */
  leave(ending: Ending): void {
    if (this.#close()) {
      this.#observer?.legEnded(this, ending, false);
    }
  }

  #close(): boolean {
    if (!this.step('end')) {
      return false;
    }
    this.watch.dispose();
    const { legs } = this.party;
    // Another leg of the party may have its place already.
    if (legs.get(this.callID) === this) {
      legs.delete(this.callID);
    }
    return true;
  }

  tell(notice: Notice): void {
    this.party.tell(this, notice);
  }

  /** Somebody else came to the far end since the party was first told who is there. */
  get metAnew(): boolean {
    return this.#metAnew;
  }

  /** Who the far end is, before the party is told anything of it. A name alone leaves the number that was called. */
  expects(remote: Partial<Identity>): void {
    this.#remote = { ...this.#remote, ...remote };
  }

  /** The party itself, as the far one is shown it. */
  get own(): Identity {
    return this.#own;
  }

  rename(own: Identity): void {
    this.#own = own;
  }

  /** Somebody else is at the far end now. A party that misses that is told again when it is back. */
  meets(remote: Identity): void {
    this.#remote = remote;
    this.#metAnew = true;
    if (this.answered) {
      this.tell({ kind: 'display' });
    }
  }

  /** The party's side says which message it made of a notice, whether or not it could be sent. */
  told(message: string): void {
    this.#observer?.legTold(this, message);
  }

  /** What was sent to the party or came from it, for whoever keeps it. */
  passed(message: WireMessage): void {
    this.#observer?.legMessage(this, message);
  }

  /** Acknowledged frames need not be sent again after a lost socket. */
  readonly confirm = (): void => {
    this.#confirmed = true;
  };

  get ids(): {
    telnyx_call_control_id: string;
    telnyx_session_id: string;
    telnyx_leg_id: string;
  } {
    return {
      telnyx_call_control_id: this.controlId,
      telnyx_session_id: this.call.id,
      telnyx_leg_id: this.id,
    };
  }

  /** The party offers: at first, for an ICE restart, or from a new page. Keeps and returns our answer. */
  async offered(sdp: string, codecs: readonly Codec[]): Promise<LocalAnswer> {
    const { rtp } = this.party;
    const answer = await this.#media.run(
      this.#media.plane.offer({ ...this.#ref, sdp, codecs, rtp }),
    );
    this.#sdp = answer.sdp;
    return answer;
  }

  /** We offer to the party. */
  async makeOffer(codecs: readonly [Codec, ...Codec[]], replacePeer: boolean): Promise<string> {
    const { rtp } = this.party;
    const offer = await this.#media.run(
      this.#media.plane.createOffer({ ...this.#ref, codecs, replacePeer, rtp }),
    );
    this.#sdp = offer.sdp;
    return offer.sdp;
  }

  /** A description of the party's and one of ours have met: it may offer anew. */
  get negotiated(): boolean {
    return this.answered || this.#state === 'early';
  }

  /** An ICE restart, or any other new offer on a call that stands. Returns our answer. */
  async reoffered(sdp: string, codec: Codec): Promise<string> {
    this.#candidates = 0;
    const answer = await this.offered(sdp, [codec]);
    return answer.sdp;
  }

  /** The party's answer to an offer of ours. Returns the codec that it chose. */
  async answeredWith(sdp: string): Promise<Codec> {
    const { codec } = await this.#media.run(this.#media.plane.answer({ ...this.#ref, sdp }));
    return codec;
  }

  candidate(candidate: RemoteCandidate): void {
    if (this.ended || ++this.#candidates > MAX_CANDIDATES) {
      return;
    }
    this.#media.fire(this.#media.plane.candidate({ ...this.#ref, candidate }));
  }

  /** A new negotiation brings its own candidates. */
  renewCandidates(): void {
    this.#candidates = 0;
  }

  /** Sends digits in the audio, to a party that takes them so. */
  sendDigits(digits: string): void {
    if (this.ended) {
      return;
    }
    this.#media.fire(this.#media.plane.sendDigits({ ...this.#ref, digits }));
  }

  play(source: LegSource): void {
    if (this.ended) {
      return;
    }
    this.#media.fire(this.#media.plane.play({ ...this.#ref, source }));
  }

  speak(speech: Omit<Speech, 'call' | 'leg'>): void {
    if (this.ended) {
      return;
    }
    this.#media.fire(this.#media.plane.speak({ ...this.#ref, ...speech }));
  }

  hush(): void {
    if (this.ended) {
      return;
    }
    this.#media.fire(this.#media.plane.hush(this.#ref));
  }

  /** The party asks for hold. Settles when the plane did it. */
  async setHeld(on: boolean): Promise<void> {
    const before = this.#heldByParty;
    this.#heldByParty = on;
    this.watch.held(on);
    try {
      await this.#applyHold();
    } catch (error) {
      this.#heldByParty = before;
      this.watch.held(before);
      throw error;
    }
  }

  /**
   * The party's media went or came back. While it is gone the far party is sent silence, as on hold: without packets its
   * browser would take its own path for dead.
   */
  setMediaGone(gone: boolean): void {
    if (this.#mediaGone === gone || this.ended) {
      return;
    }
    this.#mediaGone = gone;
    this.#media.fire(this.#applyHold());
  }

  async #applyHold(): Promise<void> {
    const on = this.#heldByParty || this.#mediaGone;
    if (on === this.#heldInPlane) {
      return;
    }
    this.#heldInPlane = on;
    try {
      await this.#media.run(this.#media.plane.hold({ ...this.#ref, on }));
    } catch (error) {
      this.#heldInPlane = !on;
      throw error;
    }
  }

  get #ref(): { readonly call: string; readonly leg: string } {
    return { call: this.#media.call, leg: this.id };
  }
}

/** What the party signed in with has ended. */
export function isOver(party: Pick<Party, 'expiresAt'>, clock: { now(): number }): boolean {
  return party.expiresAt !== undefined && party.expiresAt <= clock.now();
}
