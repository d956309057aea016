import type { CallAi } from '../assistant/call-ai.ts';
import { AUTOPLAY_REFUSED, leftOutWarning } from '../errors/own-warnings.ts';
import type { SdkErrorCode } from '../errors/codes.ts';
import { MediaFailure } from '../media/failure.ts';
import { hasTurn, MediaSession } from '../media/session.ts';
import type { Tone } from '../media/tones.ts';
import type { PlainCallOptions, MediaElementSource, SipHeader } from '../options.ts';
import { HoldControl, type HoldChange } from './actions.ts';
import type { CallEnd, CallObject, RemoteParty } from './call-events.ts';
import { CallPeer } from './call-peer.ts';
import { CallQuality, type FarSide } from './call-quality.ts';
import { CallLife, hasMedia, publicState, type Phase } from './call-state.ts';
import type { CallDeps } from './deps.ts';
import { Dialog, type CallOptions, type Origin } from './dialog.ts';
import { Ending, type IHangupParams } from './ending.ts';
import { readHeaders } from './given.ts';
import { CallNotices } from './notices.ts';
import type { CallParts, Direction, Readiness } from './parts.ts';
import { recoverPermission } from './permission.ts';
import { RequestError } from './ports.ts';
import { Recovery, wasHeld, type Attach } from './recovery.ts';
import { canReuse } from './reuse.ts';
import { CallScope } from './scope.ts';
import { CallSetup } from './setup.ts';
import { SetupTimings } from './timings.ts';
import { until } from './waiting.ts';
import { Watches } from './watches.ts';

/** A replaced leg is bridged at once; a gateway that has not answered by now will not. */
const REPLACE_LIMIT_MS = 15_000;
const BYE_TIMEOUT_MS = 5_000;

/** What `call.answer()` takes. */
export interface AnswerParams {
  customHeaders?: SipHeader[] | undefined;
  /** Send video too, if the caller offers it. */
  video?: boolean | MediaTrackConstraints | undefined;
  remoteElement?: MediaElementSource | undefined;
  localElement?: MediaElementSource | undefined;
  preferred_codecs?: RTCRtpCodec[] | undefined;
}

/** The calls of the client, for one of them. */
export interface LegHost extends Readiness {
  readonly deps: CallDeps;
  readonly ringtone: Tone;
  readonly ringback: Tone;
  optionsOf(given: object): CallOptions;
  add(options: CallOptions, direction: Direction, origin: Origin, before?: Leg): Leg;
  /** The leg is `destroy`, or another goes on: it leaves the registry. */
  remove(leg: Leg): void;
  /** The leg that has this id now. */
  holder(callId: string): Leg | undefined;
  /** Warns when another call talks. */
  warnOfOthers(leg: Leg): void;
  /** Places another call. Throws error 44002 without a destination. */
  newCall(options: PlainCallOptions): CallObject;
  /** The object by which the application holds a leg. */
  present(leg: Leg): CallObject;
}

/**
 * One leg: a call between this client and its gateway under one id, until it ends or, when it cannot be kept, another leg goes on in
 * its place. An application holds a `Call`, one for each leg; a call that was recovered acts through its newest leg.
 */
export class Leg implements CallParts, FarSide {
  readonly deps: CallDeps;
  readonly options: CallOptions;
  readonly direction: Direction;
  readonly scope: CallScope;
  readonly life: CallLife;
  readonly notices: CallNotices;
  readonly dialog: Dialog;
  readonly timings: SetupTimings;
  readonly media: MediaSession;
  readonly setup: CallSetup;
  readonly quality: CallQuality;
  readonly recovery: Recovery;
  readonly call: CallObject;
  readonly #host: LegHost;
  readonly #ending: Ending;
  readonly #holding: HoldControl;
  readonly #watches: Watches;
  #peer: CallPeer | undefined;
  /** The gateway's offer of an inbound leg, or of one that it kept. */
  #offer = '';
  #rang = false;
  #remoteHeld = false;
  #remoteAway = false;
  #remoteParty: RemoteParty | null = null;
  #answeredAt: number | undefined;
  #extension: string | null = null;
  #screenShare: CallObject | undefined;
  #successor: Leg | null = null;
  #ai: CallAi | undefined;

