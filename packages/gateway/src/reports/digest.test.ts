import { parseCallReport } from '@offhook/protocol';
import type { CallReport } from '@offhook/protocol';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { digestOf, feedbackOf, meanMos } from './digest.ts';
import { estimateMos } from './mos.ts';
import { report, stats } from './testing/samples.ts';

function parsed(more: Readonly<Record<string, unknown>>): CallReport {
  const result = parseCallReport(report('c', more));
  if (!result.ok) {
    throw new Error(result.error.message);
  }
  return result.value;
}

const inbound = (lost: number, received: number): object => ({
  audio: { inbound: { packetsLost: lost, packetsReceived: received, jitterAvg: 1 } },
});
const entry = (index: number, more: object): object => ({
  intervalStartUtc: `2026-01-01T00:00:0${String(index)}Z`,
  intervalEndUtc: `2026-01-01T00:00:0${String(index + 1)}Z`,
  ...more,
});

describe('the digest of a segment', () => {
  it('makes intervals of counters that only grow', () => {
    const digest = digestOf(parsed({ stats: stats([{ lost: 0 }, { lost: 25, received: 225 }]) }));
    expect(digest).toMatchObject({ intervals: 2, lost: 25, received: 475, mosCount: 2 });
    expect(digest.jitterSum / digest.jitterCount).toBeCloseTo(2);
    expect(digest.rttSum / digest.rttCount).toBeCloseTo(40);
    expect(digest.mosMin).toBeCloseTo(estimateMos(2, 10, 40));
    expect(meanMos(digest)).toBeCloseTo((estimateMos(2, 10, 40) + estimateMos(2, 0, 40)) / 2);
  });

  it('begins anew where the counters do: that is another peer connection', () => {
    const list = [inbound(40, 1000), inbound(1, 100), inbound(1, 200)];
    const digest = digestOf(parsed({ stats: list.map((each, index) => entry(index, each)) }));
    expect(digest).toMatchObject({ lost: 41, received: 1200 });
  });

  it('takes no loss from packets that came late after all', () => {
    const list = [inbound(10, 100), inbound(8, 200)];
    const digest = digestOf(parsed({ stats: list.map((each, index) => entry(index, each)) }));
    expect(digest).toMatchObject({ lost: 10, received: 200 });
  });

  it('guesses nothing about the first interval after another segment', () => {
    const digest = digestOf(
      parsed({ segment: 3, stats: [entry(0, inbound(500, 9000)), entry(1, inbound(501, 9250))] }),
    );
    expect(digest).toMatchObject({ intervals: 2, lost: 1, received: 250, mosCount: 1 });
  });

  it('believes our client, which counts each interval and takes its MOS from samples', () => {
    const offhook = {
      mos: { min: 2.5, mean: 3.5, max: 4.4 },
      delta: { packetsLost: 5, packetsReceived: 245 },
    };
    const list = [entry(0, { ...inbound(500, 9000), offhook })];
    const digest = digestOf(parsed({ segment: 3, stats: list }));
    expect(digest).toMatchObject({ lost: 5, received: 245, mosSum: 3.5, mosMin: 2.5 });
  });

  it('passes over an interval without audio, such as the last one of a closed peer', () => {
    const digest = digestOf(parsed({ stats: [...stats([{}]), entry(9, { audio: {} })] }));
    expect(digest).toMatchObject({ intervals: 1, mosCount: 1 });
  });

  it('is empty for a call that never had media', () => {
    const digest = digestOf(parsed({ stats: [] }));
    expect(digest).toMatchObject({ intervals: 0, mosCount: 0, mosMin: null });
    expect(meanMos(digest)).toBeNull();
  });

  it('holds numbers only, whatever a client claims', () => {
    const number = fc.oneof(fc.double(), fc.integer(), fc.constant(null), fc.string());
    const value = fc.record({
      audio: fc.record({
        inbound: fc.record({ packetsLost: number, packetsReceived: number, jitterAvg: number }),
      }),
      connection: fc.record({ roundTripTimeAvg: number }),
      offhook: fc.record({
        mos: fc.record({ mean: number, min: number }),
        delta: fc.record({ packetsLost: number, packetsReceived: number }),
      }),
    });
    fc.assert(
      fc.property(fc.array(value, { maxLength: 9 }), (list) => {
        const text = JSON.stringify(list.map((each, index) => entry(index, each)));
        const digest = digestOf(parsed({ stats: JSON.parse(text) as unknown }));
        for (const [name, sum] of Object.entries(digest)) {
          if (sum !== null && !Number.isFinite(sum)) {
            throw new Error(`${name} is ${String(sum)}`);
          }
        }
        const mos = meanMos(digest);
        return mos === null || (mos >= 1 && mos <= 5);
      }),
    );
  });
});

describe('estimated MOS', () => {
  it('is 1 to 4.5, and never rises with jitter, loss or round trip', () => {
    const given = fc.double({ min: 0, max: 2000, noNaN: true });
    fc.assert(
      fc.property(given, given, given, given, (jitter, loss, rtt, more) => {
        const mos = estimateMos(jitter, loss, rtt);
        return (
          mos >= 1 &&
          mos <= 4.5 &&
          estimateMos(jitter + more, loss, rtt) <= mos &&
          estimateMos(jitter, loss + more, rtt) <= mos &&
          estimateMos(jitter, loss, rtt + more) <= mos
        );
      }),
    );
  });
});

describe('feedback', () => {
  const given = (...events: unknown[]): unknown =>
    feedbackOf(parsed({ offhook: { v: 1, events } }));

  it('is what was said last', () => {
    expect(
      given(
        { t: 1, type: 'feedback', score: 1 },
        { t: 2, type: 'feedback', score: 5, tags: ['clear'] },
      ),
    ).toEqual({ score: 5, tags: ['clear'], note: null });
    expect(given({ t: 1, type: 'mute' })).toBeNull();
    expect(feedbackOf(parsed({}))).toBeNull();
  });

  it('is bounded, and what does not fit is left out', () => {
    const tags = Array.from({ length: 99 }, () => 'x'.repeat(999));
    const feedback = feedbackOf(
      parsed({
        offhook: {
          events: [{ t: 1, type: 'feedback', score: 'ten', tags, note: 'n'.repeat(9999) }],
        },
      }),
    );
    expect(feedback?.score).toBeNull();
    expect(feedback?.tags).toHaveLength(20);
    expect(feedback?.tags[0]).toHaveLength(64);
    expect(feedback?.note).toHaveLength(2000);
  });
});
