import { lookup, resolveSrv } from 'node:dns/promises';
import { isIP } from 'node:net';
import type { Endpoint } from '../core/flow.ts';

const DEFAULT_PORTS = { udp: 5060, tcp: 5060, tls: 5061, ws: 80, wss: 443 } as const;
export type TrunkTransport = keyof typeof DEFAULT_PORTS;

export interface ServerName {
  readonly host: string;
  readonly port: number | undefined;
}

/** `host`, `host:port`, `[v6]:port`. Undefined for what is none. */
export function parseServer(text: string): ServerName | undefined {
  const [, bracketed, host, port] =
    /^(?:\[([0-9a-fA-F:.]+)\]|([A-Za-z0-9][A-Za-z0-9.-]*))(?::(\d{1,5}))?$/.exec(text) ?? [];
  const name = bracketed ?? host;
  if (name === undefined || Number(port ?? 1) < 1 || Number(port ?? 1) > 65_535) return undefined;
  return { host: name, port: port === undefined ? undefined : Number(port) };
}

/**
 * Where a server is, best first: its SRV records where no port is given (RFC 3263, 4.2), else its addresses.
 * @throws Error when the name means nothing
 */
export async function resolveServer(
  { host, port }: ServerName,
  transport: TrunkTransport,
): Promise<readonly Endpoint[]> {
  if (isIP(host) !== 0) return [{ address: host, port: port ?? DEFAULT_PORTS[transport] }];
  if (port === undefined && (transport === 'udp' || transport === 'tcp' || transport === 'tls')) {
    const service = transport === 'tls' ? '_sips._tcp' : `_sip._${transport}`;
    const records = await resolveSrv(`${service}.${host}`).catch(() => []);
    records.sort((a, b) => a.priority - b.priority || b.weight - a.weight);
    const found: Endpoint[] = [];
    for (const record of records.slice(0, 8)) {
      const addresses = await lookup(record.name, { all: true }).catch(() => []);
      found.push(...addresses.map(({ address }) => ({ address, port: record.port })));
    }
    if (found.length > 0) return found;
  }
  const addresses = await lookup(host, { all: true });
  return addresses.map(({ address }) => ({ address, port: port ?? DEFAULT_PORTS[transport] }));
}
