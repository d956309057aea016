import { describe, expect, it } from 'vitest';
import { OuterStream } from '../rtp/outer-stream.ts';
import { NO_PROTECTION } from '../rtp/plain.ts';
import { EventPlayer } from './event-player.ts';

const CLOCK = 48_000;
const EVENT = 101;

/** Plays two digits, each 20 ms at the time that `at` says; returns how far apart they are by the stream's clock, in milliseconds. */
function apart(at: (tick: number) => number): number {
  const started: number[] = [];
  const outer = new OuterStream(1, NO_PROTECTION, (packet) => {
    const isMarked = packet.readUInt8(1) >= 0x80;
    if (isMarked) {
      started.push(packet.readUInt32BE(4));
    }
  });
  const player = new EventPlayer();
  player.add('12');
  for (let tick = 0; tick < 40; tick++) {
    player.tick(outer, EVENT, CLOCK, CLOCK, at(tick));
  }
  const [first, second, ...more] = started;
  expect(more).toEqual([]);
  return (((second ?? 0) - (first ?? 0)) >>> 0) / (CLOCK / 1000);
}

describe('digits that are played as events', () => {
  it('are as far apart as a person at the far end needs', () => {
    const ms = apart((tick) => tick * 20);
    expect(ms).toBeGreaterThanOrEqual(200);
    expect(ms).toBeLessThanOrEqual(240);
  });

  it('are so too when the thread was held up, and plays what it missed at once', () => {
    expect(
      apart((tick) => (tick < 4 ? tick * 20 : Math.max(tick * 20, 280))),
    ).toBeGreaterThanOrEqual(200);
    expect(apart(() => 1000)).toBeGreaterThanOrEqual(200);
  });
});
