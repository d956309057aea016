import { createWarning } from '../errors/catalogue.ts';
import { createError } from '../errors/telnyx-error.ts';
import { Timer } from '../timer.ts';
import type { GatewayParams } from '@offhook/protocol';
import { hasMedia } from './call-state.ts';
import type { RestartIceResult } from './deps.ts';
import type { CallParts } from './parts.ts';
import { PathWatch, type Received } from './path-watch.ts';
import { RequestError } from './ports.ts';
import {
  asks,
  keepsPeer,
  nextRecovery,
  type RecoveryEvent,
  type RecoveryState,
} from './recovery-state.ts';

/** A path that is lost for less comes back by itself. */
const GRACE_MS = 2_000;
/** After a refused restart. */
const REFUSED_MS = 5_000;
/** A restart that has not helped by now is taken for vain. */
const RESTART_MS = 5_000;
/** A gateway that can be reached offers the call anew within this. */
const OFFER_MS = 10_000;
/** As long as the gateway keeps the leg for an application that decides by itself. */
const ASK_MS = 90_000;
/** Objects that followed one another without one of them getting through. */
const MAX_FALLBACKS = 3;
/** A path that stalls again this soon is no good: the next one leads over TURN only. */
const REPEATED_MS = 30_000;
/** A ping on its way is no reason to wait. */
const UNANSWERED_MS = 500;

export type Attach = GatewayParams['attach'];

/** What recovering does to the leg. */
export interface RecoveryHooks {
  /** Twice a second while there is media. `doubt`: no audio came since the last time. */
  beat(doubt: boolean): void;
  /** Restarts ICE on the same peer; `relay`: by TURN only. Rejects when it came to nothing. */
  restartIce(relay: boolean): Promise<void>;
  /** Answers the gateway's offer with the same peer. Null when it is not for that peer. Rejects when it cannot be done. */
  reuse(offer: Attach): Promise<void> | null;
  /** Another leg takes this one's place, by an INVITE of its own. */
  replace(): void;
  /** Another leg takes this one's place, by answering the gateway's offer. */
  rebuild(offer: Attach): void;
  /** It cannot be saved. */
  lost(): void;
}

/** Keeps one call: drives the table of `recovery-state.ts`. Owns one timer, and the path watch with its own. */
export class Recovery {
  readonly #parts: CallParts;
  readonly #hooks: RecoveryHooks;
  readonly #timer: Timer;
  readonly #path: PathWatch;
  #state: RecoveryState = 'steady';
  /** Why an ICE restart is due; it waits for a gateway that can be reached. */
  #due: string | null = null;
  /** In a row, each soon after the one before. */
  #restarts = 0;
  #restartedAt = -Infinity;
  /** The gateway's newest offer that nobody answered. */
  #offer: Attach | null = null;
  /** The gateway was asked for an offer. */
  #asked = false;
  /** The application wanted it. */
  #wanted = false;
  /** Restarts are not sent, so none helps. */
  #hopeless = false;
  #restarting = false;
  #restartedOnFailure = false;
  #toldClosed = false;
  /** Legs that followed one another without one of them getting through. */
  #fallbacks: number;

