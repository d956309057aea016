import { BlockList, isIPv6 } from 'node:net';

const LOOPBACK = new BlockList();
LOOPBACK.addSubnet('127.0.0.0', 8, 'ipv4');
LOOPBACK.addAddress('::1', 'ipv6');

/** Addresses that no single host has: this network, multicast, broadcast (RFC 6890). */
const NOBODY = new BlockList();
NOBODY.addSubnet('0.0.0.0', 8, 'ipv4');
NOBODY.addSubnet('224.0.0.0', 4, 'ipv4');
NOBODY.addAddress('255.255.255.255', 'ipv4');
NOBODY.addAddress('::', 'ipv6');
NOBODY.addSubnet('ff00::', 8, 'ipv6');

const within = (list: BlockList, address: string): boolean => {
  // `fe80::1%eth0`: the zone says through which interface, not where to.
  const [bare = ''] = address.split('%', 1);
  return list.check(bare, isIPv6(bare) ? 'ipv6' : 'ipv4');
};

/** @param address a literal one */
export function isLoopback(address: string): boolean {
  return within(LOOPBACK, address);
}

/**
 * Whether anything may be sent there: a port of one host, and of this host only where the gateway itself listens on
 * loopback (the demo, tests). Else a forged source address would turn our answers on services of this machine.
 */
export function isReachable(address: string, port: number, loopbackToo: boolean): boolean {
  if (port === 0 || within(NOBODY, address)) {
    return false;
  }
  return loopbackToo || !isLoopback(address);
}
