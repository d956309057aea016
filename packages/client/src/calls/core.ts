import { CALL_STATES, type CallState, type ClientMethod } from '@offhook/protocol';
import type { CallAi } from '../assistant/call-ai.ts';
import { Emitter } from '../emitter.ts';
import { createWarning, type ITelnyxWarning } from '../errors/catalogue.ts';
import type { SdkErrorCode, SdkWarningCode } from '../errors/codes.ts';
import { createError, type TelnyxError } from '../errors/telnyx-error.ts';
import type { INotification } from '../events.ts';
import type { ICallOptions } from '../options.ts';
import type { Peer } from '../media/peer.ts';
import { MediaSession, type MediaWarning } from '../media/session.ts';
import type { Tone } from '../media/tones.ts';
import { Timer } from '../timer.ts';
import type { Call } from './call.ts';
import type { CallEnd, CallEvents } from './call-events.ts';
import type { CallPeer } from './call-peer.ts';
import {
  hasMedia,
  isOver,
  nextPhase,
  publicState,
  type CallTransition,
  type Phase,
} from './call-state.ts';
import type { LocalCandidates } from './candidates.ts';
import type { CallDeps } from './deps.ts';
import type { CallOptions } from './dialog.ts';
import { CallMonitor } from './monitor.ts';
import { recoverPermission } from './permission.ts';

/** What a call needs of the registry that holds it. */
export interface CallHost {
  readonly deps: CallDeps;
  readonly ringtone: Tone;
  readonly ringback: Tone;
  /** Settles when requests can be sent: a call placed before that waits. Rejects with the signal's reason, or after 30 s. */
  untilReady(signal: AbortSignal): Promise<void>;
  /** Settles when the gateway has said which calls it kept. Rejects with the signal's reason. */
  untilListed(signal: AbortSignal): Promise<void>;
  dial(options: ICallOptions): Call;
  /** The call is `destroy`: it leaves the registry. */
  remove(core: CallCore): void;
  /** A state's number (wire spec 10). */
  orderOf(phase: Phase): number;
  /** The object that answers for this call id now. */
  holder(callId: string): CallCore | undefined;
  cores(): CallCore[];
  /** What the page before this one left of its calls. */
  restored: readonly unknown[];
  optionsOf(given: ICallOptions): CallOptions;
  add(options: CallOptions, direction: Direction): CallCore;
  /** True for a call that has ended here: the gateway, which offers it, is told. */
  refuses(callId: string): boolean;
  /** Warns when another call talks. */
  warnOfOthers(core: CallCore): void;
}

export type Direction = 'inbound' | 'outbound';

/** A waiter of `whenRinging()` and its like. */
export interface Waiter {
  check(): void;
}

/**
 * What the parts of one call share: its state machine, options, media and scope. `Call` is the surface over it; setting up,
 * holding, ending and the rest are functions in files of their own that take it.
 */
export class CallCore {
  readonly host: CallHost;
  readonly deps: CallDeps;
  readonly options: CallOptions;
  readonly direction: Direction;
  readonly events: Emitter<CallEvents>;
  readonly media: MediaSession;
  /** Made with the peer connection. */
  candidates!: LocalCandidates;
  /** Aborted when the call is over: everything asynchronous of the call hangs on it. */
  readonly over = new AbortController();
  readonly waiters = new Set<Waiter>();
  readonly marks = new Map<string, number>();
  /** Freed when the call is over. */
  readonly disposers = new Set<() => void>();