  constructor(parts: CallParts, fallbacks: number, hooks: RecoveryHooks) {
    this.#parts = parts;
    this.#fallbacks = fallbacks;
    this.#hooks = hooks;
    this.#timer = new Timer(parts.deps.platform);
    this.#path = new PathWatch(parts, {
      pathLost: () => this.#feed('pathLost'),
      flowing: () => {
        if (parts.media.pc?.connectionState === 'connected' && !this.#hopeless) {
          this.#feed('flowing');
        }
      },
      beat: (doubt) => {
        hooks.beat(doubt);
        this.check();
        this.#restartIfDue();
      },
    });
  }

  get state(): RecoveryState {
    return this.#state;
  }

  /** What the gateway is told of the peer when the client signs in again. */
  get peerLives(): boolean {
    return keepsPeer(this.#state);
  }

  get restarting(): boolean {
    return this.#restarting;
  }

  /** The connection failed, and ICE was restarted for it. */
  get restartedOnFailure(): boolean {
    return this.#restartedOnFailure;
  }

  /** The peer was closed without our doing. */
  get foundClosed(): boolean {
    return this.#toldClosed;
  }

  /** Of the leg that takes this one's place. */
  get nextFallbacks(): number {
    return this.#fallbacks + 1;
  }

  /** For `client.simulate()`: no restart helps from now on. */
  giveUpRestarts(): void {
    this.#hopeless = true;
  }

  /** Another restart may begin. */
  finishRestart(): void {
    this.#restarting = false;
  }

  /** The call has media from now on. */
  start(): void {
    this.#path.start();
    // It may have failed before there was a call to be kept.
    if (this.#parts.media.pc?.connectionState === 'failed') {
      this.#feed('failed');
    }
  }

  dispose(): void {
    this.#feed('done');
  }

  /** A sample of the statistics, which says as much as a look at the path. */
  onSample(received: Received | null): void {
    this.#path.onSample(received);
  }

  onConnectionState(state: RTCPeerConnectionState): void {
    const { timings, notices } = this.#parts;
    if (state === 'connected') {
      timings.mark('dtls-connected');
      this.#fallbacks = 0;
      this.#feed('connected');
    } else if (state === 'disconnected') {
      notices.warn(33001);
      this.#feed('disconnected');
    } else if (state === 'failed') {
      this.#tellFailed();
      this.#feed('failed');
    }
  }

  /**
   * Browsers say nothing when a peer connection is closed under us, as after sleep: so its state is looked at on waking, when the
   * page is shown, at an attach, and at each beat.
   */
  check(): void {
    const { id, life, media, deps, notices } = this.#parts;
    if (life.over || !media.isClosedUnder) {
      return;
    }
    if (!this.#toldClosed) {
      const { sessionId } = deps.signaling;
      this.#toldClosed = true;
      deps.emit('telnyx.rtc.peerConnectionSignalingStateClosed', { sessionId, callId: id });
      notices.notify('signalingStateClosed', { sessionId });
    }
    this.#feed('closed');
  }

  /** Requests can be sent again, on this socket or on a new one. */
  onReachable(): void {
    this.check();
    this.#feed('reachable');
    // What waits for the gateway goes on.
    if (this.#state === 'replacing') {
      this.#replace();
    } else if (this.#state === 'rebuilding') {
      this.#rebuild();
    } else {
      this.#restartIfDue();
    }
  }

  /** The gateway offers the call anew: it knows of no peer that could carry it. */
  onAttach(offer: Attach): void {
    const { life, notices } = this.#parts;
    this.check();
    this.#offer = offer;
    const reuse = this.peerLives && this.#state !== 'failing' ? this.#hooks.reuse(offer) : null;
    if (!reuse) {
      this.#feed('attach');
      return;
    }
    reuse.catch((error: unknown) => {
      if (life.over) {
        return;
      }
      notices.log('The peer could not be used again', error);
      this.#feed('attach');
    });
  }

  /** `call.recover()`: false when nothing waits for it. */
  recover(): boolean {
    const waited = asks(this.#state);
    this.#wanted ||= waited;
    this.#feed('recover');
    return waited;
  }

  /** Starts an ICE restart. */
  restart(reason: string): RestartIceResult {
    const { life, media, deps, notices } = this.#parts;
    const no = (why: string): RestartIceResult => ({ started: false, reason: why });
    if (life.over || !media.pc) {
      return no('no_peer');
    }
    if (!hasMedia(life.phase)) {
      return no('not_active');
    }
    if (this.#restarting) {
      return no('already_restarting');
    }
    if (!deps.signaling.ready) {
      return no('signaling_down');
    }
    const now = deps.platform.elapsed();
    this.#restarts = now - this.#restartedAt < REPEATED_MS ? this.#restarts + 1 : 1;
    this.#restartedAt = now;
    this.#restarting = true;
    notices.warn(36004, { reason });
    const exchange = this.#hopeless
      ? Promise.resolve()
      : this.#hooks.restartIce(this.#restarts > 2);
    void exchange
      .catch((error: unknown) => {
        if (!life.over) {
          this.#onVain(error, reason);
        }
      })
      .finally(() => this.finishRestart());
    return { started: true };
  }

  #onVain(error: unknown, reason: string): void {
    const { code } = error as { readonly code?: unknown };
    if (error instanceof RequestError && (code === 'connection_lost' || code === 'not_ready')) {
      // The gateway went, and has to be asked again.
      if (this.#state === 'restarting' || this.#state === 'failing') {
        this.#due = reason;
      }
      return;
    }
    this.#parts.notices.fail(47001, error);
    this.#feed('refused');
  }

  #tellFailed(): void {
    const { id, deps, notices } = this.#parts;
    const { sessionId } = deps.signaling;
    const error = createError(47001, undefined, { message: 'The media connection failed' });
    notices.warn(33004);
    deps.emit('telnyx.rtc.peerConnectionFailureError', {
      warning: createWarning(33004),
      error,
      sessionId,
      callId: id,
    });
    notices.notify('peerConnectionFailureError', { error });
    this.#restartedOnFailure = true;
  }

  #feed(event: RecoveryEvent): void {
    const { life, notices, deps } = this.#parts;
    const next = nextRecovery(this.#state, event);
    if (!next) {
      return;
    }
    // Before there is media there is nothing to keep: what cannot be set up fails by itself.
    const kept = hasMedia(life.phase) || life.phase === 'recovering';
    if (!kept && event !== 'done' && event !== 'attach') {
      return;
    }
    notices.log(`recovery: ${this.#state} ${event} → ${next}`);
    this.#state = next;
    this.#timer.stop();
    this.#due = null;
    switch (next) {
      case 'steady':
        break;
      case 'shaky':
        this.#timer.start(event === 'refused' ? REFUSED_MS : GRACE_MS, () => this.#feed('grace'));
        break;
      case 'restarting':
        this.#due = event === 'pathLost' ? 'path_changed' : 'disconnected';
        if (event === 'pathLost') {
          deps.signaling.renew();
        }
        this.#restartIfDue();
        break;
      case 'failing':
        this.#due = 'connection_failed';
        this.#restartIfDue();
        break;
      case 'replacing':
        this.#replace();
        break;
      case 'rebuilding':
        this.#rebuild();
        break;
      case 'askReplace':
      case 'askRebuild':
        this.#ask();
        break;
      case 'done':
        this.#path.stop();
        break;
    }
  }

  #restartIfDue(): void {
    const { signaling } = this.#parts.deps;
    const reason = this.#due;
    if (reason === null || !signaling.ready || signaling.unansweredMs >= UNANSWERED_MS) {
      return;
    }
    const result = this.restart(reason);
    if (!result.started) {
      this.#parts.notices.log(`No ICE restart: ${result.reason ?? ''}`);
      // Of the restart that runs the same is expected. Else it stays due.
      if (result.reason !== 'already_restarting') {
        return;
      }
    }
    this.#due = null;
    this.#timer.start(RESTART_MS, () => this.#feed('expired'));
  }

  /** False when it is the application's to say so. */
  #may(): boolean {
    if (this.#parts.deps.settings.autoRecoverCalls || this.#wanted) {
      return true;
    }
    this.#feed('held');
    return false;
  }

  #replace(): void {
    const { signaling } = this.#parts.deps;
    if (!this.#may() || !signaling.ready) {
      return;
    }
    if (this.#isVain()) {
      this.#hooks.lost();
    } else if (!signaling.features.replace) {
      this.#feed('irreplaceable');
    } else {
      this.#hooks.replace();
    }
  }

  #rebuild(): void {
    const { signaling } = this.#parts.deps;
    // A call that is handed over has lost nothing: the application has nothing to decide.
    if (this.#offer?.offhook?.handover !== true && !this.#may()) {
      return;
    }
    if (this.#offer) {
      if (this.#isVain()) {
        this.#hooks.lost();
      } else {
        this.#hooks.rebuild(this.#offer);
      }
      return;
    }
    if (!signaling.ready) {
      return;
    }
    if (!this.#asked) {
      this.#asked = true;
      signaling.renew();
    }
    this.#timer.start(OFFER_MS, () => this.#hooks.lost());
  }

  /** Nobody answered yet, or it was tried too often. */
  #isVain(): boolean {
    return this.#parts.life.phase === 'early' || this.#fallbacks >= MAX_FALLBACKS;
  }

  #ask(): void {
    const { life, dialog } = this.#parts;
    dialog.keepHold(wasHeld(this.#parts));
    life.take('recover');
    this.#timer.start(ASK_MS, () => this.#hooks.lost());
  }
}

/** Held when it was lost: the leg itself, or one that did not get to restore it. */
export const wasHeld = ({ life, dialog }: CallParts): boolean =>
  life.phase === 'held' || (life.phase === 'recovering' && dialog.held);
