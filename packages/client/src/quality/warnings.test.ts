import { describe, expect, it } from 'vitest';
import { readSample, type QualitySample } from './sampler.ts';
import { QualityWarnings } from './warnings.ts';

interface Second {
  jitter?: number;
  rtt?: number;
  lost?: number;
  received?: number;
  inLevel?: number;
  outLevel?: number;
  inBytes?: number;
  outBytes?: number;
  pair?: string;
}

/** Feeds seconds of a call; what is not said is a healthy call. */
function watch() {
  const raised: number[] = [];
  const warnings = new QualityWarnings((code) => raised.push(code));
  let before: QualitySample | null = null;
  let total = { received: 0, lost: 0, inBytes: 0, outBytes: 0 };
  let now = 1_000_000;
  return {
    raised,
    seconds(count: number, second: Second = {}, context = { held: false, muted: false }): number[] {
      const from = raised.length;
      for (let n = 0; n < count; n++) {
        total = {
          received: total.received + (second.received ?? 50),
          lost: total.lost + (second.lost ?? 0),
          inBytes: total.inBytes + (second.inBytes ?? 4_000),
          outBytes: total.outBytes + (second.outBytes ?? 4_000),
        };
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
            },
          ],
          ['o', { type: 'outbound-rtp', kind: 'audio', bytesSent: total.outBytes }],
          ['s', { type: 'media-source', kind: 'audio', audioLevel: second.outLevel ?? 0.1 }],
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
    const warnings = new QualityWarnings((code) => raised.push(code));
    const empty = readSample(new Map(), null, 1);
    for (let n = 0; n < 10; n++) warnings.feed(empty, { held: false, muted: false });
    expect(raised.filter((code) => code < 32000)).toEqual([]);
    expect(empty).toMatchObject({ mos: null, rtt: null, loss: null, inboundBitrate: null });
  });
});
