import { createSocket } from 'node:dgram';
import type { Socket } from 'node:dgram';
import { growBuffers } from '../net/buffers.ts';

/** One end of the way between a media thread and the process that carries media over TCP. */
export async function openLoopback(): Promise<Socket> {
  const socket = createSocket({
    type: 'udp4',
    // Addresses are literal here; the default asks the resolver for every packet.
    lookup: (host, _options, callback) => {
      callback(null, host, 4);
    },
  });
  await new Promise<void>((resolve, reject) => {
    socket.once('error', reject);
    socket.bind(0, '127.0.0.1', () => {
      socket.off('error', reject);
      resolve();
    });
  });
  growBuffers(socket);
  return socket;
}
