import type { CallParts } from './parts.ts';
import type { Attach } from './recovery.ts';

/**
 * A gateway that cannot be told which peers live attaches every call. Where its offer is for the peer that there is, by
 * fingerprint and m-lines, that one answers it, and nothing else changes.
 */
export function canReuse({ media, deps, options }: CallParts, offer: Attach): boolean {
  const { pc } = media;
  if (deps.signaling.features.reattach || !pc || pc.signalingState === 'closed') {
    return false;
  }
  if (options.keepConnectionAliveOnSocketClose !== true) {
    return false;
  }
  const before = shapeOf(pc.remoteDescription?.sdp ?? '');
  return before !== '' && before === shapeOf(offer.sdp);
}

/** Who the far end is and what it carries; '' without a fingerprint (RFC 8122). */
function shapeOf(sdp: string): string {
  const prints = sdp.match(/^a=fingerprint:.*$/gim);
  return prints
    ? [...new Set(prints), ...(sdp.match(/^(m=\w+|a=mid:.*)/gm) ?? [])].join().toUpperCase()
    : '';
}
