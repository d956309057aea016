/** The floor of signalling: a `ws` server that sends every frame back. */
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { WebSocketServer } from 'ws';
import { ready } from './ready.ts';

const server = new WebSocketServer({
  host: '127.0.0.1',
  port: 0,
  perMessageDeflate: false,
  clientTracking: false,
});
server.on('connection', (socket) => {
  socket.on('message', (data: Buffer) => {
    socket.send(data.toString('utf8'));
  });
  socket.on('error', () => undefined);
});
await once(server, 'listening');
ready((server.address() as AddressInfo).port, () => {
  server.close();
});
