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
  if (name === undefined || Number(port ?? 1) < 1 || Number(port ?? 1) > 65_535) {
    return undefined;
  }
  return { host: name, port: port === undefined ? undefined : Number(port) };
}

export interface SrvRecord {
  readonly name: string;
  readonly port: number;
  readonly priority: number;
  readonly weight: number;
}

/** What is asked of the DNS. Both throw when there is nothing. */
export interface Resolver {
  srv(name: string): Promise<readonly SrvRecord[]>;
  addresses(name: string): Promise<readonly string[]>;
}

export const systemResolver: Resolver = {
  srv: (name) => resolveSrv(name),
  addresses: async (name) => (await lookup(name, { all: true })).map(({ address }) => address),
};

/** Servers of one name that are tried. */
const MAX_SERVERS = 8;

/**
 * Where a server is, best first: its SRV records where no port is given (RFC 3263, 4.2), else its addresses.
 * @throws Error when the name means nothing
 */
export async function resolveServer(
  { host, port }: ServerName,
  transport: TrunkTransport,
  resolver: Resolver,
  random: () => number = Math.random,
): Promise<readonly Endpoint[]> {
  if (isIP(host) !== 0) {
    return [{ address: host, port: port ?? DEFAULT_PORTS[transport] }];
  }
  if (port === undefined && (transport === 'udp' || transport === 'tcp' || transport === 'tls')) {
    const service = transport === 'tls' ? '_sips._tcp' : `_sip._${transport}`;
    const records = await resolver.srv(`${service}.${host}`).catch(() => []);
    const found: Endpoint[] = [];
    for (const record of inOrder(records, random).slice(0, MAX_SERVERS)) {
      // A name of nothing says that the service is not there (RFC 2782).
      const name = record.name.replace(/\.$/, '');
      const addresses = name === '' ? [] : await resolver.addresses(name).catch(() => []);
      found.push(...addresses.map((address) => ({ address, port: record.port })));
    }
    if (found.length > 0) {
      return found;
    }
  }
  const addresses = await resolver.addresses(host);
  return addresses.map((address) => ({ address, port: port ?? DEFAULT_PORTS[transport] }));
}

/** By priority; among equals drawn by weight, so that many clients share the servers as the weights say (RFC 2782). */
function inOrder(records: readonly SrvRecord[], random: () => number): readonly SrvRecord[] {
  // Those without weight first, so that they have a small chance.
  const left = [...records].sort((a, b) => a.priority - b.priority || a.weight - b.weight);
  const ordered: SrvRecord[] = [];
  while (left.length > 0) {
    const equals = left.filter(({ priority }) => priority === left[0]?.priority);
    let drawn = random() * equals.reduce((sum, { weight }) => sum + weight, 0);
    const at = equals.findIndex(({ weight }) => (drawn -= weight) <= 0);
    ordered.push(...left.splice(Math.max(0, at), 1));
  }
  return ordered;
}
