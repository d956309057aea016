import { createHmac } from 'node:crypto';
import type { Config } from '../config.ts';
import type { IceServer } from '../signaling/ports.ts';

/**
 * The ICE servers for one user: the configured list, and the TURN server with credentials that expire by themselves, as
 * coturn's `use-auth-secret` takes them: the name is `expiry:user`, the password its HMAC-SHA1.
 */
export function createIceServers(
  config: Pick<Config, 'iceServers' | 'turn'>,
  now: () => number,
): (user: string) => readonly IceServer[] {
  const { iceServers, turn } = config;
  if (turn === undefined) return () => iceServers;
  return (user) => {
    const expiry = Math.floor(now() / 1000) + turn.ttlSeconds;
    const username = `${String(expiry)}:${user}`;
    const credential = createHmac('sha1', turn.secret).update(username).digest('base64');
    return [...iceServers, { urls: turn.urls, username, credential }];
  };
}
