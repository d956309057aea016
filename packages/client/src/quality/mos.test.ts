import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { frameMos, qualityOf, warningMos } from './mos.ts';

const number = (max: number) => fc.double({ min: 0, max, noNaN: true });

describe('MOS of a frame', () => {
  it.each([
    [0, 0, 100, 0, 4.409285824],
    [5, 50, 1000, 0, 4.394917421],
    [20, 200, 1000, 0, 4.346760923],
    [20, 200, 990, 10, 3.883358668],
  ])(
    'jitter %d ms, round trip %d ms, %d received, %d lost: %d',
    (jitter, rtt, received, lost, mos) => {
      expect(frameMos(jitter, rtt, received, lost)).toBeCloseTo(mos, 9);
    },
  );

  it('takes fewer than no packets lost for none', () => {
    expect(frameMos(0, 0, 10, -3)).toBe(frameMos(0, 0, 10, 0));
    expect(frameMos(0, 0, 3, -5)).toBe(frameMos(0, 0, 3, 0));
  });

  it('is NaN without packets', () => {
    expect(frameMos(0, 0, 0, 0)).toBeNaN();
  });
});

describe.each([
  [
    'MOS of a frame',
    (j: number, l: number, r: number) => frameMos(j, r, 1_000 - 10 * l, 10 * l),
    4.5,
  ],
  ['MOS of the warning', warningMos, 4.5],
] as const)('%s', (_, mos, max) => {
  it('stays in its bounds and never rises with jitter, loss or round trip', () => {
    const at = fc.tuple(number(5_000), number(100), number(20_000));
    fc.assert(
      fc.property(at, number(500), fc.nat(2), ([jitter, loss, rtt], more, which) => {
        const value = mos(jitter, loss, rtt);
        expect(value).toBeGreaterThanOrEqual(1);
        expect(value).toBeLessThanOrEqual(max);
        const worse = mos(
          jitter + (which === 0 ? more : 0),
          which === 1 ? Math.min(100, loss + more) : loss,
          rtt + (which === 2 ? more : 0),
        );
        expect(worse).toBeLessThanOrEqual(value + 1e-9);
      }),
      { numRuns: 2_000 },
    );
  });
});

describe('The class of a MOS', () => {
  it.each([
    [4.3, 'excellent'],
    [4.2, 'good'],
    [4.1, 'good'],
    [4.05, 'good'],
    [4.0, 'fair'],
    [3.7, 'fair'],
    [3.65, 'fair'],
    [3.6, 'poor'],
    [3.1, 'poor'],
    [3.0, 'bad'],
    [1, 'bad'],
    [Number.NaN, null],
  ])('of %d is %s', (mos, quality) => {
    expect(qualityOf(mos)).toBe(quality);
  });

  it('never falls when MOS rises', () => {
    const order = ['bad', 'poor', 'fair', 'good', 'excellent'];
    const rank = (mos: number) => order.indexOf(qualityOf(mos) ?? '');
    fc.assert(
      fc.property(number(5), number(5), (a, b) => rank(Math.max(a, b)) >= rank(Math.min(a, b))),
    );
  });
});
