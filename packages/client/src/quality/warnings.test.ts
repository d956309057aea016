import { describe, expect, it } from 'vitest';
import { readSample, type QualitySample } from './sampler.ts';
import { QualityWarnings, type QualityNews, type QualityThresholds } from './warnings.ts';

interface Second {
  jitter?: number;
  rtt?: number;
  lost?: number;
  received?: number;
  inLevel?: number;
  outLevel?: number;
  inBytes?: number;
  outBytes?: number;
  /** Root mean square, where energy is counted. */
  inRms?: number;
  outRms?: number;
  pair?: string;
}

/** Feeds seconds of a call; what is not said is a healthy call. */
function watch(limits: QualityThresholds = {}) {
  const raised: number[] = [];
  const news: QualityNews[] = [];
  const warnings = new QualityWarnings(
    (one) => {
      news.push(one);
      if (one.phase === 'raised') {
        raised.push(one.code);
      }
    },
    () => limits,
  );
  let before: QualitySample | null = null;
  let total = { received: 0, lost: 0, inBytes: 0, outBytes: 0 };
  const energy = { in: 0, out: 0 };
  let seconds = 0;
  let now = 1_000_000;
  return {
    raised,
    news,
    end: () => warnings.end(now),
    seconds(count: number, second: Second = {}, context = { held: false, muted: false }): number[] {
      const from = raised.length;
      for (let n = 0; n < count; n++) {
        total = {
          received: total.received + (second.received ?? 50),
          lost: total.lost + (second.lost ?? 0),
          inBytes: total.inBytes + (second.inBytes ?? 4_000),
          outBytes: total.outBytes + (second.outBytes ?? 4_000),
        };
        energy.in += (second.inRms ?? 0.1) ** 2;
        energy.out += (second.outRms ?? 0.1) ** 2;
        seconds += 1;
        const pair = second.pair ?? 'p1';
        const report = new Map<string, unknown>([
          ['t', { type: 'transport', selectedCandidatePairId: pair }],
          [pair, { id: pair, type: 'candidate-pair', currentRoundTripTime: second.rtt ?? 0.05 }],
          [
            'i',
            {
              type: 'inbound-rtp',
              kind: 'audio',
              packetsReceived: total.received,
              packetsLost: total.lost,
              bytesReceived: total.inBytes,
              jitter: second.jitter ?? 0.005,
              audioLevel: second.inLevel ?? 0.1,
              totalAudioEnergy: energy.in,
              totalSamplesDuration: seconds,
            },
          ],
          [
            'o',
            {
              type: 'outbound-rtp',
              kind: 'audio',
              bytesSent: total.outBytes,
              packetsSent: 50 * seconds,
            },
          ],
          [
            's',
            {
              type: 'media-source',
              kind: 'audio',
              audioLevel: second.outLevel ?? 0.1,
              totalAudioEnergy: energy.out,
              totalSamplesDuration: seconds,
            },
          ],
        ]) as unknown as ReadonlyMap<string, RTCStats>;
        now += 1_000;
        before = readSample(report, before, now);
        warnings.feed(before, context);
      }
      return raised.slice(from);
    },
  };
}

