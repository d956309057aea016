import { GATHERING } from '../media/gathering.ts';
import { restartOffer } from '../media/negotiation.ts';
import type { CallCore } from './core.ts';
import { dialogParams } from './dialog.ts';
import { iceServersOf } from './setup.ts';

const RESTART_TIMEOUT_MS = 15_000;

/**
 * A new offer on the same peer, answered in the reply to `modify` (wire spec 8.8.2). Rejects when it came to nothing.
 * @param relay by TURN only, if there is a TURN server
 */
export async function exchangeIce(core: CallCore, relay = false): Promise<void> {
  const { media, candidates, deps, trickle } = core;
  await configure(core, relay);
  candidates.hold();
  await restartOffer(media);
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

/** TURN credentials that last, and another policy where it is wanted: both count from the next gathering on. */
async function configure(core: CallCore, relay: boolean): Promise<void> {
  const iceServers = await iceServersOf(core);
  const { pc } = core.media.live();
  const before = pc.getConfiguration();
  const toTurn = relay && hasTurn(iceServers);
  const same = JSON.stringify(before.iceServers) === JSON.stringify(iceServers);
  if (same && !toTurn) return;
  pc.setConfiguration({
    ...before,
    iceServers,
    ...(toTurn ? { iceTransportPolicy: 'relay' as const } : {}),
  });
}

export const hasTurn = (servers: readonly RTCIceServer[]): boolean =>
  servers.some(({ urls }) => [urls].flat().some((url) => /^turns?:/i.test(url)));
