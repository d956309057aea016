import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { readFile } from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';
import type { MediaEvent } from '../media-plane.ts';
import { Party } from '../testing/party.ts';
import { ownAddresses } from './addresses.ts';
import type { EmbeddedMediaOptions } from './options.ts';
import { resolveOptions } from './options.ts';
import { EmbeddedMediaPlane } from './plane.ts';
import { WorkerHandle } from './worker-handle.ts';

const planes: EmbeddedMediaPlane[] = [];
afterEach(async () => {
  for (const plane of planes.splice(0)) {
    await plane.close();
  }
});

const BAD_WORKER = new URL('./testing/worker.fixture.ts', import.meta.url);

async function started(options: EmbeddedMediaOptions = {}, script?: URL) {
  const plane = new EmbeddedMediaPlane(
    { workers: 1, bind: ['127.0.0.1'], ...options },
    (settings, handlers) =>
      WorkerHandle.start(settings, handlers, script ? { script, quietMs: 1_000 } : {}),
  );
  planes.push(plane);
  await plane.start();
  const events: MediaEvent[] = [];
  plane.subscribe((event) => events.push(event));
  return { plane, events };
}

const codeOf = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => 'it was done',
    (error: unknown) => (error as { code?: unknown }).code ?? error,
  );

const offer = (plane: EmbeddedMediaPlane, call: string, leg = `${call}-a`) =>
  plane.offer({ call, leg, sdp: 'v=0' });

/** Addresses that the plane's answer to a new leg names, best first. */
async function offered(plane: EmbeddedMediaPlane, call: string): Promise<string[]> {
  const party = await Party.create();
  const { sdp } = await plane.offer({ call, leg: `${call}-a`, sdp: await party.offer() });
  await party.close();
  return [...sdp.matchAll(/^a=candidate:\S+ 1 udp \d+ (\S+)/gm)].map(([, address = '']) => address);
}