  phase: Phase = 'new';
  peer: CallPeer | undefined;
  nodeId: string | undefined;
  /** The far end of an outbound call rings. */
  ringing = false;
  remoteHeld = false;
  remoteAway = false;
  creatingPeer = false;
  signalingClosed = false;
  /** The gateway was told of this call, or told us: it has to hear of its end. */
  known = false;
  /** Signalling was lost while the gateway knew of the call: its next list of sessions judges it. */
  suspect = false;
  /** Remote candidates that came before there was a peer. */
  earlyCandidates: RTCIceCandidateInit[] = [];
  /** The gateway's answer is being applied, or is. */
  remoteAnswer: 'none' | 'applying' | 'applied' = 'none';
  /** The gateway's `answer` has come. */
  answeredByGateway = false;
  /** A fatal error was told: what fails after it is its consequence. */
  failed = false;
  /** What watches path and quality. */
  readonly monitor: CallMonitor;
  /** Hold requests go one after another. */
  holding: Promise<unknown> = Promise.resolve();
  ending: Promise<void> | null = null;
  end: CallEnd | null = null;
  /** It takes the place of another leg by an INVITE of its own. */
  reinviting = false;
  /** Recoveries in a row that did not lead to a connection. */
  fallbacks = 0;
  /** The object that a recovery put in this one's place. */
  successor: CallCore | null = null;
  /** The assistant at the far end, see `call.ai`; a successor takes it over. */
  ai: CallAi | undefined;
  call!: Call;

  constructor(host: CallHost, options: CallOptions, direction: Direction) {
    const { deps } = host;
    this.host = host;
    this.deps = deps;
    this.options = options;
    this.direction = direction;
    this.events = new Emitter((error) => deps.logger.error('A call listener failed', error));
    this.media = new MediaSession(deps.platform, options, {
      candidate: (candidate) => this.#onLocalCandidate(candidate),
      connectionState: (state) => this.monitor.recovery.onConnectionState(state),
      iceConnectionState: (state) => {
        if (state === 'connected') {
          this.mark('ice-connected');
        }
      },
      signalingClosed: () => this.monitor.recovery.check(),
      warning: (warning) => this.#onMediaWarning(warning),
      noRelay: () => this.monitor.onNoRelay(),
      recapture: async (failure, retry) => {
        const { mediaPermissionsRecovery: recovery } = deps.settings;
        if (direction === 'outbound' || !recovery?.enabled) {
          throw failure;
        }
        return recoverPermission(this, failure, retry, recovery);
      },
      mark: (step) => this.mark(step),
      log: (message, error) => this.log(message, error),
    });
    this.monitor = new CallMonitor(this);
    this.mark('new-call-start');
  }

  get id(): string {
    return this.options.id;
  }

  get isOver(): boolean {
    return isOver(this.phase);
  }

  /** Candidates go out as they come: as the application wishes, else where the gateway announced that it can. */
  get trickle(): boolean {
    return this.options.trickleIce ?? this.deps.signaling.features.trickle;
  }

  /** False when the event does not fit: then nothing happened. */
  transition(event: CallTransition): boolean {
    const next = nextPhase(this.phase, event);
    if (!next) {
      this.deps.logger.debug(`Call ${this.id}: '${event}' does not fit '${this.phase}'`);
      return false;
    }
    const held = this.phase === 'held';
    this.phase = next;
    const { call } = this;
    call.prevState = call.state;
    call.state = publicState(next);
    this.deps.logger.info(`Call ${this.id}: ${call.prevState} → ${call.state}`);
    this.#entered(next, held);
    return true;
  }

  /** Tells the application of the state: `callUpdate`, `state`, and whoever waits for it. */
  announce(): void {
    const { call } = this;
    this.notify('callUpdate');
    this.events.emit('state', call.state as CallState, call.prevState as CallState);
    this.wake();
  }

  wake(): void {
    for (const waiter of [...this.waiters]) {
      waiter.check();
    }
  }

  /** Reaches the call's own listener if it has one, else the client's. */
  notify(type: string, fields: Partial<INotification> = {}): void {
    const { onNotification, screenShare } = this.options;
    if (screenShare) {
      return;
    }
    const notification = { type, call: this.call, ...fields };
    if (!onNotification) {
      this.deps.emit('telnyx.notification', notification);
      return;
    }
    try {
      (onNotification as (it: INotification) => void).call(this.call, notification);
    } catch (error) {
      this.deps.logger.error('onNotification failed', error);
    }
  }

  warn(warning: SdkWarningCode | ITelnyxWarning, extras: Record<string, unknown> = {}): void {
    const full = typeof warning === 'number' ? createWarning(warning) : warning;
    this.deps.warn(full, { callId: this.id, ...extras });
    this.events.emit('warning', full, extras);
  }

