import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { afterEach, describe, expect, it } from 'vitest';
import { IceHub } from './net/ice-hub.ts';
import { resolveOptions } from './options.ts';
import type { EmbeddedMediaOptions } from './options.ts';
import type { Reach } from './reach.ts';
import { MediaSockets } from './sockets.ts';

const opened: MediaSockets[] = [];
afterEach(async () => {
  for (const sockets of opened.splice(0)) {
    await sockets.close();
  }
});

const reach = (...own: string[]): Reach => ({ own, public: [], tcp: null });

async function open(first: Reach, options: EmbeddedMediaOptions = {}) {
  const hub = new IceHub();
  const heard: string[] = [];
  const troubles: string[] = [];
  const counts = { unsent: 0 };
  const settings = resolveOptions({ workers: 1, ...options }).settingsOf(0, first, Buffer.alloc(0));
  const sockets = await MediaSockets.open(hub, settings, {
    datagram: (_socket, data) => heard.push(data.toString()),
    trouble: (message) => troubles.push(message),
    unsent: () => (counts.unsent += 1),
  });
  opened.push(sockets);
  return { hub, sockets, heard, troubles, counts };
}

const named = ({ candidates }: MediaSockets): string[] =>
  candidates.map((candidate) => candidate.split(' ')[4] ?? '');

describe('the UDP sockets of a media thread', () => {
  it('follow the addresses of the machine', async () => {
    const { hub, sockets } = await open(reach('127.0.0.1'));
    await sockets.follow(reach('127.0.0.1', '127.0.0.2'));
    expect(named(sockets)).toEqual(['127.0.0.1', '127.0.0.2']);
    await sockets.follow(reach('127.0.0.2'));
    expect(named(sockets)).toEqual(['127.0.0.2']);
    expect(hub.sockets.map(({ address }) => address)).toEqual(['127.0.0.2']);
  });

  it('stay for the calls that use them when their address goes, and are named no more', async () => {
    const { hub, sockets } = await open(reach('127.0.0.1', '127.0.0.2'));
    const used = hub.sockets.find(({ address }) => address === '127.0.0.1');
    hub.isUsed = (socket) => socket === used;
    await sockets.follow(reach('127.0.0.2'));
    expect(named(sockets)).toEqual(['127.0.0.2']);
    expect(hub.sockets).toContain(used);
    hub.isUsed = () => false;
    await sockets.follow(reach('127.0.0.2'));
    expect(hub.sockets).not.toContain(used);
  });

  it('take nothing that cannot be sent, and throw at nothing: it is dropped and counted', async () => {
    const { hub, sockets, counts } = await open(reach('127.0.0.1', '127.0.0.2'));
    const [socket] = hub.sockets;
    if (!socket) {
      throw new Error('There is no socket');
    }
    const data = Buffer.from('x');
    socket.send(data, 65_536, '127.0.0.1');
    socket.send(data, 0, '127.0.0.1');
    socket.send(data, 5_000, '::1');
    expect(counts.unsent).toBe(3);
    await sockets.follow(reach('127.0.0.2'));
    socket.send(data, 5_000, '127.0.0.1');
    expect(counts.unsent).toBe(4);
  });

  it('complain once of an address that cannot be bound, and bind it when it can be', async () => {
    const taken = createSocket('udp4');
    taken.bind(0, '127.0.0.2');
    await once(taken, 'listening');
    const { port } = taken.address();
    const { sockets, troubles } = await open(reach('127.0.0.1'), { portMin: port, portMax: port });
    await sockets.follow(reach('127.0.0.1', '127.0.0.2'));
    await sockets.follow(reach('127.0.0.1', '127.0.0.2'));
    expect(troubles).toHaveLength(1);
    expect(troubles[0]).toMatch(/is free on 127\.0\.0\.2; stop what uses them/);
    taken.close();
    await once(taken, 'close');
    await sockets.follow(reach('127.0.0.1', '127.0.0.2'));
    expect(named(sockets)).toEqual(['127.0.0.1', '127.0.0.2']);
  });

  it('are all needed at start, but those whose address is not there and was not asked for by name', async () => {
    const { sockets } = await open(reach('127.0.0.1', '192.0.2.1'));
    expect(named(sockets)).toEqual(['127.0.0.1']);
    await expect(
      open(reach('127.0.0.1', '192.0.2.1'), { bind: ['127.0.0.1', '192.0.2.1'] }),
    ).rejects.toThrow(/192\.0\.2\.1 is not an address of this machine; see ip address/);
    const taken = createSocket('udp4');
    taken.bind(0, '127.0.0.2');
    await once(taken, 'listening');
    const { port: portMin } = taken.address();
    await expect(
      open(reach('127.0.0.1', '127.0.0.2'), { portMin, portMax: portMin }),
    ).rejects.toThrow(/is free on 127\.0\.0\.2; stop what uses them/);
    taken.close();
  });

  it('hear only this machine when they are told so', async () => {
    const { hub, heard } = await open(reach('127.0.0.1'), { localOnly: true });
    const [socket] = hub.sockets;
    const say = async (from: string, text: string): Promise<void> => {
      const sender = createSocket('udp4');
      sender.bind(0, from);
      await once(sender, 'listening');
      await new Promise((resolve) => {
        sender.send(text, socket?.port ?? 0, '127.0.0.1', resolve);
      });
      sender.close();
    };
    await say('127.0.0.2', 'stranger');
    await say('127.0.0.1', 'neighbour');
    await expect.poll(() => heard).toEqual(['neighbour']);
  });
});
