import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readSample, type QualitySample } from './sampler.ts';
import { QualityWarnings, type QualityNews } from './warnings.ts';

/** A second of any call: each measurement good, bad, or not there; held, muted, on another path, or sampled late. */
const second = fc.record({
  rtt: fc.option(fc.constantFrom(0.05, 0.5)),
  jitter: fc.option(fc.constantFrom(0.005, 0.05)),
  received: fc.constantFrom(0, 2, 50),
  lost: fc.constantFrom(-2, 0, 20),
  sent: fc.constantFrom(0, 50),
  rms: fc.option(fc.constantFrom(0, 0.0005, 0.1)),
  pair: fc.constantFrom('p', 'q'),
  held: fc.boolean(),
  muted: fc.boolean(),
  newPeer: fc.boolean(),
  ms: fc.constantFrom(1_000, 1_500, 20_000),
});

type Second = typeof second extends fc.Arbitrary<infer T> ? T : never;

function reports(seconds: readonly Second[]): { report: ReadonlyMap<string, RTCStats> }[] {
  let total = { received: 0, lost: 0, sent: 0, energy: 0, duration: 0 };
  return seconds.map(({ rtt, jitter, received, lost, sent, rms, pair, newPeer }) => {
    if (newPeer) {
      total = { received: 0, lost: 0, sent: 0, energy: 0, duration: 0 };
    }
    total = {
      received: total.received + received,
      lost: total.lost + lost,
      sent: total.sent + sent,
      energy: total.energy + (rms ?? 0) ** 2,
      duration: total.duration + 1,
    };
    const loud =
      rms === null
        ? {}
        : {
            audioLevel: rms,
            totalAudioEnergy: total.energy,
            totalSamplesDuration: total.duration,
          };
    const list = [
      { id: 't', type: 'transport', selectedCandidatePairId: pair },
      { id: pair, type: 'candidate-pair', ...(rtt === null ? {} : { currentRoundTripTime: rtt }) },
      {
        id: 'i',
        type: 'inbound-rtp',
        kind: 'audio',
        packetsReceived: total.received,
        packetsLost: total.lost,
        bytesReceived: 80 * total.received,
        ...(jitter === null ? {} : { jitter }),
        ...loud,
      },
      {
        id: 'o',
        type: 'outbound-rtp',
        kind: 'audio',
        packetsSent: total.sent,
        bytesSent: 80 * total.sent,
      },
      { id: 's', type: 'media-source', kind: 'audio', ...loud },
    ];
    const report = new Map(list.map((entry) => [entry.id, entry]));
    return { report: report as unknown as ReadonlyMap<string, RTCStats> };
  });
}

function judge(seconds: readonly Second[]): QualityNews[] {
  const news: QualityNews[] = [];
  const warnings = new QualityWarnings((one) => news.push(one));
  let before: QualitySample | null = null;
  let now = 1_000_000;
  for (const [index, { report }] of reports(seconds).entries()) {
    const { held = false, muted = false, ms = 1_000 } = seconds[index] ?? {};
    now += ms;
    before = readSample(report, before, now);
    for (const value of [before.mos, before.loss, before.inboundLevel]) {
      expect(value === null || Number.isFinite(value)).toBe(true);
    }
    warnings.feed(before, { held, muted });
  }
  warnings.end(now);
  return news;
}

describe('warnings of any call', () => {
  it('are cleared once for each that was raised, and never without', () => {
    fc.assert(
      fc.property(fc.array(second, { maxLength: 80 }), (seconds) => {
        const open = new Set<string>();
        for (const { code, phase, detail, lasted } of judge(seconds)) {
          const name = JSON.stringify([code, detail['direction']]);
          expect(lasted).toBeGreaterThanOrEqual(0);
          if (code === 33008) {
            continue;
          }
          if (phase === 'raised') {
            // Repeated while it lasts, and first when it is not open.
            expect(lasted === 0).toBe(!open.has(name));
            open.add(name);
          } else {
            expect(open.delete(name)).toBe(true);
          }
        }
        expect([...open]).toEqual([]);
      }),
      { numRuns: 300 },
    );
  });

  it('say nothing of silence while it is meant', () => {
    fc.assert(
      fc.property(fc.array(second, { maxLength: 60 }), (seconds) => {
        const meant = seconds.map((one) => ({ ...one, held: true, muted: true }));
        const silent = new Set([31005, 31006, 32001, 32002, 37003]);
        expect(judge(meant).filter(({ code }) => silent.has(code))).toEqual([]);
      }),
    );
  });
});
