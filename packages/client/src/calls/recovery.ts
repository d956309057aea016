import { createWarning } from '../errors/catalogue.ts';
import { createError } from '../errors/telnyx-error.ts';
import { GATHERING } from '../media/gathering.ts';
import { Timer } from '../timer.ts';
import { hasMedia } from './call-state.ts';
import type { CallCore } from './core.ts';
import { dialogParams } from './dialog.ts';
import { hangup } from './ending.ts';

export interface RestartIceResult {
  started: boolean;
  reason?: string;
}

/** A path that is lost for less comes back by itself. */
const DISCONNECTED_MS = 2_000;
const RESTART_TIMEOUT_MS = 15_000;

/** Watches the peer of one call and restarts ICE when its path is lost. */
export class PeerWatch {
  readonly #core: CallCore;
  readonly #timer: Timer;
  /** A restart is due as soon as the gateway can be reached. */
  #due = false;

  constructor(core: CallCore) {
    this.#core = core;
    this.#timer = new Timer(core.deps.platform);
    core.disposers.add(() => this.#timer.stop());
  }

  onConnectionState(state: RTCPeerConnectionState): void {
    const core = this.#core;
    this.#timer.stop();
    if (state === 'connected') {
      this.#due = false;
      core.mark('dtls-connected');
    } else if (state === 'disconnected') {
      core.warn(33001);
      this.#timer.start(DISCONNECTED_MS, () => this.#restart('disconnected'));
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

  /** Only relay candidates are allowed and TURN gave none. A call that already talks goes on with what it has. */
  onNoRelay(): void {
    const core = this.#core;
    if (core.isOver || hasMedia(core.phase)) {
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
      this.#restart('signaling_ready');
    }
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
    this.#restart('connection_failed');
  }

  #restart(reason: string): void {
    this.#due = !this.#core.deps.signaling.ready;
    if (!this.#due) {
      const result = restartIce(this.#core, reason);
      if (!result.started) {
        this.#core.log(`No ICE restart: ${result.reason ?? ''}`);
      }
    }
  }
}

/** Starts an ICE restart: a new offer on the same peer, answered in the reply to `modify` (wire spec 8.8.2). */
export function restartIce(core: CallCore, reason = 'app'): RestartIceResult {
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
  void exchange(core)
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

async function exchange(core: CallCore): Promise<void> {
  const { media, candidates, deps, trickle } = core;
  candidates.hold();
  await media.restartOffer();
  const sdp = await media.localSdp(trickle ? null : GATHERING);
  const sending = deps.signaling.request(
    'modify',
    {
      ...core.scope(),
      action: 'updateMedia',
      callID: core.id,
      sdp,
      ...(trickle ? { trickle: true } : {}),
      dialogParams: dialogParams(core.options),
    },
    { timeoutMs: RESTART_TIMEOUT_MS, whenOffline: 'fail', signal: core.over.signal },
  );
  candidates.release(sdp);
  const reply = await sending;
  if (!reply.sdp) {
    throw new Error('The gateway answered the restart without a description');
  }
  await media.takeAnswer(reply.sdp);
}
