import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { writeRequest } from '../net/stun.ts';
import { FrameReader, frame } from './frames.ts';
import { PARTY_BYTES, TOKEN_BYTES, readParty } from './hop.ts';
import { prefixOf } from './place.ts';
import { RELAY_LIMITS } from './relay-limits.ts';
import type { RelayLimits } from './relay-limits.ts';
import { Relay } from './relay.ts';

const TOKEN = Buffer.alloc(TOKEN_BYTES, 7);
const HEADER_BYTES = TOKEN_BYTES + PARTY_BYTES;

const undo: (() => void)[] = [];
afterEach(() => {
  for (const step of undo.splice(0).reverse()) {
    step();
  }
});

/** A check for the agent of so many thread; the rest of the user name is of one leg. */
const check = (place = 0, leg = 'leg'): Buffer =>
  writeRequest({
    transaction: Buffer.alloc(12, 1),
    username: `${prefixOf(place)}${leg}:theirs`,
    password: 'secret',
    priority: 1,
    controlling: true,
    tieBreaker: 1n,
  });

/** A media thread that keeps what it gets, and says what it is told to. */
class Thread {
  readonly got: Buffer[] = [];
  readonly headers: Buffer[] = [];
  answers = true;
  readonly #udp = createSocket('udp4');
  #relay = 0;

  async open(): Promise<number> {
    this.#udp.on('message', (data, from) => {
      this.#relay = from.port;
      this.headers.push(data.subarray(0, HEADER_BYTES));
      this.got.push(data.subarray(HEADER_BYTES));
      if (this.answers) {
        this.say(data.subarray(TOKEN_BYTES, HEADER_BYTES), 'answer');
      }
    });
    this.#udp.bind(0, '127.0.0.1');
    await once(this.#udp, 'listening');
    undo.push(() => this.#udp.close());
    return this.#udp.address().port;
  }

  say(party: Buffer, data: string | Buffer): void {
    this.#udp.send([party, Buffer.from(data)], this.#relay, '127.0.0.1');
  }

  get parties(): Buffer[] {
    return this.headers.map((header) => header.subarray(TOKEN_BYTES));
  }
}

