import { beforeEach, describe, expect, it } from 'vitest';
import { ManualClock } from '../signaling/testing/manual-clock.ts';
import { LegWatch } from './leg-watch.ts';

const TIMERS = {
  noAnswerSeconds: 60,
  parkSeconds: 90,
  unansweredParkSeconds: 30,
  mediaSilenceSeconds: 60,
};

let clock: ManualClock;
let expiries: string[];

function watch(timers = TIMERS): LegWatch {
  return new LegWatch(clock, timers, (expiry) => expiries.push(expiry));
}

beforeEach(() => {
  clock = new ManualClock();
  expiries = [];
});

describe('the watch over a leg', () => {
  it('parks an unanswered leg for 30 s and an answered one for 90 s, from the loss', () => {
    const leg = watch();
    leg.partyLost();
    clock.advance(29_000);
    leg.answered();
    leg.partyLost();
    clock.advance(60_000);
    expect(expiries).toEqual([]);
    clock.advance(1_000);
    expect(expiries).toEqual(['away']);
  });

  it('counts silence from when the media went, and only with a socket', () => {
    const leg = watch();
    leg.answered();
    leg.mediaState('connected');
    clock.advance(1_000_000);
    leg.mediaState('disconnected');
    clock.advance(30_000);
    leg.mediaState('failed');
    clock.advance(29_999);
    expect(expiries).toEqual([]);
    clock.advance(1);
    expect(expiries).toEqual(['silent']);
  });

  it('starts over when the media was back, when the leg was held, and when the party was away', () => {
    const leg = watch();
    leg.answered();
    for (const interrupt of [
      () => {
        leg.mediaState('connected');
        leg.mediaState('failed');
      },
      () => {
        leg.held(true);
        leg.held(false);
      },
      () => {
        leg.partyLost();
        leg.partyBack();
      },
    ]) {
      clock.advance(59_000);
      interrupt();
    }
    clock.advance(59_000);
    expect(expiries).toEqual([]);
    clock.advance(1_000);
    expect(expiries).toEqual(['silent']);
  });

  it('never ends a leg for silence when that is switched off, or before its answer', () => {
    watch({ ...TIMERS, mediaSilenceSeconds: 0 }).answered();
    watch().mediaState('failed');
    clock.advance(1_000_000);
    expect(expiries).toEqual([]);
    expect(clock.pending).toBe(0);
  });

  it('expires once, and after dispose never', () => {
    const leg = watch();
    leg.partyLost();
    clock.advance(30_000);
    leg.partyLost();
    leg.answered();
    const other = watch();
    other.partyLost();
    other.dispose();
    other.partyBack();
    other.partyLost();
    clock.advance(1_000_000);
    expect(expiries).toEqual(['away']);
    expect(clock.pending).toBe(0);
  });
});
