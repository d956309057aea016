import { closedFailure } from '../media/failure.ts';
import {
  GATHERING,
  GATHERING_ATTACH,
  GATHERING_BRIEF,
  GATHERING_HOSTS,
  type GatheringLimits,
} from '../media/gathering.ts';
import { build, answer as makeAnswer, offer as makeOffer } from '../media/negotiation.ts';
import { setupFailed } from './begin.ts';
import { CallPeer } from './call-peer.ts';
import { LocalCandidates } from './candidates.ts';
import type { CallCore } from './core.ts';
import { dialogParams } from './dialog.ts';
import { RequestError } from './ports.ts';

/*
 * The steps from a call object to the description that the gateway has.
 */

/** A gateway may take its time to route a call; longer than this it is not there. */
const SETUP_TIMEOUT_MS = 30_000;

/** Places the call. Settles when the invite is answered for, one way or the other; never rejects. */
export async function place(core: CallCore): Promise<void> {
  core.creatingPeer = true;
  try {
    await core.host.untilReady(core.over.signal);
    const sdp = await open(core, null);
    if (core.transition('invite') && !core.over.signal.aborted) {
      await send(core, 'invite', sdp);
      core.transition('accepted');
    }
  } catch (error) {
    // The socket went while the gateway was reading: its next list of sessions tells whether it has the call.
    // And a call that already rings or talks needs no reply.
    const undecided =
      error instanceof RequestError &&
      (error.code === 'connection_lost' ||
        (error.code === 'timeout' && core.phase !== 'requesting'));
    if (!undecided) {
      // A call that the gateway refused is none that it has to hear the end of.
      if (error instanceof RequestError && error.code === 'rejected') core.known = false;
      setupFailed(core, error);
    }
  } finally {
    core.creatingPeer = false;
  }
}

/** Answers the caller. Settles when the answer is on its way; never rejects. */
export async function reply(core: CallCore): Promise<void> {
  core.creatingPeer = true;
  try {
    const sdp = await open(core, core.options.remoteSdp ?? '');
    if (core.transition('answer') && !core.over.signal.aborted) {
      void conclude(core, sdp);
    }
  } catch (error) {
    setupFailed(core, error);
  }
}

/** Answers a gateway's attach; never rejects. */
export async function attach(core: CallCore): Promise<void> {
  try {
    const sdp = await open(core, core.options.remoteSdp ?? '', GATHERING_ATTACH);
    await send(core, 'attach', sdp);
    core.transition(core.options.wasHeldBeforeRecovery ? 'hold' : 'answered');
  } catch (error) {
    // Lost again: the gateway attaches again, or its list says that the call is gone.
    if (!(error instanceof RequestError && error.code === 'connection_lost')) {
      setupFailed(core, error);
    }
  }
}

/** Sends the answer, again after every loss of the socket, until the gateway has it or the call is over. */
async function conclude(core: CallCore, sdp: string): Promise<void> {
  for (;;) {
    try {
      await send(core, 'answer', sdp);
      core.transition('answered');
      return;
    } catch (error) {
      if (!(error instanceof RequestError && error.code === 'connection_lost')) {
        setupFailed(core, error);
        return;
      }
    }
    try {
      await core.host.untilReady(core.over.signal);
    } catch (error) {
      setupFailed(core, error);
      return;
    }
  }
}

function limitsFor({ deps }: CallCore, servers: readonly RTCIceServer[]): GatheringLimits {
  if (!deps.signaling.features.trickle) return GATHERING;
  return servers.length ? GATHERING_BRIEF : GATHERING_HOSTS;
}

/** Builds the peer and negotiates up to the description that can be sent. `limits`: default what gateway and servers allow. */
export async function open(
  core: CallCore,
  remoteSdp: string | null,
  limits?: GatheringLimits,
): Promise<string> {
  core.creatingPeer = true;
  try {
    const iceServers = await iceServersOf(core);
    if (core.isOver) {
      throw closedFailure();
    }
    core.candidates = new LocalCandidates(core.deps, core.id, () => core.trickle);
    const shown = new CallPeer(core, remoteSdp === null ? 'offer' : 'answer');
    core.usePeer(build(core.media, iceServers), shown);
    core.mark('start-negotiation');
    await (remoteSdp === null ? makeOffer(core.media) : makeAnswer(core.media, remoteSdp));
    const { trickle } = core;
    return await core.media.localSdp(trickle ? null : (limits ?? limitsFor(core, iceServers)));
  } finally {
    core.creatingPeer = false;
  }
}

export async function send(
  core: CallCore,
  method: 'invite' | 'answer' | 'attach',
  sdp: string,
  dialog: object = {},
): Promise<void> {
  const { signaling, version } = core.deps;
  const sending = signaling.request(
    method,
    {
      ...core.scope(),
      sdp,
      ...(core.trickle ? { trickle: true } : {}),
      dialogParams: { ...dialogParams(core.options), ...dialog },
      'User-Agent': `Web-${version}`,
    },
    { timeoutMs: SETUP_TIMEOUT_MS, signal: core.over.signal },
  );
  core.known = true;
  core.mark('send-sdp');
  core.candidates.release(sdp);
  const { node_id: nodeId } = (await sending) as { node_id?: unknown };
  core.nodeId = typeof nodeId === 'string' ? nodeId : core.nodeId;
}

/** The first list that is given: the call's, the client's (both are in the options), the gateway's, the default one. */
export async function iceServersOf({ deps, options, over }: CallCore): Promise<RTCIceServer[]> {
  if (Array.isArray(options.iceServers)) {
    return options.iceServers;
  }
  const given = await deps.signaling.gatewayIceServers(over.signal).catch(() => null);
  return given ?? deps.settings.fallbackIceServers;
}
