/**
 * The floor of calls with media: a media library behind a WebSocket that carries descriptions and nothing else. `werift` is the
 * library by itself; `engine` is the gateway's own media plane without the gateway.
 */
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { WebSocketServer } from 'ws';
import { EngineFloor } from './engine-floor.ts';
import type { MediaFloor } from './floor.ts';
import { ready, settings } from './ready.ts';
import { WeriftFloor } from './werift-floor.ts';

interface Question {
  readonly id: number;
  readonly verb: 'begin' | 'join' | 'end' | 'delays';
  readonly call: string;
  readonly sdp: string;
}

const floor: MediaFloor =
  settings()['library'] === 'werift' ? new WeriftFloor() : await EngineFloor.start();
const server = new WebSocketServer({ host: '127.0.0.1', port: 0, perMessageDeflate: false });
server.on('connection', (socket) => {
  socket.on('message', (data: Buffer) => {
    const { id, verb, call, sdp } = JSON.parse(data.toString('utf8')) as Question;
    const work =
      verb === 'begin'
        ? floor.begin(call, sdp)
        : verb === 'join'
          ? floor.join(call, sdp)
          : verb === 'end'
            ? floor.end(call)
            : Promise.resolve(floor.delays());
    work.then(
      (result) => {
        socket.send(JSON.stringify({ id, result: result ?? null }));
      },
      (error: unknown) => {
        socket.send(JSON.stringify({ id, error: String(error) }));
      },
    );
  });
});
await once(server, 'listening');
ready((server.address() as AddressInfo).port, () => {
  server.close();
});
