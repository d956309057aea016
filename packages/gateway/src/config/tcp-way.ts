import type { Config } from './schema.ts';

/** How media over TCP reaches the gateway's own port, or why it cannot. */
export type TcpWay =
  | {
      readonly on: true;
      /** The port that browsers know; null for the one that is listened on. */
      readonly port: number | null;
      /** Own addresses that it is reached at, beside public ones. */
      readonly own: 'all' | 'ipv4' | readonly string[];
    }
  | { readonly on: false; readonly reason: string };

export function tcpWay(config: Config): TcpWay {
  const { host, tls, publicUrl, trustProxy, demo } = config;
  const { iceTcp, publicTcpPort, publicAddress } = config.media;
  if (config.media.plane === 'rtpengine') {
    return {
      on: false,
      reason: 'rtpengine takes media over UDP alone; give browsers a TURN server',
    };
  }
  if (!iceTcp) {
    return { on: false, reason: 'media.iceTcp is false' };
  }
  if (publicTcpPort !== undefined) {
    // Whoever passes TCP on does so from a public address; without one, to ours.
    return { on: true, port: publicTcpPort, own: publicAddress.length > 0 ? [] : 'all' };
  }
  if (trustProxy.length > 0 && tls === undefined) {
    return { on: false, reason: 'the proxy ends TLS, and passes nothing on but HTTP' };
  }
  const isLocal = host === 'localhost' || host === '::1' || host.startsWith('127.');
  if (isLocal && publicAddress.length > 0 && !demo.enabled) {
    return { on: false, reason: `only this machine can connect to ${host}` };
  }
  const outside = tls && publicUrl !== undefined ? new URL(publicUrl) : undefined;
  const port = outside ? Number(outside.port || 443) : null;
  if (host === '0.0.0.0') {
    return { on: true, port, own: 'ipv4' };
  }
  if (host === '::') {
    return { on: true, port, own: 'all' };
  }
  return { on: true, port, own: [host === 'localhost' ? '127.0.0.1' : host] };
}
