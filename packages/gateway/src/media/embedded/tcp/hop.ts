import { isIPv4 } from 'node:net';
import { ipv6Bytes } from '../net/stun.ts';

/**
 * What the relay process and a media thread put before each packet that they send each other over loopback UDP:
 * towards the thread, the token that both were given and the party's address and port; towards the relay, the address and port.
 */

export const TOKEN_BYTES = 16;
/** Port and address. An IPv4 address is written as an IPv6 one (RFC 4291, 2.5.5.2). */
export const PARTY_BYTES = 18;

const IPV4_PREFIX = '00000000000000000000ffff';

export interface Party {
  readonly address: string;
  readonly port: number;
}

export function writeParty({ address, port }: Party): Buffer {
  const bytes = Buffer.alloc(PARTY_BYTES);
  bytes.writeUInt16BE(port, 0);
  ipv6Bytes(isIPv4(address) ? `::ffff:${address}` : address).copy(bytes, 2);
  return bytes;
}

export function readParty(bytes: Buffer): Party {
  const port = bytes.readUInt16BE(0);
  const raw = bytes.subarray(2, PARTY_BYTES);
  if (raw.toString('hex', 0, 12) === IPV4_PREFIX) {
    return { address: raw.subarray(12).join('.'), port };
  }
  const groups = Array.from({ length: 8 }, (_, index) => raw.readUInt16BE(index * 2).toString(16));
  return { address: groups.join(':'), port };
}
