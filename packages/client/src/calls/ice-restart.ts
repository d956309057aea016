import { GATHERING } from '../media/gathering.ts';
import { restartOffer } from '../media/negotiation.ts';
import type { CallCore } from './core.ts';
import { dialogParams } from './dialog.ts';

const RESTART_TIMEOUT_MS = 15_000;

/** A new offer on the same peer, answered in the reply to `modify` (wire spec 8.8.2). Rejects when it came to nothing. */
export async function exchangeIce(core: CallCore): Promise<void> {
  const { media, candidates, deps, trickle } = core;
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
