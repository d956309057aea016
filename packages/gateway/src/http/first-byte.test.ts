import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { describe, expect, it } from 'vitest';
import { ask, open, start, useFreshFolder } from './testing/harness.ts';
import { makeCertificate } from './testing/certificate.ts';

useFreshFolder();

interface Taken {
  readonly first: Buffer;
  readonly socket: Socket;
}

async function startWith(tls?: { cert: string; key: string }) {
  const taken: Taken[] = [];
  const running = await start(
    {},
    { takeMedia: (socket, first) => taken.push({ socket, first }), ...(tls ? { tls } : {}) },
  );
  const [, port = ''] = running.base.split(':');
  return { ...running, taken, port: Number(port) };
}

/** Sends byte by byte, and returns what comes until the other side has said enough or ended. */
async function slowly(
  socket: NodeJS.ReadWriteStream,
  text: string,
  enough: RegExp,
): Promise<string> {
  let answer = '';
  for (const byte of Buffer.from(text, 'latin1')) {
    socket.write(Buffer.from([byte]));
    await new Promise((resolve) => setImmediate(resolve));
  }
  for await (const chunk of socket) {
    answer += String(chunk);
    if (enough.test(answer)) {
      break;
    }
  }
  return answer;
}

const REQUEST = 'GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n';

describe('one port for everything', () => {
  it('answers HTTP and WebSockets as before, however slowly they come, also several requests at once', async () => {
    const { base, port } = await startWith();
    expect((await ask(base, '/healthz')).status).toBe(200);
    expect(await open(base)).toMatchObject({ open: true });
    const socket = connect(port, '127.0.0.1');
    expect(await slowly(socket, REQUEST, /"ok"/)).toContain('200 OK');
    const both = connect(port, '127.0.0.1');
    expect((await slowly(both, REQUEST + REQUEST, /"ok".*"ok"/s)).match(/200 OK/g)).toHaveLength(2);
  });

  it('answers TLS, and gives connections that begin as media does away, with all that was read', async () => {
    const { taken, port } = await startWith(await makeCertificate('localhost'));
    const secure = connectTls({ port, host: '127.0.0.1', rejectUnauthorized: false });
    expect(await slowly(secure, REQUEST, /"ok"/)).toContain('200 OK');
    const media = connect(port, '127.0.0.1');
    media.write(Buffer.from([0, 3, 1, 2, 3]));
    await expect.poll(() => taken.length).toBe(1);
    expect(taken[0]?.first).toEqual(Buffer.from([0, 3, 1, 2, 3]));
    // What comes now is for its new owner: here it is neither read nor lost.
    await new Promise((resolve) => media.write('more', resolve));
    const again = connectTls({ port, host: '127.0.0.1', rejectUnauthorized: false });
    expect(await slowly(again, REQUEST, /"ok"/)).toContain('200 OK');
    expect(taken[0]?.socket.bytesRead).toBe(5);
    taken[0]?.socket.destroy();
    media.destroy();
  });

  it('ends a connection that ends without a word', async () => {
    const { port } = await startWith();
    const silent = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
    const ended = new Promise((resolve) => silent.once('end', resolve));
    silent.resume();
    silent.end();
    await ended;
    silent.destroy();
  });

  it('ends with connections that never said anything', async () => {
    const { http, port } = await startWith();
    const silent = connect(port, '127.0.0.1');
    const ended = new Promise((resolve) => silent.once('close', resolve));
    silent.on('error', () => undefined);
    await new Promise((resolve) => silent.once('connect', resolve));
    await http.close();
    await ended;
  });
});
