import { lookup } from 'node:dns';
import type { LookupAddress } from 'node:dns';
import { BlockList, isIP, isIPv6 } from 'node:net';
import type { LookupFunction } from 'node:net';
import { isPrivateAddress } from './config/private-address.ts';

/** Addresses that are nobody's on the internet, or lead to an IPv4 address by other ways (RFC 6890, 5771, 4291, 3056, 4380). */
const NOBODYS = new BlockList();
for (const [network, prefix] of [
  ['192.0.0.0', 24],
  ['198.18.0.0', 15],
  ['224.0.0.0', 3],
] as const) {
  NOBODYS.addSubnet(network, prefix, 'ipv4');
}
for (const [network, prefix] of [
  ['::', 96],
  ['64:ff9b:1::', 48],
  ['100::', 64],
  ['2001::', 32],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['fec0::', 10],
  ['ff00::', 8],
] as const) {
  NOBODYS.addSubnet(network, prefix, 'ipv6');
}

/** `lookup` of node:dns, for all addresses of a name. */
export type Resolve = (
  host: string,
  options: Parameters<LookupFunction>[1] & { readonly all: true },
  answer: (error: NodeJS.ErrnoException | null, addresses: readonly LookupAddress[]) => void,
) => void;

/**
 * For connections to addresses that strangers named: a public name may lead inside, and what it leads to may have changed since the name
 * was looked at, so the addresses that are connected to are looked at.
 * @param mayBeInside hosts that may lead to this machine or a private network all the same
 * @param resolve looks names up; default: the system's way
 */
export function publicLookup(
  mayBeInside: (host: string) => boolean,
  resolve: Resolve = lookup,
): LookupFunction {
  return (host, options, answer) => {
    resolve(host, { ...options, all: true }, (error, addresses) => {
      const inside = mayBeInside(host)
        ? undefined
        : addresses.find(({ address }) => isInsideAddress(address));
      const refusal = inside && new Error(`${host} leads to ${inside.address}: not allowed`);
      const [first] = addresses;
      if (error ?? refusal ?? !first) {
        answer(error ?? refusal ?? new Error(`${host} has no address`), []);
      } else if (options.all === true) {
        answer(null, [...addresses]);
      } else {
        answer(null, first.address, first.family);
      }
    });
  };
}

/** Names that no public name server answers for, and addresses that nobody on the internet has. */
export function isInsideHost(host: string): boolean {
  if (isIP(host) !== 0) {
    return isInsideAddress(mapped(host));
  }
  return !host.includes('.') || /\.(localhost|local|internal|intranet|lan|home\.arpa)$/.test(host);
}

function isInsideAddress(address: string): boolean {
  return isPrivateAddress(address) || NOBODYS.check(address, isIPv6(address) ? 'ipv6' : 'ipv4');
}

/** The host of an address, as it is compared: an IPv6 address without brackets, a name without its last dot. */
export function hostOf(url: URL): string {
  return url.hostname.replace(/^\[|\]$/g, '').replace(/\.$/, '');
}

/** `::ffff:127.0.0.1` as a URL writes it (`::ffff:7f00:1`) is the IPv4 address in it. */
function mapped(host: string): string {
  const [, high, low] = /^::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})$/i.exec(host) ?? [];
  if (high === undefined || low === undefined) {
    return host;
  }
  const value = Number.parseInt(high, 16) * 65_536 + Number.parseInt(low, 16);
  return [24, 16, 8, 0].map((shift) => (value >>> shift) & 255).join('.');
}