  /** `before`: the leg whose place this one takes. */
  constructor(
    host: LegHost,
    options: CallOptions,
    direction: Direction,
    origin: Origin,
    before?: Leg,
  ) {
    const { deps } = host;
    const { platform } = deps;
    this.#host = host;
    this.deps = deps;
    this.options = options;
    this.direction = direction;
    this.scope = new CallScope(platform);
    this.timings = new SetupTimings(platform);
    this.dialog = new Dialog(deps.signaling, options, origin);
    this.notices = new CallNotices(deps, options, () => this.call, before?.notices.shared);
    this.life = new CallLife(
      (phase, from) => this.#entered(phase, from),
      (event, phase) => this.notices.log(`'${event}' does not fit '${phase}'`),
    );
    this.media = new MediaSession(platform, options, {
      candidate: (candidate) => this.setup.onLocalCandidate(candidate),
      connectionState: (state) => this.recovery.onConnectionState(state),
      iceConnectionState: (state) => {
        if (state === 'connected') {
          this.timings.mark('ice-connected');
        }
      },
      signalingClosed: () => this.recovery.check(),
      warning: (warning) => this.notices.warn(warning === 'autoplay' ? AUTOPLAY_REFUSED : warning),
      noRelay: () => this.#onNoRelay(),
      recapture: (failure, retry) => {
        const { mediaPermissionsRecovery: recovery } = deps.settings;
        if (direction === 'outbound' || !recovery?.enabled) {
          return Promise.reject(failure);
        }
        return recoverPermission(this, failure, retry, recovery);
      },
      mark: (step) => this.timings.mark(step),
      log: (message, error) => this.notices.log(message, error),
    });
    this.setup = new CallSetup(this, host, {
      peer: (pc, type) => {
        this.#peer = new CallPeer(this, this.recovery, type);
        this.notices.emit('peer', pc);
      },
      failed: (error) => this.#setupFailed(error),
      unanswered: () => {
        this.notices.fail(40004, new Error('The gateway answered without a description'));
        void this.hangup({ cause: 'USER_BUSY', causeCode: 17, initiator: 'sdk:setup' }, true);
      },
    });
    this.quality = new CallQuality(this, this, (sample) =>
      this.recovery.onSample(sample?.inbound ?? null),
    );
    this.recovery = new Recovery(this, before?.recovery.nextFallbacks ?? 0, {
      beat: (doubt) => {
        this.quality.look(doubt);
        this.media.followElements();
      },
      restartIce: (relay) => this.setup.restartIce(relay),
      reuse: (offer) => (canReuse(this, offer) ? this.setup.reuse(offer) : null),
      replace: () => this.#replace(),
      rebuild: (offer) => this.#rebuild(offer),
      lost: () => this.lost(),
    });
    this.#watches = new Watches(this, this.quality);
    this.#holding = new HoldControl(this, host, (action) => this.#holdSuccessor(action));
    this.#ending = new Ending(this, {
      release: () => this.release(),
      gone: () => host.remove(this),
    });
    this.call = host.present(this);
    this.timings.mark('new-call-start');
    if (before) {
      this.#inherit(before);
    }
  }

  get id(): string {
    return this.options.id;
  }

  /** The leg that carries the call now. */
  get live(): Leg {
    return this.#successor?.live ?? this;
  }

  /** Undefined before a peer connection was made. */
  get peer(): CallPeer | undefined {
    return this.#peer;
  }

  /** Null before the end. */
  get end(): CallEnd | null {
    return this.#ending.end;
  }

  /** The far end of an outbound call rings. */
  get ringing(): boolean {
    const { phase } = this.life;
    return this.#rang && (phase === 'requesting' || phase === 'trying' || phase === 'early');
  }

  /** It rings, or is beyond that. */
  get hasRung(): boolean {
    const { phase } = this.life;
    return this.#rang || phase === 'ringing' || hasMedia(phase);
  }

  get remoteHeld(): boolean {
    return this.#remoteHeld;
  }

  get remoteAway(): boolean {
    return this.#remoteAway;
  }

  /** Who came to the far end since the call began. */
  get remoteParty(): RemoteParty | null {
    return this.#remoteParty;
  }

  /** Milliseconds since the epoch. */
  get answeredAt(): number | undefined {
    return this.#answeredAt;
  }

  get extension(): string | null {
    return this.#extension;
  }

  get screenShare(): CallObject | undefined {
    return this.#screenShare;
  }

  /** The assistant at the far end, if the page knows of such. */
  get ai(): CallAi | undefined {
    return this.#ai;
  }

  get isAssistant(): boolean {
    return this.#ai !== undefined || this.deps.settings.anonymous;
  }

  /** There is one for a call, whichever leg carries it. */
  assistant(make: (leg: Leg) => CallAi): CallAi {
    return (this.#ai ??= make(this));
  }

  /** Measures start and stop with those who listen. */
  watch(): void {
    this.#watches.look();
  }

  /** Tells the application of the state. */
  announce(): void {
    const { state, previousState } = this.life;
    this.notices.notify('callUpdate');
    this.notices.emit('state', state, previousState);
  }

  /** A call that the application placed. Never rejects. */
  async invite(): Promise<void> {
    if (this.direction === 'outbound' && this.life.phase === 'new' && !this.setup.busy) {
      await this.setup.place();
    }
  }

  /** The gateway offers a call. */
  ring(offer: string): void {
    this.#offer = offer;
    this.dialog.meet();
    this.announce();
    this.playRingtone();
    this.life.take('incoming');
  }

  /** Settles when the answer is on its way; never rejects. */
  async answer(given: AnswerParams | null | undefined): Promise<void> {
    const { life, notices, options, media } = this;
    const holder = this.#host.holder(this.id);
    if (life.over) {
      return;
    }
    if (holder && holder !== this) {
      notices.warn(33007, { activeCallId: holder.id });
      return;
    }
    if (life.phase !== 'ringing' || this.setup.busy || this.#peer) {
      notices.warn(33006);
      return;
    }
    const params: AnswerParams = typeof given === 'object' && given !== null ? given : {};
    const leftOut: string[] = [];
    const headers = readHeaders(params.customHeaders, (what) => leftOut.push(what));
    if (headers.length) {
      options.customHeaders = headers;
    }
    if (leftOut.length) {
      notices.warn(leftOutWarning(leftOut));
    }
    options.video = params.video ?? options.video;
    options.preferred_codecs = params.preferred_codecs ?? options.preferred_codecs;
    if (params.remoteElement) {
      options.remoteElement = params.remoteElement;
      media.output.setSource(params.remoteElement);
    }
    if (params.localElement) {
      options.localElement = params.localElement;
      media.preview.setSource(params.localElement);
    }
    this.#host.ringtone.stop(this);
    this.timings.mark('answer-called');
    await this.setup.reply(this.#offer);
  }

  /** The gateway offers a leg again that it kept (wire spec 13.3). */
  onAttach(offer: Attach): void {
    if (this.life.phase === 'ringing' && !this.setup.busy) {
      // Nobody has answered yet: only the offer is new.
      this.#offer = offer.sdp;
      this.dialog.learn(offer);
    } else {
      this.recovery.onAttach(offer);
    }
  }

  /** Takes up a leg that the gateway kept and this page did not know of. */
  takeUp(offer: Attach, answeredAt: number | undefined): void {
    this.#answeredAt = answeredAt;
    this.#begin(offer);
    void this.setup.attach(offer.sdp);
  }

  change(action: HoldChange): Promise<boolean> {
    return this.#holding.change(action);
  }

  /** See {@link Ending.hangup}. */
  hangup(params: IHangupParams | null | undefined, tells: boolean): Promise<void> {
    return this.#ending.hangup(params, tells);
  }

  /** It cannot be saved: it ends, once, on both sides. */
  lost(error?: unknown): void {
    if (this.life.over) {
      return;
    }
    this.notices.fail(48501, error);
    const cause = { cause: 'RECOVERY_ON_TIMER_EXPIRE', causeCode: 102 };
    void this.hangup({ ...cause, initiator: 'sdk:not_recovered' }, this.dialog.known);
  }

  /** The far end rings. */
  onRinging(): void {
    const { phase } = this.life;
    this.timings.mark('ringing');
    const early = phase === 'requesting' || phase === 'trying';
    if (this.direction !== 'outbound' || this.#rang || !early) {
      return;
    }
    this.#rang = true;
    if (!this.setup.hasAnswer) {
      this.playRingback();
    }
    this.notices.emit('ringing');
  }

  onRemoteHold(held: boolean): void {
    if (this.#remoteHeld === held) {
      return;
    }
    this.#remoteHeld = held;
    this.notices.emit('hold', { side: 'remote', held });
  }

  onRemoteAway(away: boolean): void {
    if (this.#remoteAway === away) {
      return;
    }
    this.#remoteAway = away;
    this.notices.emit('remoteAway', away);
  }

  /** Somebody else is at the far end. */
  meet(party: RemoteParty): void {
    this.#remoteParty = party;
    this.notices.emit('remoteParty', party);
  }

  /** A conference tells the number of this party. */
  extend(extension: string): void {
    this.#extension = extension;
  }

  /** See {@link Readiness.untilReady}. */
  untilReady(signal: AbortSignal): Promise<void> {
    return this.#host.untilReady(signal);
  }

  /** Places another call. */
  dial(options: PlainCallOptions): CallObject {
    return this.#host.newCall(options);
  }

  share(call: CallObject | undefined): void {
    this.#screenShare = call;
  }

  playRingtone(): void {
    if (!this.life.over) {
      this.#play(this.#host.ringtone, this.options.ringtoneFile);
    }
  }

  stopRingtone(): void {
    this.#host.ringtone.stop(this);
  }

  playRingback(): void {
    if (!this.life.over) {
      this.#play(this.#host.ringback, this.options.ringbackFile);
    }
  }

  stopRingback(): void {
    this.#host.ringback.stop(this);
  }

  /** Frees everything that runs. What the application may still read stays. */
  release(): void {
    this.stopRingtone();
    this.stopRingback();
    this.#watches.dispose();
    this.quality.dispose();
    this.recovery.dispose();
    this.media.dispose();
    this.scope.end();
  }

  #play(tone: Tone, file: string | undefined): void {
    tone.start(this, file, () => this.notices.warn(AUTOPLAY_REFUSED));
  }

  #entered(phase: Phase, before: Phase): void {
    if (!mayRing(phase)) {
      this.stopRingback();
    }
    if (phase !== 'ringing') {
      this.stopRingtone();
    }
    if (phase === 'active' || phase === 'held') {
      this.timings.mark('call-active');
      this.#answeredAt ??= this.deps.platform.now();
    }
    this.deps.logger.info(`Call ${this.id}: ${publicState(before)} → ${publicState(phase)}`);
    if (hasMedia(phase)) {
      this.quality.look(true);
      this.recovery.start();
      void this.media.output.setSink(this.options.speakerId);
    }
    this.announce();
    if (
      this.life.phase === phase &&
      (phase === 'held' || (before === 'held' && phase === 'active'))
    ) {
      this.notices.emit('hold', { side: 'local', held: phase === 'held' });
    }
  }

  /** Any failure of setting up: it is named, and the call ends. */
  #setupFailed(error: unknown): void {
    const { life, notices, dialog } = this;
    // Cancelled while it was set up, by either side: that is no failure.
    if (life.over) {
      return;
    }
    if (dialog.reinvites) {
      this.lost(error);
      return;
    }
    const failure = error instanceof MediaFailure ? error : null;
    const code = failure ? failure.code : error instanceof RequestError ? 40005 : 49001;
    notices.fail(
      code as SdkErrorCode,
      failure?.cause ?? error,
      {},
      this.direction === 'inbound' ? { recoverable: false } : {},
    );
    const why =
      life.phase === 'recovering'
        ? { cause: 'NORMAL_TEMPORARY_FAILURE', causeCode: 41 }
        : { cause: 'USER_BUSY', causeCode: 17 };
    void this.hangup({ ...why, initiator: 'sdk:setup' }, dialog.known);
  }

  /** Only relay candidates are allowed and TURN gave none. A call whose media is connected goes on with what it has. */
  #onNoRelay(): void {
    // Not the call's phase: an answer may have come before gathering ended, and would hide that no media ever will.
    if (this.life.over || this.media.pc?.connectionState === 'connected') {
      return;
    }
    this.notices.fail(
      40005,
      new Error('forceRelayCandidate is set, but no TURN server gave a relay candidate'),
      { message: 'No relay candidate: check the TURN servers' },
    );
    void this.hangup({ initiator: 'sdk:setup' }, this.dialog.known);
  }

  /** Fallback 2: another leg takes the call over under its id and answers the gateway's offer. */
  #rebuild(offer: Attach): void {
    const leg = this.#succeed({}, { attach: true, held: offer.offhook?.held ?? wasHeld(this) });
    if (!leg) {
      return;
    }
    leg.#begin(offer);
    this.notices.emit('recovered', leg.call);
    void leg.setup.attach(offer.sdp);
  }

  /**
   * Fallback 1: the leg is given up with a BYE that names its successor, and a new leg with a new id takes its place by an
   * INVITE, while the far side stays connected.
   */
  #replace(): void {
    const id = this.deps.platform.uuid();
    const bye = {
      sipCode: null,
      sip_call_id: null,
      cause: 'NORMAL_CLEARING',
      causeCode: 16,
      offhook: { replacedBy: id },
    };
    const leg = this.#succeed({ id }, { held: wasHeld(this), reinvites: true });
    if (!leg) {
      return;
    }
    // What happens to it changes nothing: an invite that names a leg takes its place all the same.
    this.dialog
      .request('bye', bye, { timeoutMs: BYE_TIMEOUT_MS })
      .catch((error: unknown) => this.notices.log('The replaced leg', error));
    leg.#begin(null);
    this.notices.emit('recovered', leg.call);
    this.#host.remove(this);
    leg.scope.timer().start(REPLACE_LIMIT_MS, () => {
      if (leg.life.phase === 'recovering') {
        leg.lost();
      }
    });
    leg.setup.replace().catch((error: unknown) => leg.lost(error));
  }

  /** A new leg with everything that was set on this one, which says no more. Null when this one is over. */
  #succeed(changed: { readonly id?: string }, origin: Origin): Leg | null {
    const host = this.#host;
    const { remoteStream: _, ...kept } = this.options;
    const options = host.optionsOf({ ...kept, ...changed });
    // A VPN path that is stuck would be chosen again (wire spec 11.5).
    const servers = this.media.pc?.getConfiguration().iceServers ?? [];
    options.forceRelayCandidate ||= this.quality.stalled && hasTurn(servers);
    if (!this.life.take('replace')) {
      return null;
    }
    return host.add(options, this.direction, { ...origin, recovers: this.id }, this);
  }

  /** A hold that was asked for while this leg was replaced: the gateway knows the new one once it is answered. */
  async #holdSuccessor(action: HoldChange): Promise<boolean> {
    await until(this.notices.shared, () => (isSettled(this.live.life) ? true : undefined), null);
    return this.live.change(action);
  }

  /** Goes on with what the leg before had, and was. */
  #inherit(before: Leg): void {
    before.media.handOver(this.media);
    before.release();
    this.#remoteHeld = before.#remoteHeld;
    this.#remoteAway = before.#remoteAway;
    this.#remoteParty = before.#remoteParty;
    this.#answeredAt = before.#answeredAt;
    this.#extension = before.#extension;
    this.#screenShare = before.#screenShare;
    this.#ai = before.#ai;
    before.#successor = this;
    this.#ai?.follow(this);
    this.watch();
  }

  /** It is known to the gateway, and recovers. */
  #begin(offer: Attach | null): void {
    if (offer) {
      this.dialog.learn(offer);
      // The gateway knows for how long the call has been talked on.
      const { talkedMs } = offer.offhook ?? {};
      if (talkedMs !== undefined) {
        this.#answeredAt = this.deps.platform.now() - talkedMs;
      }
    }
    this.dialog.meet();
    this.life.take('attach');
    this.#host.warnOfOthers(this);
  }
}

const MAY_RING: readonly Phase[] = ['new', 'requesting', 'trying', 'recovering', 'replaced'];

/** It talks, is on hold, or is over. */
const isSettled = ({ phase, over }: CallLife): boolean =>
  phase === 'active' || phase === 'held' || over;

/** The far end has not answered, and is not heard: a tone of our own may stand for it. */
const mayRing = (phase: Phase): boolean => MAY_RING.includes(phase);