async function setup(limits: Partial<RelayLimits> = {}) {
  const threads = [new Thread(), new Thread()];
  const relay = await Relay.open(TOKEN, { ...RELAY_LIMITS, ...limits });
  undo.push(() => {
    relay.close();
  });
  relay.useThreads([...(await Promise.all(threads.map((thread) => thread.open()))), null]);
  const server = createServer((socket) => {
    relay.take(socket, Buffer.alloc(0));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  undo.push(() => server.close());
  const { port } = server.address() as AddressInfo;
  const [first, second] = threads as [Thread, Thread];
  return { relay, first, second, call: () => call(port) };
}

interface Caller {
  readonly socket: Socket;
  readonly heard: string[];
  readonly closed: Promise<unknown>;
}

function call(port: number): Caller {
  const socket = connect(port, '127.0.0.1');
  const heard: string[] = [];
  const reader = new FrameReader();
  socket.on('data', (bytes: Buffer) => {
    reader.push(bytes, (packet) => heard.push(packet.toString('latin1')));
  });
  socket.on('error', () => undefined);
  undo.push(() => socket.destroy());
  const closed = new Promise((resolve) => socket.once('close', resolve));
  return { socket, heard, closed };
}

describe('the relay of media over TCP', () => {
  it('takes packets to the thread that the first check is for, with the party that they are of, and back', async () => {
    const { first, second, call: open } = await setup();
    const { socket, heard } = open();
    socket.write(Buffer.concat([frame(check(1)), frame(Buffer.from('hello'))]));
    await expect.poll(() => second.got.map(String).at(-1)).toBe('hello');
    expect(second.got[0]).toEqual(check(1));
    expect(second.headers[0]?.subarray(0, TOKEN_BYTES)).toEqual(TOKEN);
    expect(readParty(second.parties[0] ?? Buffer.alloc(0))).toEqual({
      address: '127.0.0.1',
      port: socket.localPort,
    });
    await expect.poll(() => heard).toEqual(['answer', 'answer']);
    expect(first.got).toEqual([]);
  });

  it.each([
    ['no check', frame(Buffer.from('no check at all, but long enough'))],
    ['a check for no thread', frame(check(2))],
    ['a check for a thread that never was', frame(check(77))],
    ['a packet above what any browser sends', Buffer.from([0x1f, 0xff])],
    ['an empty packet', Buffer.from([0, 0])],
  ])('ends a connection that begins with %s', async (_what, bytes) => {
    const { relay, call: open } = await setup();
    const { socket, closed } = open();
    socket.write(bytes);
    await closed;
    await expect.poll(() => relay.counts).toMatchObject({ open: 0, refused: 1 });
  });

  it('ends a connection on which no check is answered: after a while, and after a few packets', async () => {
    const { first, relay, call: open } = await setup({ answerMs: 200 });
    first.answers = false;
    const silent = open();
    await silent.closed;
    const flood = open();
    flood.socket.write(Buffer.concat(Array.from({ length: 1_000 }, () => frame(check()))));
    await flood.closed;
    expect(first.got.length).toBeLessThanOrEqual(32);
    await expect.poll(() => relay.counts).toMatchObject({ open: 0, refused: 2 });
  });

  it('ends a connection that nothing was said on for a while', async () => {
    const { relay, call: open } = await setup({ idleMs: 200 });
    const { socket, heard, closed } = open();
    socket.write(frame(check()));
    await expect.poll(() => heard).toEqual(['answer']);
    await closed;
    await expect.poll(() => relay.counts).toMatchObject({ open: 0, refused: 0 });
  });

  it('takes so many connections of an address, of a leg, and in all', async () => {
    const { relay, call: open } = await setup({
      unansweredPerAddress: 2,
      perLeg: 2,
      perAddress: 4,
    });
    const waiting = [open(), open()];
    await expect.poll(() => relay.counts.open).toBe(2);
    await open().closed;
    for (const { socket } of waiting) {
      socket.write(frame(check()));
    }
    await expect.poll(() => waiting.flatMap(({ heard }) => heard)).toEqual(['answer', 'answer']);
    const third = open();
    third.socket.write(frame(check()));
    await third.closed;
    const others = [open(), open()];
    for (const { socket } of others) {
      socket.write(frame(check(0, 'other')));
    }
    await expect.poll(() => others.flatMap(({ heard }) => heard)).toEqual(['answer', 'answer']);
    await open().closed;
    expect(relay.counts).toMatchObject({ open: 4, refused: 3 });
  });

  it('drops packets for a party that does not read, and keeps a bounded number of bytes for it', async () => {
    const { first, relay, call: open } = await setup();
    const { socket, heard } = open();
    socket.write(frame(check()));
    await expect.poll(() => heard).toEqual(['answer']);
    socket.pause();
    const [party] = first.parties;
    if (!party) {
      throw new Error('no party');
    }
    const packet = Buffer.alloc(1_200);
    const before = process.memoryUsage().arrayBuffers;
    // Far more than the system's own buffers take, a few at a time, so that none is lost on loopback.
    for (let sent = 0; relay.counts.dropped < 2_000; sent += 1) {
      first.say(party, packet);
      if (sent % 20 === 0) {
        await new Promise((resolve) => setImmediate(resolve));
      }
      expect(sent).toBeLessThan(100_000);
    }
    expect(relay.counts.open).toBe(1);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(8 * 1024 * 1024);
    // Reading again, it hears what is sent from then on.
    socket.resume();
    await expect
      .poll(() => {
        first.say(party, 'now');
        return heard.at(-1);
      })
      .toBe('now');
  });

  it('reads a party that sends too much more slowly, and loses none of it', async () => {
    const { first, call: open } = await setup({ packetsPerSecond: 200 });
    const { socket, heard } = open();
    socket.write(frame(check()));
    await expect.poll(() => heard).toEqual(['answer']);
    const packets = Array.from({ length: 300 }, (_, index) =>
      frame(Buffer.from(`p${String(index)}`)),
    );
    const since = performance.now();
    socket.write(Buffer.concat(packets.slice(0, 250)));
    await expect.poll(() => first.got.length).toBe(251);
    socket.write(Buffer.concat(packets.slice(250)));
    await expect.poll(() => first.got.length).toBe(301);
    // More than 40 beyond the 200 that may come at once: a fifth of a second, before the second part was read.
    expect(performance.now() - since).toBeGreaterThan(200);
    expect(first.got.at(-1)?.toString()).toBe('p299');
  });

  it('ignores packets that come from no media thread', async () => {
    const { first, relay, call: open } = await setup();
    const { socket, heard } = open();
    socket.write(frame(check()));
    await expect.poll(() => heard).toEqual(['answer']);
    const stranger = createSocket('udp4');
    await new Promise((resolve) => {
      stranger.send(
        [first.parties[0] ?? '', Buffer.from('forged')],
        relay.port,
        '127.0.0.1',
        resolve,
      );
    });
    stranger.close();
    first.say(first.parties[0] ?? Buffer.alloc(0), 'real');
    await expect.poll(() => heard).toEqual(['answer', 'real']);
  });
});
