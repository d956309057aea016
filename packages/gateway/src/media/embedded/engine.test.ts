import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it, vi } from 'vitest';
import type { TestContext } from 'vitest';
import { RtcpRrPacket, RtcpSrPacket } from 'werift';
import { collectGarbage } from '../../testing/garbage.ts';
import { Party } from '../testing/party.ts';
import { LocalEngine } from './testing/local-engine.ts';

type Finished = TestContext['onTestFinished'];

async function start(finished: Finished, ...options: Parameters<typeof LocalEngine.start>) {
  const local = await LocalEngine.start(...options);
  finished(() => local.close());
  return local;
}

async function party(finished: Finished): Promise<Party> {
  const made = await Party.create();
  finished(() => made.close());
  return made;
}

async function connect(finished: Finished, local: LocalEngine, leg: string): Promise<Party> {
  const made = await party(finished);
  const { sdp } = local.run('offer', { call: 'c', leg, sdp: await made.offer() });
  await made.accept(sdp);
  await vi.waitFor(() => {
    expect(local.states(leg)).toContain('connected');
  }, 10_000);
  return made;
}

// They mostly wait, so they wait together.
describe.concurrent('the media engine', () => {
  it('tells that a party went quiet, that it stays away, and that it is back', async ({
    onTestFinished,
  }) => {
    const local = await start(onTestFinished, { disconnectedMs: 1_000, failedMs: 4_000 });
    const made = await connect(onTestFinished, local, 'a');
    made.talk('x');
    local.drop = () => true;
    await vi.waitFor(() => {
      expect(local.states('a').at(-1)).toBe('failed');
    }, 8_000);
    local.drop = () => false;
    await vi.waitFor(() => {
      expect(local.states('a').at(-1)).toBe('connected');
    }, 5_000);
    const expected = ['connecting', 'connected', 'disconnected', 'failed', 'connected'];
    expect(local.states('a')).toEqual(expected);
  });

  it('sends nothing to a party that is not there, and goes on when it is back', async ({
    onTestFinished,
  }) => {
    const local = await start(onTestFinished, { disconnectedMs: 1_000 });
    const made = await connect(onTestFinished, local, 'a');
    local.run('play', { call: 'c', leg: 'a', source: { kind: 'tone' } });
    await made.listen(3);
    const sent = (): number => local.run('query', { call: 'c' })[0]?.packetsSent ?? 0;
    local.drop = () => true;
    await vi.waitFor(() => {
      expect(local.states('a').at(-1)).toBe('disconnected');
    }, 5_000);
    const before = sent();
    await sleep(300);
    expect(sent()).toBe(before);
    local.drop = () => false;
    await made.listen(3);
    expect(sent()).toBeGreaterThan(before);
  });

  it('stays connected while a party sends no audio but answers', async ({ onTestFinished }) => {
    const local = await start(onTestFinished, { disconnectedMs: 4_000 });
    await connect(onTestFinished, local, 'a');
    await sleep(5_000);
    expect(local.states('a')).toEqual(['connecting', 'connected']);
  });

  it('gives up on a party that never comes', async ({ onTestFinished }) => {
    const local = await start(onTestFinished, { disconnectedMs: 1_000, failedMs: 4_000 });
    const made = await party(onTestFinished);
    local.run('offer', { call: 'c', leg: 'a', sdp: await made.offer() });
    await vi.waitFor(() => {
      expect(local.states('a')).toEqual(['connecting', 'failed']);
    }, 8_000);
    const page = await connect(onTestFinished, local, 'a');
    expect(local.states('a').slice(2)).toEqual(['connecting', 'connected']);
    await page.close();
  });

  it('keeps the old page while a new one does not come up, and forgets the new one', async ({
    onTestFinished,
  }) => {
    const local = await start(onTestFinished, { disconnectedMs: 2_000, failedMs: 4_000 });
    const made = await connect(onTestFinished, local, 'a');
    local.run('play', { call: 'c', leg: 'a', source: { kind: 'echo' } });
    made.talk('old');
    const page = await party(onTestFinished);
    local.run('offer', { call: 'c', leg: 'a', sdp: await page.offer() });
    expect(local.hub.size.agents).toBe(2);
    await vi.waitFor(() => {
      expect(local.hub.size.agents).toBe(1);
    }, 8_000);
    await made.listen(3);
    expect(local.states('a')).toEqual(['connecting', 'connected']);
  });

  it('fills in silence while the far party sends nothing, and stops when it speaks again', async ({
    onTestFinished,
  }) => {
    const local = await start(onTestFinished, { fillMs: 100 });
    const a = await connect(onTestFinished, local, 'a');
    const b = await connect(onTestFinished, local, 'b');
    local.run('connect', { call: 'c', a: 'a', b: 'b' });
    a.talk('a');
    await b.listen(5);
    a.hush();
    await b.until('silence', () => b.heard.at(-1)?.payload.toString('hex') === 'f8fffe');
    a.talk('a');
    await b.until('speech', () => b.heard.at(-1)?.payload.toString() === 'a');
    const again = await b.listen(10);
    expect(again.map(({ payload }) => payload.toString())).toEqual(Array(10).fill('a'));
  });

  it('sends a lost packet again to a party that asks for it', async ({ onTestFinished }) => {
    const local = await start(onTestFinished);
    const made = await connect(onTestFinished, local, 'a');
    local.run('play', { call: 'c', leg: 'a', source: { kind: 'tone' } });
    await made.listen(3);
    let dropped = false;
    local.drop = (data) => {
      const isRtp = data.readUInt8(0) >= 128 && data.readUInt8(1) < 192;
      const lose = isRtp && !dropped;
      if (lose) {
        dropped = true;
      }
      return lose;
    };
    await made.listen(5);
    expect(dropped).toBe(true);
    const numbers = made.heard.map(({ sequence }) => sequence);
    const at = numbers.findIndex((value, i) => i > 0 && value - (numbers[i - 1] ?? 0) === 2);
    const lost = ((numbers[at] ?? 0) - 1) & 0xffff;
    made.ask(made.heard[0]?.ssrc ?? 0, lost);
    await made.until('the lost packet', () => made.heard.some(({ sequence }) => sequence === lost));
  });

  it('tells a party of what the far one loses, so that it protects what it sends', async ({
    onTestFinished,
  }) => {
    const local = await start(onTestFinished);
    // The far party comes first: its port is the one that is heard until then.
    const ports = new Set<number>();
    const deliver = local.hub.datagram.bind(local.hub);
    local.hub.datagram = (socket, data, from, key) => {
      ports.add(from.port);
      deliver(socket, data, from, key);
    };
    const b = await connect(onTestFinished, local, 'b');
    const farPorts = new Set(ports);
    const a = await connect(onTestFinished, local, 'a');
    local.run('connect', { call: 'c', a: 'a', b: 'b' });
    const isRtp = (data: Buffer): boolean => data.readUInt8(0) >= 128 && data.readUInt8(1) < 192;
    let count = 0;
    local.drop = (data, to) =>
      to !== undefined && farPorts.has(to) && isRtp(data) && (count += 1) % 3 === 0;
    a.talk('a');
    const told = (): number =>
      Math.max(
        0,
        ...a.reports.flatMap((packet) =>
          packet instanceof RtcpSrPacket || packet instanceof RtcpRrPacket
            ? packet.reports.map(({ fractionLost }) => fractionLost)
            : [],
        ),
      );
    await b.listen(20);
    await a.until('a report of loss', () => told() > 40, 15_000);
    expect(local.run('query', { call: 'c' }).map(({ packetsLost }) => packetsLost)).toEqual([0, 0]);
  });

  it('passes RED on to a party that has it, and its newest frame to one that has not', async ({
    onTestFinished,
  }) => {
    const local = await start(onTestFinished);
    const a = await party(onTestFinished);
    // The far one first: it takes what we offer, as its SDP says. werift has no RED for Opus, so it is written in.
    const withRed = (sdp: string, type: number, opus: number): string =>
      sdp
        .replace(/^(m=audio \d+ \S+) /m, `$1 ${String(type)} `)
        .replace(
          /^(a=rtpmap:\d+ opus)/im,
          `a=rtpmap:${String(type)} red/48000/2\r\na=fmtp:${String(type)} ${String(opus)}/${String(opus)}\r\n$1`,
        );
    const offered = local.run('offer', {
      call: 'c',
      leg: 'a',
      sdp: withRed(await a.offer(), 63, 111),
    });
    expect(offered.sdp).toContain('m=audio 9 UDP/TLS/RTP/SAVPF 63 111');
    const plain = offered.sdp
      .replace(/^(m=audio \d+ \S+) 63/m, '$1')
      .replaceAll(/^a=(rtpmap|fmtp):63 .*\r\n/gm, '');
    await a.accept(plain);
    const b = await party(onTestFinished);
    const forB = local.run('offer', {
      call: 'c',
      leg: 'b',
      sdp: withRed(await b.offer(), 97, 111),
    });
    await b.accept(
      forB.sdp
        .replace(/^(m=audio \d+ \S+) 97/m, '$1')
        .replaceAll(/^a=(rtpmap|fmtp):97 .*\r\n/gm, ''),
    );
    const c = await connect(onTestFinished, local, 'd');
    await vi.waitFor(() => {
      expect(local.states('a').at(-1)).toBe('connected');
      expect(local.states('b').at(-1)).toBe('connected');
    }, 10_000);
    const red = Buffer.concat([Buffer.from([0x80 | 111, 0, 0, 3, 111]), Buffer.from('oldnew')]);
    const hear = async (far: Party, leg: string): Promise<string[]> => {
      local.run('connect', { call: 'c', a: 'a', b: leg });
      const sent = setInterval(() => {
        sequence += 1;
        a.sendAs(5, sequence, red, 63);
      }, 20);
      await far.until('a frame', () => far.heard.some(({ payload }) => payload.includes('new')));
      clearInterval(sent);
      const frame = far.heard.find(({ payload }) => payload.includes('new'));
      return [String(frame?.payloadType), frame?.payload.toString('latin1') ?? ''];
    };
    let sequence = 100;
    expect(await hear(b, 'b')).toEqual(['97', red.toString('latin1')]);
    expect(await hear(c, 'd')).toEqual(['111', 'new']);
  });

  it('connects over a network that loses a tenth of its packets', async ({ onTestFinished }) => {
    const local = await start(onTestFinished);
    let count = 0;
    local.drop = () => (count += 1) % 10 === 3;
    const made = await connect(onTestFinished, local, 'a');
    local.run('play', { call: 'c', leg: 'a', source: { kind: 'tone' } });
    await made.listen(20);
  });
});

