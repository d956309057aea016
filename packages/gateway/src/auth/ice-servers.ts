import { createHmac } from 'node:crypto';
import type { Config } from '../config.ts';
import type { IceServer } from '../signaling/ports.ts';

/** To dial, and to restart ICE near the end. */
const GUEST_GRACE_SECONDS = 120;

/**
 * The ICE servers for one user: the configured list, and the TURN server with credentials that expire by themselves, as
 * coturn's `use-auth-secret` takes them: the name is `expiry:user`, the password its HMAC-SHA1. A visitor's last as long as a call may that
 * he can make: anybody gets them, and a relay for half a day is worth having.
 * @param guestSeconds how long a call with this assistant may take
 */
export function createIceServers(
  config: Pick<Config, 'iceServers' | 'turn'>,
  now: () => number,
  guestSeconds: (assistant: string) => number,
): (user: string, guestOf: string | null) => readonly IceServer[] {
  const { iceServers, turn } = config;
  if (turn === undefined) {
    return () => iceServers;
  }
  return (user, guestOf) => {
    const ttl =
      guestOf === null
        ? turn.ttlSeconds
        : Math.min(turn.ttlSeconds, guestSeconds(guestOf) + GUEST_GRACE_SECONDS);
    const expiry = Math.floor(now() / 1000) + ttl;
    const username = `${String(expiry)}:${user}`;
    const credential = createHmac('sha1', turn.secret).update(username).digest('base64');
    return [...iceServers, { urls: turn.urls, username, credential }];
  };
}