describe('Warnings of quality', () => {
  it('a healthy call raises none', () => {
    expect(watch().seconds(120)).toEqual([]);
  });

  it.each([
    [31001, { rtt: 0.41 }],
    [31002, { jitter: 0.031 }],
    [31003, { received: 49, lost: 1 }],
    [31006, { inLevel: 0.001 }],
    [32001, { inBytes: 0 }],
    [32002, { outBytes: 0 }],
  ])(
    '%i is raised after three seconds, repeats every 15 s and re-arms when it clears',
    (code, bad) => {
      const call = watch();
      call.seconds(1);
      expect(call.seconds(2, bad)).not.toContain(code);
      expect(call.seconds(1, bad)).toContain(code);
      expect(call.seconds(14, bad)).not.toContain(code);
      expect(call.seconds(1, bad)).toContain(code);
      call.seconds(1);
      expect(call.seconds(2, bad)).not.toContain(code);
      expect(call.seconds(1, bad)).toContain(code);
    },
  );

  it('31004 tells of a call that is bad in sum', () => {
    expect(watch().seconds(3, { rtt: 0.35, jitter: 0.029, received: 80, lost: 20 })).toContain(
      31004,
    );
  });

  it('silence is meant while held, and while muted on the way out', () => {
    const call = watch();
    call.seconds(1);
    const silent = { inLevel: 0, outLevel: 0, inBytes: 0, outBytes: 0 };
    expect(call.seconds(60, silent, { held: true, muted: true })).toEqual([]);
    expect(call.seconds(60, { outLevel: 0, outBytes: 0 }, { held: false, muted: true })).toEqual(
      [],
    );
  });

  it('31005: a microphone that was never heard is suspect after 3 s; one that was, after 30 s, once', () => {
    const never = watch();
    expect(never.seconds(2, { outLevel: 0 })).toEqual([]);
    expect(never.seconds(1, { outLevel: 0 })).toEqual([31005]);
    const heard = watch();
    heard.seconds(1);
    expect(heard.seconds(29, { outLevel: 0 })).toEqual([]);
    expect(heard.seconds(40, { outLevel: 0 })).toEqual([31005]);
    heard.seconds(1);
    expect(heard.seconds(40, { outLevel: 0 })).toEqual([31005]);
  });

  it('33008 tells each change of the path', () => {
    const call = watch();
    call.seconds(2);
    expect(call.seconds(2, { pair: 'p2' })).toEqual([33008]);
    expect(call.seconds(1, { pair: 'p1' })).toEqual([33008]);
  });

  it('nothing is judged before it is measured', () => {
    const raised: number[] = [];
    const warnings = new QualityWarnings(({ code }) => raised.push(code));
    const empty = readSample(new Map(), null, 1);
    for (let n = 0; n < 10; n++) {
      warnings.feed(empty, { held: false, muted: false });
    }
    expect(raised.filter((code) => code < 32000)).toEqual([]);
    expect(empty).toMatchObject({ mos: null, rtt: null, loss: null, inboundBitrate: null });
  });

  it('every warning that was raised is cleared once: by the first good second, or by the end', () => {
    const call = watch();
    call.seconds(1);
    call.seconds(20, { rtt: 0.5, received: 25, lost: 25 });
    call.seconds(1, { received: 25, lost: 25 });
    const of = (code: number) => call.news.filter((one) => one.code === code);
    expect(of(31001).map(({ phase, lasted }) => [phase, lasted])).toEqual([
      ['raised', 0],
      ['raised', 15_000],
      ['cleared', 18_000],
    ]);
    expect(of(31001)[0]?.detail).toEqual({ value: 500 });
    expect(of(31003).at(-1)?.phase).toBe('raised');
    call.end();
    expect(of(31003).at(-1)).toMatchObject({ phase: 'cleared', lasted: 18_000 });
    call.end();
    expect(call.news.filter(({ phase }) => phase === 'cleared')).toHaveLength(3);
  });

  it.each([
    ['inbound', { inRms: 0 }],
    ['outbound', { outRms: 0 }],
  ])(
    '37003: packets that carry digital silence are one-way audio, %s, within 3 s',
    (direction, bad) => {
      const call = watch();
      call.seconds(5);
      expect(call.seconds(1, bad)).toEqual([]);
      expect(call.seconds(1, bad)).toEqual([37003]);
      expect(call.news[0]?.detail).toMatchObject({ direction });
      call.seconds(1);
      expect(call.news.at(-1)).toMatchObject({
        code: 37003,
        phase: 'cleared',
        detail: { direction },
      });
    },
  );

  it('37003: a quiet room is none, nor is silence that is meant, nor one without packets', () => {
    const call = watch();
    call.seconds(1);
    expect(call.seconds(20, { inRms: 0.0005, outRms: 0.0005 })).toEqual([]);
    expect(call.seconds(20, { inRms: 0, outRms: 0 }, { held: true, muted: false })).toEqual([]);
    expect(call.seconds(20, { outRms: 0 }, { held: false, muted: true })).toEqual([]);
    expect(call.seconds(20, { inRms: 0, received: 2 })).toEqual([]);
  });

  it('37003, 31006: a far side that is a program may be silent while it listens; our own silence still counts', () => {
    const call = watch();
    call.seconds(1);
    const listening = { held: false, muted: false, silentFar: true };
    expect(call.seconds(60, { inRms: 0, inLevel: 0 }, listening)).toEqual([]);
    expect(call.seconds(4, { inRms: 0, inLevel: 0, outRms: 0 }, listening)).toContain(37003);
  });

  it('thresholds are the application’s', () => {
    const call = watch({ rttMs: 100, lossPercent: 10, bytes: 500, jitterMs: undefined });
    call.seconds(1);
    expect(call.seconds(3, { rtt: 0.11, received: 92, lost: 8, inBytes: 400 })).toEqual([
      31001, 32001,
    ]);
  });
});
