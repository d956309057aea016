import { createWarning } from '../errors/catalogue.ts';
import { createError } from '../errors/telnyx-error.ts';
import { Timer } from '../timer.ts';
import { hasMedia } from './call-state.ts';
import type { CallCore } from './core.ts';
import { hangup } from './ending.ts';
import type { RestartIceResult } from './deps.ts';
import { exchangeIce } from './ice-restart.ts';

/** A path that is lost for less comes back by itself. */
const DISCONNECTED_MS = 2_000;

/** Watches the peer of one call and restarts ICE when its path is lost. */
export class PeerWatch {
  readonly #core: CallCore;
  readonly #timer: Timer;
  /** A restart is due as soon as the gateway can be reached. */
  #due = false;

  constructor(core: CallCore) {
    this.#core = core;
    this.#timer = new Timer(core.deps.platform);
  }

  dispose(): void {
    this.#timer.stop();
  }

  onConnectionState(state: RTCPeerConnectionState): void {
    const core = this.#core;
    this.#timer.stop();
    if (state === 'connected') {
      this.#due = false;
      core.mark('dtls-connected');
    } else if (state === 'disconnected') {
      core.warn(33001);
      this.#timer.start(DISCONNECTED_MS, () => this.#restartWhenReady('disconnected'));
    } else if (state === 'failed') {
      this.#onFailed();
    }
  }

  /** The signalling state went to `closed` without our doing. */
  onSignalingClosed(): void {
    const core = this.#core;
    const { sessionId } = core.deps.signaling;
    core.signalingClosed = true;
    core.deps.emit('telnyx.rtc.peerConnectionSignalingStateClosed', { sessionId, callId: core.id });
    core.notify('signalingStateClosed', { sessionId } as object);
  }

  /** Only relay candidates are allowed and TURN gave none. A call whose media is connected goes on with what it has. */
  onNoRelay(): void {
    const core = this.#core;
    // Not the call's phase: an answer may have come before gathering ended, and would hide that no media ever will.
    if (core.isOver || core.peer?.instance?.connectionState === 'connected') {
      return;
    }
    core.fail(
      40005,
      new Error('forceRelayCandidate is set, but no TURN server gave a relay candidate'),
      { message: 'No relay candidate: check the TURN servers' },
    );
    void hangup(core, { initiator: 'sdk:setup' }, core.known);
  }

  /** Requests can be sent again. */
  onSignalingReady(): void {
    if (this.#due) {
      this.#restartWhenReady('signaling_ready');
    }
  }

  /** Starts an ICE restart. */
  restart(reason: string): RestartIceResult {
    const core = this.#core;
    const { peer } = core;
    const no = (why: string): RestartIceResult => ({ started: false, reason: why });
    if (core.isOver || !peer?.instance) {
      return no('no_peer');
    }
    if (!hasMedia(core.phase)) {
      return no('not_active');
    }
    if (peer.isIceRestarting) {
      return no('already_restarting');
    }
    if (!core.deps.signaling.ready) {
      return no('signaling_down');
    }
    peer.isIceRestarting = true;
    core.warn(36004, { reason });
    void exchangeIce(core)
      .catch((error: unknown) => {
        if (!core.isOver) {
          core.fail(47001, error);
        }
      })
      .finally(() => {
        peer.isIceRestarting = false;
      });
    return { started: true };
  }

  #onFailed(): void {
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
    if (core.peer) {
      core.peer.restartedIceOnConnectionStateFailed = true;
    }
    this.#restartWhenReady('connection_failed');
  }

  #restartWhenReady(reason: string): void {
    this.#due = !this.#core.deps.signaling.ready;
    if (!this.#due) {
      const result = this.restart(reason);
      if (!result.started) {
        this.#core.log(`No ICE restart: ${result.reason ?? ''}`);
      }
    }
  }
}
