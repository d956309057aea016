import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { boundsOf, estimateClock } from './clock.ts';
import type { ClockPair } from './clock.ts';

const delay = fc.integer({ min: 0, max: 5000 });
const message = fc.record({ at: fc.integer({ min: 0, max: 3_600_000 }), delay, up: fc.boolean() });

/** Messages either way between a gateway and a client whose clock is off. */
function pairsOf(
  offset: number,
  messages: readonly { at: number; delay: number; up: boolean }[],
): ClockPair[] {
  return messages.map(({ at, delay: ms, up }) =>
    up
      ? { client: at - offset, gateway: at + ms, first: 'client' }
      : { client: at + ms - offset, gateway: at, first: 'gateway' },
  );
}

describe('the clock of a client', () => {
  it('is never guessed further from the truth than it says', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: -1e9, max: 1e9 }),
        fc.array(message, { maxLength: 12 }),
        (offset, messages) => {
          const { offsetMs, withinMs } = estimateClock(boundsOf(pairsOf(offset, messages)));
          if (withinMs !== null) {
            expect(Math.abs(offsetMs - offset)).toBeLessThanOrEqual(withinMs);
          }
        },
      ),
    );
  });

  it('is left alone where nothing contradicts it', () => {
    fc.assert(
      fc.property(fc.array(message), (messages) => {
        expect(estimateClock(boundsOf(pairsOf(0, messages))).offsetMs).toBe(0);
      }),
    );
  });

  it('is moved no further than one side forces, where the other is unknown', () => {
    const late = pairsOf(3_600_000, [{ at: 10, delay: 40, up: false }]);
    expect(estimateClock(boundsOf(late))).toEqual({ offsetMs: 3_599_960, withinMs: null });
    expect(estimateClock(boundsOf([]))).toEqual({ offsetMs: 0, withinMs: null });
  });
});
