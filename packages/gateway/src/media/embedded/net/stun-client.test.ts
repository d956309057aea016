import { createSocket } from 'node:dgram';
import type { RemoteInfo, Socket } from 'node:dgram';
import { once } from 'node:events';
import { afterEach, describe, expect, it } from 'vitest';
import { mappedAddress } from './stun-client.ts';
import { writeSuccess } from './stun.ts';

const sockets: Socket[] = [];
afterEach(() => {
  for (const socket of sockets.splice(0)) {
    socket.close();
  }
});

async function server(
  answer: (question: Buffer, from: RemoteInfo, socket: Socket) => void,
): Promise<number> {
  const socket = createSocket('udp4');
  sockets.push(socket);
  socket.on('message', (question, from) => {
    answer(question, from, socket);
  });
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  return socket.address().port;
}

describe('what a STUN server sees', () => {
  it.each(['203.0.113.7', '2001:db8::7'])('is read: %s', async (address) => {
    const port = await server((question, from, socket) => {
      socket.send(writeSuccess(question, address, 4_711, 'unknown'), from.port, from.address);
    });
    expect(await mappedAddress('127.0.0.1', port)).toBe(address);
  });

  it('is asked for again when the question is lost, and taken from the answer to it only', async () => {
    let asked = 0;
    const port = await server((question, from, socket) => {
      asked += 1;
      const other = Buffer.from(question);
      other.fill(0, 8, 20);
      const send = (data: Buffer): void => {
        socket.send(data, from.port, from.address);
      };
      send(Buffer.from('no answer at all'));
      send(writeSuccess(other, '192.0.2.66', 1, 'unknown'));
      if (asked > 1) {
        send(writeSuccess(question, '203.0.113.7', 1, 'unknown'));
      }
    });
    expect(await mappedAddress('127.0.0.1', port)).toBe('203.0.113.7');
    expect(asked).toBeGreaterThan(1);
  });

  it('is an error when nothing answers', async () => {
    const port = await server(() => undefined);
    await expect(mappedAddress('127.0.0.1', port)).rejects.toThrow(/does not answer/);
  });
});
