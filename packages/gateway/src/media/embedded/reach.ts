import { isIPv4, isIPv6 } from 'node:net';
import type { TcpDoor } from '../media-plane.ts';
import { candidatePriority, tcpPriority } from './net/candidates.ts';

/** Where parties can reach us. Changes while we run. */
export interface Reach {
  /** Addresses of this machine to send and receive on. */
  readonly own: readonly string[];
  /** Addresses that parties know this machine by, beside its own: of a one-to-one NAT, a load balancer, a container's host. */
  readonly public: readonly string[];
  /** The gateway's own TCP port; null where media over TCP does not get through. */
  readonly tcp: TcpDoor | null;
}

/** A bound UDP socket. */
export interface BoundPort {
  readonly address: string;
  readonly port: number;
}

const isLoopback = (address: string): boolean => address.startsWith('127.') || address === '::1';

/**
 * `candidate:...` values: host candidates, since each is an address that we can be reached at (RFC 8445, 5.1.1.1).
 *
 * Public ones rank first, although a caller in our own network does better with our own: browsers check one pair every 50 ms, by rank, so
 * that for everybody else each own address before the public one would make the call come up later.
 */
export function candidatesOf(bound: readonly BoundPort[], reach: Reach): string[] {
  const outside = reach.public.flatMap((address) => {
    const ports = bound
      .filter((socket) => isIPv6(socket.address) === isIPv6(address))
      .map(({ port }) => port);
    return [...new Set(ports)].map((port) => ({ address, port }));
  });
  const udp = unique([...outside, ...bound.filter((each) => mayBeNamed(each.address, reach))]);
  const tcp = tcpAddresses(reach);
  return [
    ...udp.map(({ address, port }, index) => {
      const priority = candidatePriority('host', 65_535 - index);
      return `candidate:${String(index + 1)} 1 udp ${String(priority)} ${address} ${String(port)} typ host`;
    }),
    ...tcp.map((address, index) => {
      const foundation = String(udp.length + index + 1);
      const port = String(reach.tcp?.port ?? 0);
      return `candidate:${foundation} 1 tcp ${String(tcpPriority(index))} ${address} ${port} typ host tcptype passive`;
    }),
  ];
}

/** Loopback beside a public address would send other machines to themselves. */
const mayBeNamed = (address: string, reach: Reach): boolean =>
  reach.public.length === 0 || !isLoopback(address);

function tcpAddresses(reach: Reach): string[] {
  if (!reach.tcp) {
    return [];
  }
  const { own } = reach.tcp;
  const named = typeof own === 'string' ? reach.own : own;
  const all = [...reach.public, ...named.filter((address) => mayBeNamed(address, reach))];
  return [...new Set(all)].filter((address) => own !== 'ipv4' || isIPv4(address));
}

function unique(bound: readonly BoundPort[]): BoundPort[] {
  const known = new Set<string>();
  return bound.filter(({ address, port }) => {
    const key = `${address} ${String(port)}`;
    if (known.has(key)) {
      return false;
    }
    known.add(key);
    return true;
  });
}
