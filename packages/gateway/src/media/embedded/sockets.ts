import { isIPv6 } from 'node:net';
import type { WorkerSettings } from './messages.ts';
import { candidatePriority } from './net/candidates.ts';
import { UdpSocket } from './net/udp-socket.ts';
import type { UdpHandlers } from './net/udp-socket.ts';

/**
 * One socket for each local address, on the same port where that is free. Replies then leave from the address that was
 * called, which a socket bound to all addresses does not promise.
 *
 * @throws Error when no address, or not each one that has to be, is ours and has a free port
 */
export async function openSockets(
  settings: WorkerSettings,
  handlers: UdpHandlers,
): Promise<UdpSocket[]> {
  const sockets: UdpSocket[] = [];
  const accepted = settings.acceptedSources && new Set(settings.acceptedSources);
  const filtered: UdpHandlers = accepted
    ? {
        ...handlers,
        datagram: (socket, data, from, key) => {
          if (accepted.has(from.address)) handlers.datagram(socket, data, from, key);
        },
      }
    : handlers;
  let failure: Error | null = null;
  for (const address of settings.addresses) {
    const same = sockets[0] ? [sockets[0].port] : [];
    try {
      sockets.push(await UdpSocket.open(address, [...same, ...settings.ports], filtered));
    } catch (error) {
      failure = error instanceof Error ? error : new Error(String(error));
      if (settings.mustBindAll) break;
      handlers.error(failure);
    }
  }
  if (failure && (settings.mustBindAll || sockets.length === 0)) {
    await Promise.all(sockets.map((socket) => socket.close()));
    throw failure;
  }
  return sockets;
}

/** `candidate:...` values: host candidates, since what is advertised is where we can be reached (RFC 8445, 5.1.1.1). */
export function candidatesOf(
  sockets: readonly UdpSocket[],
  publicAddresses: readonly string[],
): string[] {
  const reachable =
    publicAddresses.length === 0
      ? sockets.map(({ address, port }) => ({ address, port }))
      : publicAddresses.flatMap((address) => {
          const ports = sockets
            .filter((socket) => socket.ipv6 === isIPv6(address))
            .map(({ port }) => port);
          return [...new Set(ports)].map((port) => ({ address, port }));
        });
  return reachable.map(({ address, port }, index) => {
    const priority = candidatePriority('host', 65_535 - index);
    return `candidate:${String(index + 1)} 1 udp ${String(priority)} ${address} ${String(port)} typ host`;
  });
}
