import { beforeEach, describe, expect, it } from 'vitest';
import type { LegStats } from '../media/media-plane.ts';
import { ManualClock } from '../signaling/testing/manual-clock.ts';
import { MediaSampler } from './media-sampler.ts';

const TURN = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));

function stats(more: Partial<LegStats> = {}): LegStats {
  return {
    leg: 'a',
    state: 'connected',
    codec: 'opus',
    packetsReceived: 0,
    bytesReceived: 0,
    packetsLost: 0,
    jitter: 0.003,
    packetsSent: 0,
    bytesSent: 0,
    silentForMs: 0,
    ...more,
  };
}

let clock: ManualClock;
let live: Set<string>;
let counted: LegStats;
let asked: number;
let sampler: MediaSampler;
let hold: Promise<void>;

beforeEach(() => {
  clock = new ManualClock();
  live = new Set(['c']);
  counted = stats();
  asked = 0;
  hold = Promise.resolve();
  sampler = new MediaSampler({
    clock,
    query: async () => {
      asked += 1;
      await hold;
      return [counted];
    },
    calls: () => live,
    lives: (call) => live.has(call),
  });
});

async function pass(more: Partial<LegStats>): Promise<void> {
  counted = stats(more);
  clock.advance(5000);
  await TURN();
}

describe('the sampler of the media plane', () => {
  it('keeps what was counted over time, its last counters included', async () => {
    await pass({ packetsReceived: 250 });
    await pass({ packetsReceived: 480, packetsLost: 20 });
    clock.advance(1000);
    const points = sampler.finish('c', stats({ packetsReceived: 530, packetsLost: 20 }));
    expect(points.map(({ packetsReceived }) => packetsReceived)).toEqual([250, 480, 530]);
    expect(points.map(({ t }) => t - (points[0]?.t ?? 0))).toEqual([0, 5000, 6000]);
    expect(sampler.latest('a')).toBeNull();
  });

  it('tells what a leg does now', async () => {
    await pass({ packetsReceived: 250, bytesReceived: 20_000 });
    await pass({ packetsReceived: 475, packetsLost: 25, bytesReceived: 40_000 });
    expect(sampler.latest('a')).toMatchObject({ lossPercent: 10, inKbps: 32, jitterMs: 3 });
  });

  it('thins a long call, and keeps its whole length', async () => {
    for (let index = 1; index <= 4 * 720; index += 1) {
      await pass({ packetsReceived: index });
    }
    const points = sampler.finish('c', stats({ packetsReceived: 9999 }));
    expect(points.length).toBeLessThanOrEqual(722);
    expect(points.length).toBeGreaterThan(300);
    expect(points[0]?.packetsReceived).toBe(1);
    expect(points.at(-1)?.packetsReceived).toBe(9999);
  });

  it('asks a plane that is slow once, and takes no answer of a call that is over', async () => {
    let release = (): void => undefined;
    hold = new Promise((resolve) => (release = resolve));
    clock.advance(5000);
    clock.advance(5000);
    expect(asked).toBe(1);
    live.clear();
    release();
    await TURN();
    expect(sampler.latest('a')).toBeNull();
  });

  it('leaves nothing behind', async () => {
    await pass({});
    sampler.forget('c');
    expect(sampler.latest('a')).toBeNull();
    sampler.close();
    expect(clock.pending).toBe(0);
  });
});
