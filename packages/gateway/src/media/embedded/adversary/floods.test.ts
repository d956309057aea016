import { describe, expect, it, vi } from 'vitest';
import type { TestContext } from 'vitest';
import { Party } from '../../testing/party.ts';
import type { LegLimitOptions } from '../leg-limits.ts';
import { LegLimits, LEG_LIMITS, RefusalCounts } from '../leg-limits.ts';
import { isRtcp } from '../rtp/rtp.ts';
import { LocalEngine } from '../testing/local-engine.ts';

type Finished = TestContext['onTestFinished'];
type Datagram = Parameters<LocalEngine['hub']['datagram']>;

const isRtp = (data: Buffer): boolean => {
  const [first = 0] = data;
  return first >= 128 && first < 192 && !isRtcp(data);
};

/** Two parties that talk to each other, and every RTP datagram that reaches the engine from the first one. */
async function pair(finished: Finished, limits: Partial<LegLimitOptions> = {}) {
  const local = await LocalEngine.start({}, limits);
  finished(() => local.close());
  const made: Party[] = [];
  for (const leg of ['a', 'b']) {
    const party = await Party.create();
    finished(() => party.close());
    const { sdp } = local.run('offer', { call: 'c', leg, sdp: await party.offer() });
    await party.accept(sdp);
    await vi.waitFor(() => {
      expect(local.states(leg)).toContain('connected');
    }, 10_000);
    made.push(party);
  }
  const [a, b] = made;
  if (!a || !b) {
    throw new Error('no parties');
  }
  local.run('connect', { call: 'c', a: 'a', b: 'b' });
  const seen: Datagram[] = [];
  const deliver = local.hub.datagram.bind(local.hub);
  local.hub.datagram = (...args: Datagram) => {
    if (isRtp(args[1])) {
      seen.push([args[0], Buffer.from(args[1]), args[2], args[3]]);
    }
    deliver(...args);
  };
  return { local, a, b, seen, deliver };
}

const spoken = (party: Party): string[] =>
  party.heard.map(({ payload }) => payload.toString()).filter((text) => text.startsWith('n'));

describe('a party that floods', () => {
  it('has eight sources: further ones are refused, and none is forgotten', async ({
    onTestFinished,
  }) => {
    const { local, a, b, seen, deliver } = await pair(onTestFinished);
    a.sendAs(1, 100, Buffer.from('n1'));
    await b.until('the first source', () => spoken(b).includes('n1'));
    const first = seen.at(-1);
    if (!first) {
      throw new Error('nothing came');
    }
    for (let ssrc = 2; ssrc <= 30; ssrc += 1) {
      a.sendAs(ssrc, 100, Buffer.from(`n${String(ssrc)}`));
    }
    a.sendAs(1, 101, Buffer.from('nlast'));
    await b.until('what the first source said last', () => spoken(b).includes('nlast'));
    expect(spoken(b).sort()).toEqual(['n1', 'n2', 'n3', 'n4', 'n5', 'n6', 'n7', 'n8', 'nlast']);
    expect(local.refusals.take()).toMatchObject({ sources: 22 });
    // A replay is one still: every nonce is checked by the ledger, too, in this test's process.
    const before = spoken(b).length;
    deliver(...first);
    a.sendAs(1, 102, Buffer.from('nafter'));
    await b.until('the next packet', () => spoken(b).includes('nafter'));
    expect(spoken(b).length).toBe(before + 1);
  });

  it('is cut to its packets and bytes a second, before anything is decrypted', async ({
    onTestFinished,
  }) => {
    const { local, a, seen, deliver } = await pair(onTestFinished);
    a.say('x');
    await vi.waitFor(
      () => {
        expect(seen.length).toBeGreaterThan(0);
      },
      { timeout: 30_000 },
    );
    const [socket, , from, key] = seen[0] ?? [];
    if (!socket || !from || !key) {
      throw new Error('nothing came');
    }
    for (let i = 0; i < 26_000; i += 1) {
      deliver(socket, Buffer.from([0x80, 111, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]), from, key);
    }
    expect(local.refusals.take()?.packets).toBeGreaterThan(24_000);
  });

  it('has twenty digits a second', async ({ onTestFinished }) => {
    const { local, a, b } = await pair(onTestFinished, {
      packetsPerSecond: 1e6,
      bytesPerSecond: 1e9,
    });
    const end = (sequence: number): void => {
      a.sendAs(7, sequence, Buffer.from([1, 0x8a, 3, 0x20]), 110);
    };
    for (let i = 1; i <= 300; i += 1) {
      end(i);
    }
    a.sendAs(7, 301, Buffer.from('nlast'));
    await b.until('the last packet', () => spoken(b).includes('nlast'));
    const digits = local.events.filter(({ type }) => type === 'dtmf').length;
    const refused = local.refusals.take()?.digits ?? 0;
    expect(digits + refused).toBe(300);
    expect(refused).toBeGreaterThan(200);
  });
});

describe('the limits of a leg', () => {
  it('let pass what audio needs, for ever, and count what they refuse', () => {
    const counts = new RefusalCounts();
    const limits = new LegLimits(LEG_LIMITS, counts, 0);
    for (let now = 0; now < 60_000; now += 10) {
      expect(limits.packet(1_300, now)).toBe(true);
    }
    for (let i = 0; i < 20; i += 1) {
      expect(limits.digit(60_000)).toBe(true);
    }
    expect(counts.take()).toBeNull();
    expect(limits.digit(60_000)).toBe(false);
    expect(limits.packet(500_000, 60_000)).toBe(false);
    limits.source();
    expect(counts.take()).toEqual({ packets: 0, bytes: 1, digits: 1, sources: 1, unsent: 0 });
    expect(counts.take()).toBeNull();
  });
});