describe('the media engine, in the long run', () => {
  it('leaves nothing behind after two hundred calls', async ({ onTestFinished }) => {
    const local = await start(onTestFinished);
    const page = await party(onTestFinished);
    const sdp = await page.offer();
    const cycle = (i: number): void => {
      const call = `c${String(i)}`;
      local.run('offer', { call, leg: `${call}-a`, sdp });
      local.run('createOffer', { call, leg: `${call}-b`, codecs: ['opus'] });
      local.run('connect', { call, a: `${call}-a`, b: `${call}-b` });
      local.run('play', { call, leg: `${call}-a`, source: { kind: 'ringback' } });
      local.run('delete', { call });
    };
    for (let i = 0; i < 200; i += 1) {
      cycle(i);
    }
    const before = await heapAfterCollection();
    for (let i = 200; i < 400; i += 1) {
      cycle(i);
    }
    const after = await heapAfterCollection();
    expect(local.legCount).toBe(0);
    expect(local.hub.size).toEqual({ agents: 0, checks: 0, paths: 0 });
    local.events.length = 0;
    expect((after - before) / 200).toBeLessThan(2_000);
  });
});

async function heapAfterCollection(): Promise<number> {
  await sleep(50);
  collectGarbage();
  await sleep(50);
  collectGarbage();
  return process.memoryUsage().heapUsed;
}
