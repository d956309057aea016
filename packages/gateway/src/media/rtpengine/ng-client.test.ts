import { createSocket } from 'node:dgram';
import type { RemoteInfo, Socket } from 'node:dgram';
import { afterEach, describe, expect, it } from 'vitest';
import { NgClient } from './ng-client.ts';

/** The daemon's end: says of each datagram what comes back. */
class FakeDaemon {
  readonly requests: string[] = [];
  readonly socket: Socket = createSocket('udp4');

  static async start(
    answer: (request: string, count: number) => readonly string[],
  ): Promise<FakeDaemon> {
    const daemon = new FakeDaemon();
    daemon.socket.on('message', (data: Buffer, from: RemoteInfo) => {
      const request = data.toString();
      daemon.requests.push(request);
      for (const reply of answer(request, daemon.requests.length)) {
        daemon.socket.send(reply, from.port, from.address);
      }
    });
    await new Promise<void>((resolve) => {
      daemon.socket.bind(0, '127.0.0.1', resolve);
    });
    return daemon;
  }

  get address() {
    return { address: '127.0.0.1', port: this.socket.address().port };
  }
}

const cookieOf = (request: string): string => request.split(' ', 1)[0] ?? '';

describe('requests to an rtpengine', () => {
  const open: { close(): void }[] = [];
  afterEach(() => {
    for (const each of open.splice(0)) {
      each.close();
    }
  });

  async function setUp(answer: (request: string, count: number) => readonly string[]) {
    const daemon = await FakeDaemon.start(answer);
    let resent = 0;
    let heard = 0;
    const client = await NgClient.open(daemon.address, {
      heard: () => {
        heard += 1;
      },
      resent: () => {
        resent += 1;
      },
    });
    open.push(daemon.socket, client);
    return { daemon, client, counts: () => ({ resent, heard }) };
  }

  it('have a cookie each, and the answer with it', async () => {
    const { daemon, client } = await setUp((request) => [
      `${cookieOf(request)} d6:result4:pong5:about${String(request.length)}:${request}e`,
    ]);
    const [one, two] = await Promise.all([client.request('ping'), client.request('ping')]);
    expect(one.get('result')).toBe('pong');
    expect(one.get('about')).not.toBe(two.get('about'));
    expect(new Set(daemon.requests.map(cookieOf)).size).toBe(daemon.requests.length);
  });

  it('are sent again with the same cookie until an answer comes', async () => {
    const { daemon, client, counts } = await setUp((request, count) =>
      count < 3 ? [] : [`${cookieOf(request)} d6:result4:ponge`],
    );
    await client.request('ping');
    expect(new Set(daemon.requests).size).toBe(1);
    expect(daemon.requests.length).toBeGreaterThanOrEqual(3);
    expect(counts().resent).toBeGreaterThanOrEqual(2);
  });

  it('are given up when nothing comes', async () => {
    const { client, counts } = await setUp(() => []);
    await expect(client.request('ping')).rejects.toMatchObject({ failure: 'timeout' });
    expect(counts().heard).toBe(0);
  });

  it('take no junk for an answer, nor the answer to another request, nor one that comes twice', async () => {
    const { client, counts } = await setUp((request) => {
      const cookie = cookieOf(request);
      const answer = `${cookie} d6:result4:ponge`;
      return ['', ' ', 'junk', `${cookie} junk`, `${cookie} l1:xe`, `x${answer}`, answer, answer];
    });
    await expect(client.request('ping')).resolves.toBeInstanceOf(Map);
    await expect(client.request('ping')).resolves.toBeInstanceOf(Map);
    expect(counts().heard).toBe(2);
  });

  it('fail with the reason that rtpengine gives', async () => {
    const { client } = await setUp((request) => [
      request.includes('5:offer')
        ? `${cookieOf(request)} d12:error-reason15:Unknown call-id6:result5:errore`
        : `${cookieOf(request)} d7:message4:full6:result10:load limite`,
    ]);
    await expect(client.request('offer')).rejects.toMatchObject({
      failure: 'refused',
      message: 'Unknown call-id',
    });
    await expect(client.request('answer')).rejects.toMatchObject({ failure: 'busy' });
  });

  it('end with the client', async () => {
    const { client } = await setUp(() => []);
    const waiting = client.request('ping');
    client.close();
    await expect(waiting).rejects.toMatchObject({ failure: 'closed' });
    await expect(client.request('ping')).rejects.toMatchObject({ failure: 'closed' });
  });
});
