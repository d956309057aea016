import { GATHERING_ATTACH } from '../media/gathering.ts';
import { gather } from '../media/negotiation.ts';
import type { CallCore } from './core.ts';
import { learnIds } from './dialog.ts';
import { send } from './setup.ts';
import type { Attach } from './succession.ts';

/**
 * A gateway that cannot be told which peers live attaches every call. Where its offer is for the peer that there is, by
 * fingerprint and m-lines, that one answers it, and nothing else changes.
 */
export function canReuse(core: CallCore, offer: Attach): boolean {
  const pc = core.media.peer?.instance;
  if (core.deps.signaling.features.reattach || !pc || pc.signalingState === 'closed') return false;
  if (core.options.keepConnectionAliveOnSocketClose !== true) return false;
  const before = shapeOf(pc.remoteDescription?.sdp ?? '');
  return before !== '' && before === shapeOf(offer.sdp);
}

/** Answers the offer with the peer as it is. Rejects when that cannot be done. */
export async function reuse(core: CallCore, offer: Attach): Promise<void> {
  const { media, candidates, options, trickle } = core;
  const peer = media.live();
  candidates.hold();
  await peer.rollback();
  gather(media);
  await peer.takeOffer(offer.sdp);
  await peer.answer();
  const sdp = await media.localSdp(trickle ? null : GATHERING_ATTACH);
  learnIds(options, offer);
  await send(core, 'attach', sdp, { attach: true, recoveredCallId: core.id });
}

/** Who the far end is and what it carries; '' without a fingerprint (RFC 8122). */
function shapeOf(sdp: string): string {
  const prints = sdp.match(/^a=fingerprint:.*$/gim);
  return prints
    ? [...new Set(prints), ...(sdp.match(/^(m=\w+|a=mid:.*)/gm) ?? [])].join().toUpperCase()
    : '';
}
