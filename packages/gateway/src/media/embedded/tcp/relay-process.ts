/**
 * A process that carries ICE over TCP. It is a process and not a thread because a connection that the gateway's port accepted can be
 * handed to another process, and to no other thread; and it is not the signalling thread because that one may stall for seconds.
 * Ends with its parent, and with nothing else: a signal to the whole group (Ctrl-C, systemd) must not cut calls that may still end by themselves.
 */
import type { Socket } from 'node:net';
import type { FromRelay, ToRelay } from './relay-messages.ts';
import { Relay } from './relay.ts';

/** Also what tells the gateway that the process lives. */
const COUNTS_MS = 1_000;

let relay: Relay | null = null;
/** Messages are done one after another: the first connection comes right behind the message that starts the relay. */
let done: Promise<void> = Promise.resolve();

function say(message: FromRelay): void {
  if (process.connected) {
    process.send?.(message);
  }
}

async function obey(message: ToRelay, socket: Socket | undefined): Promise<void> {
  switch (message.type) {
    case 'start':
      relay = await Relay.open(Buffer.from(message.token, 'base64'), message.limits);
      relay.useThreads(message.ports);
      return;
    case 'threads':
      relay?.useThreads(message.ports);
      return;
    case 'connection':
      // It may have been closed on the way.
      if (socket) {
        relay?.take(socket, Buffer.from(message.first, 'base64'));
      }
      return;
  }
}

process.on('message', (message: ToRelay, handle: unknown) => {
  const socket = handle as Socket | undefined;
  socket?.on('error', () => socket.destroy());
  done = done.then(() => obey(message, socket));
});
process.on('disconnect', () => process.exit());
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => undefined);
}

setInterval(() => {
  if (relay) {
    say({ type: 'counts', counts: relay.counts });
  }
}, COUNTS_MS);
