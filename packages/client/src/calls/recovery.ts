import { createWarning } from '../errors/catalogue.ts';
import { createError } from '../errors/telnyx-error.ts';
import { Timer } from '../timer.ts';
import { hasMedia } from './call-state.ts';
import type { CallCore } from './core.ts';
import type { RestartIceResult } from './deps.ts';
import { exchangeIce } from './ice-restart.ts';
import { PathWatch } from './path-watch.ts';
import { RequestError } from './ports.ts';
import {
  asks,
  keepsPeer,
  nextRecovery,
  type RecoveryEvent,
  type RecoveryState,
} from './recovery-state.ts';
import { canReuse, reuse } from './reuse.ts';
import { lost, rebuild, replace, wasHeld, type Attach } from './succession.ts';

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

/** Keeps one call: drives the table of `recovery-state.ts`. Owns one timer, and the path watch with its own. */
export class Recovery {
  readonly #core: CallCore;
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
  /** For `client.simulate()`: restarts are not sent, so none helps. */
  hopeless = false;

  constructor(core: CallCore) {
    this.#core = core;
    this.#timer = new Timer(core.deps.platform);
    this.#path = new PathWatch(core, {
      pathLost: () => this.#feed('pathLost'),
      flowing: () => {
        if (core.peer?.instance?.connectionState === 'connected' && !this.hopeless) {
          this.#feed('flowing');
        }
      },
      beat: (doubt) => {
        core.monitor.quality.look(doubt);
        this.check();
        core.media.output.follow();
        core.media.preview.follow();
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

  /** The call has media from now on. */
  start(): void {
    this.#core.monitor.quality.look(true);
    this.#path.start();
    // It may have failed before there was a call to be kept.
    if (this.#core.peer?.instance?.connectionState === 'failed') this.#feed('failed');
  }

  dispose(): void {
    this.#feed('done');
  }

  onConnectionState(state: RTCPeerConnectionState): void {
    const core = this.#core;
    if (state === 'connected') {
      core.mark('dtls-connected');
      core.fallbacks = 0;
      this.#feed('connected');
    } else if (state === 'disconnected') {
      core.warn(33001);
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
    const core = this.#core;
    const { peer } = core.media;
    if (core.isOver || peer?.pc.signalingState !== 'closed') return;
    if (!core.signalingClosed) {
      const { sessionId } = core.deps.signaling;
      core.signalingClosed = true;
      core.deps.emit('telnyx.rtc.peerConnectionSignalingStateClosed', {
        sessionId,
        callId: core.id,
      });
      core.notify('signalingStateClosed', { sessionId } as object);
    }
    this.#feed('closed');
  }

  /** Requests can be sent again, on this socket or on a new one. */
  onReachable(): void {
    this.check();
    this.#feed('reachable');
    // What waits for the gateway goes on.
    if (this.#state === 'replacing') this.#replace();
    else if (this.#state === 'rebuilding') this.#rebuild();
    else this.#restartIfDue();
  }

  /** The gateway offers the call anew: it knows of no peer that could carry it. */
  onAttach(offer: Attach): void {
    const core = this.#core;
    this.check();
    this.#offer = offer;
    if (this.peerLives && this.#state !== 'failing' && canReuse(core, offer)) {
      reuse(core, offer).catch((error: unknown) => {
        if (core.isOver) return;
        core.log('The peer could not be used again', error);
        this.#feed('attach');
      });
    } else this.#feed('attach');
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
    const core = this.#core;
    const { peer, deps } = core;
    const no = (why: string): RestartIceResult => ({ started: false, reason: why });
    if (core.isOver || !peer?.instance) return no('no_peer');
    if (!hasMedia(core.phase)) return no('not_active');
    if (peer.isIceRestarting) return no('already_restarting');
    if (!deps.signaling.ready) return no('signaling_down');
    const now = deps.platform.now();
    this.#restarts = now - this.#restartedAt < REPEATED_MS ? this.#restarts + 1 : 1;
    this.#restartedAt = now;
    peer.isIceRestarting = true;
    core.warn(36004, { reason });
    const exchange = this.hopeless ? Promise.resolve() : exchangeIce(core, this.#restarts > 2);
    void exchange
      .catch((error: unknown) => {
        if (!core.isOver) this.#onVain(error, reason);
      })
      .finally(() => {
        peer.isIceRestarting = false;
      });
    return { started: true };
  }

  #onVain(error: unknown, reason: string): void {
    const { code } = error as { readonly code?: unknown };
    if (error instanceof RequestError && (code === 'connection_lost' || code === 'not_ready')) {
      // The gateway went, and has to be asked again.
      if (this.#state === 'restarting' || this.#state === 'failing') this.#due = reason;
      return;
    }
    this.#core.fail(47001, error);
    this.#feed('refused');
  }

  #tellFailed(): void {
    const core = this.#core;
    const { sessionId } = core.deps.signaling;
    const error = createError(47001, undefined, { message: 'The media connection failed' });
    core.warn(33004);
    core.deps.emit('telnyx.rtc.peerConnectionFailureError', {
      warning: createWarning(33004),
      error,
      sessionId,
      callId: core.id,
    });
    core.notify('peerConnectionFailureError', { error });
    if (core.peer) core.peer.restartedIceOnConnectionStateFailed = true;
  }

  #feed(event: RecoveryEvent): void {
    const core = this.#core;
    const next = nextRecovery(this.#state, event);
    if (!next) return;
    // Before there is media there is nothing to keep: what cannot be set up fails by itself.
    const kept = hasMedia(core.phase) || core.phase === 'recovering';
    if (!kept && event !== 'done' && event !== 'attach') return;
    core.log(`recovery: ${this.#state} ${event} → ${next}`);
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
        if (event === 'pathLost') core.deps.signaling.renew();
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
    const { signaling } = this.#core.deps;
    const reason = this.#due;
    if (reason === null || !signaling.ready || signaling.unansweredMs >= UNANSWERED_MS) return;
    const result = this.restart(reason);
    if (!result.started) {
      this.#core.log(`No ICE restart: ${result.reason ?? ''}`);
      // Of the restart that runs the same is expected. Else it stays due.
      if (result.reason !== 'already_restarting') return;
    }
    this.#due = null;
    this.#timer.start(RESTART_MS, () => this.#feed('expired'));
  }

  /** False when it is the application's to say so. */
  #may(): boolean {
    if (this.#core.deps.settings.autoRecoverCalls || this.#wanted) return true;
    this.#feed('held');
    return false;
  }

  #replace(): void {
    const core = this.#core;
    const { signaling } = core.deps;
    if (!this.#may() || !signaling.ready) return;
    if (this.#isVain()) lost(core);
    else if (!signaling.features.replace) this.#feed('irreplaceable');
    else replace(core);
  }

  #rebuild(): void {
    const core = this.#core;
    const { signaling } = core.deps;
    if (!this.#may()) return;
    if (this.#offer) {
      if (this.#isVain()) lost(core);
      else rebuild(core, this.#offer);
      return;
    }
    if (!signaling.ready) return;
    if (!this.#asked) {
      this.#asked = true;
      signaling.renew();
    }
    this.#timer.start(OFFER_MS, () => lost(core));
  }

  /** Nobody answered yet, or it was tried too often. */
  #isVain(): boolean {
    const { phase, fallbacks } = this.#core;
    return phase === 'early' || fallbacks >= MAX_FALLBACKS;
  }

  #ask(): void {
    const core = this.#core;
    core.options.wasHeldBeforeRecovery = wasHeld(core) || undefined;
    core.transition('recover');
    this.#timer.start(ASK_MS, () => lost(core));
  }
}
