import type { IceServer as WireIceServer } from '@offhook/protocol';
import type { IceServer } from './ports.ts';

/** The member `ice_servers` of a reply; absent when none are configured, so that a client keeps its own. */
export function encodeIceServers(servers: readonly IceServer[]): { ice_servers?: WireIceServer[] } {
  if (servers.length === 0) {
    return {};
  }
  return {
    ice_servers: servers.map((server) => ({
      ...server,
      urls: typeof server.urls === 'string' ? server.urls : [...server.urls],
    })),
  };
}