  fail(
    code: SdkErrorCode,
    cause?: unknown,
    overrides?: { message?: string; fatal?: boolean },
    extras: Record<string, unknown> = {},
  ): TelnyxError {
    const error = createError(code, cause, overrides);
    this.failed ||= error.fatal;
    this.deps.error(error, { callId: this.id, ...extras });
    this.events.emit('error', error);
    return error;
  }

  log(message: string, error?: unknown): void {
    this.deps.logger.debug(`Call ${this.id}: ${message}`, error);
  }

  /** The first time that a step of setting up was reached. */
  mark(step: string): void {
    if (!this.marks.has(step)) {
      this.marks.set(step, this.deps.platform.now());
    }
  }

  /** The params that every call-scoped request shares. */
  scope(): { sessid: string } {
    return { sessid: this.deps.signaling.sessionId };
  }

  /** A request whose failure changes nothing of the call: it is reported and nothing more. */
  report(method: ClientMethod, sending: Promise<unknown>): void {
    sending.catch((error: unknown) =>
      this.fail(49001, error, { message: `${method} was not delivered`, fatal: false }),
    );
  }

  /** A timer that ends with the call. */
  timer(): Timer {
    const timer = new Timer(this.deps.platform);
    this.disposers.add(() => timer.stop());
    return timer;
  }

  /** The peer connection is there: candidates that came before it are handed over. */
  usePeer(peer: Peer, shown: CallPeer): void {
    this.peer = shown;
    this.events.emit('peer', peer.pc);
    for (const candidate of this.earlyCandidates) {
      peer.addCandidate(candidate);
    }
    this.earlyCandidates = [];
  }

  /** Frees everything that runs. What the application may still read stays. */
  release(): void {
    this.over.abort();
    this.stopTones();
    this.monitor.dispose();
    this.media.dispose();
    for (const dispose of this.disposers) {
      dispose();
    }
    this.disposers.clear();
    this.earlyCandidates = [];
  }

  playRingtone(): void {
    if (this.isOver) return;
    this.host.ringtone.start(this, this.options.ringtoneFile, () => this.warn(AUTOPLAY_REFUSED));
  }

  playRingback(): void {
    if (this.isOver) return;
    this.host.ringback.start(this, this.options.ringbackFile, () => this.warn(AUTOPLAY_REFUSED));
  }

  stopTones(): void {
    this.host.ringtone.stop(this);
    this.host.ringback.stop(this);
  }

  #entered(phase: Phase, wasHeld: boolean): void {
    if (phase === 'early' || CALL_STATES.active <= CALL_STATES[this.call.state as CallState]) {
      this.host.ringback.stop(this);
    }
    if (phase !== 'ringing') {
      this.host.ringtone.stop(this);
    }
    if (phase === 'active' || phase === 'held') {
      this.mark('call-active');
      this.call.answeredAt ??= this.deps.platform.now();
    }
    if (hasMedia(phase)) {
      this.monitor.recovery.start();
      void this.media.output.setSink(this.options.speakerId);
    }
    this.announce();
    if (this.phase === phase && (phase === 'held' || (wasHeld && phase === 'active'))) {
      this.events.emit('hold', { side: 'local', held: phase === 'held' });
    }
  }

  #onLocalCandidate(candidate: RTCIceCandidate | null): void {
    this.candidates.add(candidate);
  }

  #onMediaWarning(warning: MediaWarning): void {
    this.warn(warning === 'autoplay' ? AUTOPLAY_REFUSED : warning);
  }
}

/** Has no counterpart in the reference, so it is not in its catalogue. */
const AUTOPLAY_REFUSED: ITelnyxWarning = {
  code: 37001,
  name: 'PLAYBACK_NEEDS_GESTURE',
  message: 'Click to hear the call',
  description: 'The browser refused to play sound: the page was not touched yet',
  causes: ['Autoplay policy'],
  solutions: ['None needed; sound starts at the next click or key'],
};