describe('the embedded plane', () => {
  it('settles every verb before its start and after its end, and closes twice', async () => {
    const plane = new EmbeddedMediaPlane({ workers: 1, bind: ['127.0.0.1'] });
    expect(await codeOf(offer(plane, 'c'))).toBe('closed');
    await plane.start();
    await Promise.all([plane.close(), plane.close()]);
    expect(await codeOf(offer(plane, 'c'))).toBe('closed');
    expect(await codeOf(plane.query('c'))).toBe('closed');
    await plane.delete({ call: 'c' });
  });

  it('settles what is under way when it is closed', async () => {
    const { plane } = await started({}, BAD_WORKER);
    const hanging = codeOf(offer(plane, 'mute'));
    await plane.close();
    expect(await hanging).toBe('closed');
  });

  it('closes while it starts', async () => {
    const plane = new EmbeddedMediaPlane({ workers: 1, bind: ['127.0.0.1'] });
    const starting = codeOf(plane.start());
    await plane.close();
    expect(await starting).toBe('closed');
  });

  it.each(['dies', 'throws', 'hangs'])(
    'reports the legs of a worker that %s as lost, and replaces it',
    async (call) => {
      const { plane, events } = await started({}, BAD_WORKER);
      await offer(plane, 'sound');
      expect(await codeOf(offer(plane, call))).toBe('lost');
      expect(events).toContainEqual({ type: 'lost', call: 'sound', leg: 'sound-a' });
      expect(await plane.query('sound')).toEqual([]);
      expect(await codeOf(plane.hold({ call: 'sound', leg: 'sound-a', on: true }))).toBe(
        'unknown_leg',
      );
      await expect
        .poll(() => codeOf(offer(plane, 'sound')), { timeout: 10_000 })
        .toBe('it was done');
    },
    20_000,
  );

  it('tells a thread that lives and does not answer from one that is gone', async () => {
    const { plane, events } = await started({}, BAD_WORKER);
    await offer(plane, 'sound');
    expect(await codeOf(offer(plane, 'mute'))).toBe('lost');
    expect(events).toEqual([]);
    expect(await codeOf(offer(plane, 'sound', 'other'))).toBe('it was done');
  });

  it('loses no call when the signalling thread stands still', async () => {
    const { plane, events } = await started({}, BAD_WORKER);
    await offer(plane, 'sound');
    // A verb waits for its answer, and the stall comes inside a callback, where timers are due before any message is read.
    const waiting = codeOf(offer(plane, 'sound', 'other'));
    await new Promise<void>((resolve) => {
      readFile(new URL(import.meta.url), () => {
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 4_000);
        resolve();
      });
    });
    expect(await waiting).toBe('it was done');
    expect(events).toEqual([]);
    expect(await codeOf(offer(plane, 'sound', 'third'))).toBe('it was done');
  });

  it('loses its own calls only, and names the error, when twenty threads are killed under load', async () => {
    const { plane, events } = await started({ workers: 20 }, BAD_WORKER);
    // Two calls a thread: the least loaded one takes the next.
    const calls = Array.from({ length: 40 }, (_, i) => `call ${String(i)}`);
    for (const call of calls) {
      await offer(plane, call);
    }
    const gone = new Set<string>();
    for (let place = 0; place < 20; place += 1) {
      events.length = 0;
      const victim = calls.find((call) => !gone.has(call)) ?? '';
      const living = calls.filter((call) => !gone.has(call) && call !== victim);
      const [death, ...codes] = await Promise.all([
        codeOf(offer(plane, victim, ['dies', 'throws', 'hangs'][place % 3])),
        ...living.map((call) => codeOf(offer(plane, call, `${call}-${String(place)}`))),
      ]);
      expect(death).toBe('lost');
      const lost = new Set(events.flatMap((event) => (event.type === 'lost' ? [event.call] : [])));
      expect(lost.size).toBe(2);
      living.forEach((call, i) => {
        // A thread that throws may have answered before.
        expect(lost.has(call) ? ['lost', 'it was done'] : ['it was done']).toContain(codes[i]);
      });
      for (const call of lost) {
        gone.add(call);
      }
    }
    expect(gone.size).toBe(40);
  }, 120_000);

  it('takes a line for the log for no sign that a thread is ready', async () => {
    const lines: string[] = [];
    const handle = await WorkerHandle.start(
      resolveOptions({ workers: 1 }).settingsOf(
        0,
        { own: ['127.0.0.1'], public: [], tcp: null },
        Buffer.alloc(16),
      ),
      {
        event: () => {},
        refused: () => {},
        lost: () => {},
        log: (level, message) => lines.push(`${level} ${message}`),
      },
      { script: BAD_WORKER },
    );
    // The fixture writes a line before it is ready.
    expect(lines).toEqual(['error an address is gone', 'info media on UDP ']);
    await handle.close();
  });

  it('starts when one of its addresses cannot be bound, says so as an error, and not at all when none can', async () => {
    const settings = (...own: string[]) =>
      resolveOptions({ workers: 1 }).settingsOf(
        0,
        { own, public: [], tcp: null },
        Buffer.alloc(16),
      );
    const errors: string[] = [];
    const handlers = {
      event: () => {},
      refused: () => {},
      lost: () => {},
      log: (level: string, message: string) => {
        if (level === 'error') {
          errors.push(message);
        }
      },
    };
    const handle = await WorkerHandle.start(settings('192.0.2.1', '127.0.0.1'), handlers);
    expect(errors).toHaveLength(1);
    expect(errors[0]).toContain('192.0.2.1');
    await handle.close();
    await expect(WorkerHandle.start(settings('192.0.2.1'), handlers)).rejects.toThrow(
      /cannot start/,
    );
  });

  it('takes no new call on a thread that is late already', async () => {
    const plane = new EmbeddedMediaPlane(
      { workers: 1, bind: ['127.0.0.1'], maxLagMs: 50 },
      async (settings, handlers) => {
        const handle = await WorkerHandle.start(settings, handlers, { script: BAD_WORKER });
        handle.isLate = (lagMs) => lagMs === 50 && late;
        return handle;
      },
    );
    planes.push(plane);
    let late = false;
    await plane.start();
    await offer(plane, 'first');
    late = true;
    expect(await codeOf(offer(plane, 'second'))).toBe('no_capacity');
    expect(await codeOf(offer(plane, 'first', 'other'))).toBe('it was done');
    late = false;
    expect(await codeOf(offer(plane, 'second'))).toBe('it was done');
  });

  it('four invites of 62 kB do not hurt a stranger’s call', async () => {
    const { plane, events } = await started({});
    const party = await Party.create();
    const { sdp } = await plane.offer({ call: 'c', leg: 'a', sdp: await party.offer() });
    await party.accept(sdp);
    await plane.play({ call: 'c', leg: 'a', source: { kind: 'tone' } });
    await party.listen(3, 10_000);
    const formats = Array.from({ length: 10_500 }, (_, i) => String(i % 128)).join(' ');
    const costly = [
      ...(await party.offer())
        .split('\r\n')
        .map((line) => (line.startsWith('m=audio') ? `${line} ${formats}` : line)),
      ...Array<string>(1_500).fill('a=rtcp-fb:* nack'),
    ].join('\r\n');
    const codes = await Promise.all(
      ['w', 'x', 'y', 'z'].map((call) => codeOf(plane.offer({ call, leg: call, sdp: costly }))),
    );
    expect(codes).toEqual(['bad_sdp', 'bad_sdp', 'bad_sdp', 'bad_sdp']);
    expect(events.filter(({ type }) => type === 'lost')).toEqual([]);
    await party.listen(10, 10_000);
    await party.close();
  });

  it('spreads calls over its workers, and keeps the legs of one together', async () => {
    const starts: number[] = [];
    const counts: number[] = [];
    const plane = new EmbeddedMediaPlane(
      { workers: 2, bind: ['127.0.0.1'] },
      async (settings, handlers) => {
        const place = starts.push(1) - 1;
        counts[place] = 0;
        const handle = await WorkerHandle.start(settings, handlers, { script: BAD_WORKER });
        const run = handle.run.bind(handle);
        handle.run = (verb, request) => {
          counts[place] = (counts[place] ?? 0) + 1;
          return run(verb, request);
        };
        return handle;
      },
    );
    planes.push(plane);
    await plane.start();
    for (const call of ['a', 'b', 'c', 'd']) {
      for (const leg of ['1', '2']) {
        await offer(plane, call, `${call}${leg}`);
      }
    }
    expect(counts).toEqual([4, 4]);
  });

  it('refuses legs beyond what its workers take, and takes them when others end', async () => {
    const { plane } = await started({ maxLegsPerWorker: 2 });
    const party = await Party.create();
    const sdp = await party.offer();
    await plane.offer({ call: 'c', leg: 'a', sdp });
    await plane.offer({ call: 'c', leg: 'b', sdp });
    expect(await codeOf(plane.offer({ call: 'd', leg: 'c', sdp }))).toBe('no_capacity');
    await plane.delete({ call: 'c' });
    await plane.offer({ call: 'd', leg: 'c', sdp });
    await party.close();
  });

  it('uses the ports it is given, and says so when none is free', async () => {
    const taken = createSocket('udp4');
    taken.bind(0, '127.0.0.1');
    await once(taken, 'listening');
    const { port } = taken.address();
    const options = { portMin: port, portMax: port };
    await expect(started(options)).rejects.toThrow(
      /none of the UDP ports \d+ is free on 127\.0\.0\.1; stop what uses them .*media\.portMin/,
    );
    taken.close();
    await once(taken, 'close');
    const { plane } = await started(options);
    const party = await Party.create();
    const { sdp } = await plane.offer({ call: 'c', leg: 'a', sdp: await party.offer() });
    expect(sdp).toMatch(new RegExp(`^a=candidate:1 1 udp \\d+ 127.0.0.1 ${String(port)} typ`, 'm'));
    await party.close();
  });

  it('names public addresses in its candidates first, and its own beside them', async () => {
    const bind = ['127.0.0.1', ...ownAddresses({ bind: [], localOnly: false }).slice(0, 1)];
    const { plane } = await started({ bind, publicAddresses: ['203.0.113.7', '2001:db8::7'] });
    const addresses = await offered(plane, 'c');
    // There is no IPv6 socket that the other address could lead to, and loopback is no place to send others to.
    expect(addresses).toEqual(['203.0.113.7', ...bind.filter((each) => each !== '127.0.0.1')]);
  });

  it('carries a call over IPv6', async () => {
    const { plane } = await started({ bind: ['::1'] });
    const party = await Party.create();
    const { sdp } = await plane.offer({ call: 'c', leg: 'a', sdp: await party.offer() });
    await party.accept(sdp);
    await plane.play({ call: 'c', leg: 'a', source: { kind: 'tone' } });
    await party.listen(3, 10_000);
    await party.close();
  });

  it.each([
    [{ workers: 0 }],
    [{ bind: ['localhost'] }],
    [{ publicAddresses: ['stun:example.com:0'] }],
    [{ disconnectedMs: 10, failedMs: 10 }],
    [{ workers: 3, portMin: 2_000, portMax: 2_001 }],
    [{ portMin: 0 }],
  ])('refuses options that cannot be: %o', (options) => {
    expect(() => resolveOptions(options)).toThrow(RangeError);
  });
});
