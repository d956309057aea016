import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { OuterStream } from './outer-stream.ts';
import { createRtpView, readRtp } from './rtp.ts';
import type { RtpView } from './rtp.ts';
import { SRTP_AEAD_AES_128_GCM, SrtpReceiver, SrtpSender } from './srtp.ts';

interface Sent extends RtpView {
  readonly index: number;
  readonly payload: string;
}

function stream() {
  const keys = { key: randomBytes(16), salt: randomBytes(12) };
  const sent: Sent[] = [];
  const raw: Buffer[] = [];
  const receiver = new SrtpReceiver(SRTP_AEAD_AES_128_GCM, keys);
  const sender = new SrtpSender(SRTP_AEAD_AES_128_GCM, keys);
  const outer = new OuterStream(0xabcd, sender, (packet) => {
    raw.push(packet);
    const view = createRtpView();
    readRtp(packet, view, 5);
    const payload = receiver.unprotectRtp(packet, view.headerLength);
    if (payload) {
      sent.push({ ...view, index: receiver.lastIndex, payload: payload.toString() });
    }
  });
  return { outer, sent, raw };
}

function from(source: object, index: number, timestamp: number, now: number, frame = 960) {
  const view = { ...createRtpView(), sequence: index % 0x10000, timestamp, level: 42 };
  const payload = Buffer.from(String(index));
  return [source, view, index, payload, 111, 5, frame, 48_000, now] as const;
}

describe('the stream towards a party', () => {
  it('shifts a source’s numbers and keeps their distances', () => {
    const { outer, sent } = stream();
    const source = {};
    outer.forward(...from(source, 500, 9_000, 0));
    outer.forward(...from(source, 503, 9_000 + 3 * 960, 60));
    outer.forward(...from(source, 502, 9_000 + 2 * 960, 61));
    const [first, second, third] = sent.map(({ index }) => index);
    expect([(second ?? 0) - (first ?? 0), (third ?? 0) - (first ?? 0)]).toEqual([3, 2]);
    const times = sent.map(({ timestamp }) => timestamp);
    expect(((times[1] ?? 0) - (times[0] ?? 0)) >>> 0).toBe(3 * 960);
    expect(sent.map(({ marker }) => marker)).toEqual([true, false, false]);
    expect(sent.map(({ level }) => level)).toEqual([42, 42, 42]);
  });

  it('goes on with the next number, the time that passed and a mark when the source changes', () => {
    const { outer, sent } = stream();
    outer.forward(...from({}, 40_000, 5, 0));
    outer.forward(...from({}, 7, 0xffff_fff0, 100));
    const [a, b] = sent;
    expect((b?.index ?? 0) - (a?.index ?? 0)).toBe(1);
    expect(((b?.timestamp ?? 0) - (a?.timestamp ?? 0)) >>> 0).toBe(4_800);
    expect(b?.marker).toBe(true);
  });

  it('drops what a source sent before it was taken on, since its numbers are used', () => {
    const { outer, sent } = stream();
    const source = {};
    outer.frame(Buffer.from('silence'), 111, 960, 48_000, 0, false);
    outer.forward(...from(source, 100, 1_000, 20));
    outer.forward(...from(source, 99, 40, 21));
    expect(sent.map(({ payload }) => payload)).toEqual(['silence', '100']);
  });

  it('takes a source on afresh after frames of our own', () => {
    const { outer, sent } = stream();
    const source = {};
    outer.forward(...from(source, 100, 0, 0));
    for (let i = 1; i <= 10; i += 1) {
      outer.frame(Buffer.from('s'), 111, 960, 48_000, i * 20, i === 1);
    }
    outer.forward(...from(source, 110, 9_600, 220));
    const indexes = sent.map(({ index }) => index - (sent[0]?.index ?? 0));
    expect(indexes).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
    const steps = sent.slice(1).map((s, i) => (s.timestamp - (sent[i]?.timestamp ?? 0)) >>> 0);
    expect(new Set(steps)).toEqual(new Set([960]));
  });

  it('takes frames of our own by the clock after a pause', () => {
    const { outer, sent } = stream();
    outer.frame(Buffer.from('a'), 111, 960, 48_000, 0, false);
    outer.frame(Buffer.from('b'), 111, 960, 48_000, 1_000, false);
    const [a, b] = sent;
    expect(((b?.timestamp ?? 0) - (a?.timestamp ?? 0)) >>> 0).toBe(48_000);
  });

  it('lets events stand still in time without moving the audio behind them', () => {
    const { outer, sent } = stream();
    const source = {};
    outer.forward(...from(source, 1, 0, 0));
    for (let i = 2; i < 10; i += 1) {
      outer.forward(...from(source, i, 960, i * 20, 0));
    }
    outer.forward(...from(source, 10, 9 * 960, 180));
    const last = sent.at(-1);
    expect(((last?.timestamp ?? 0) - (sent[0]?.timestamp ?? 0)) >>> 0).toBe(9 * 960);
    expect(new Set(sent.slice(1, -1).map(({ timestamp }) => timestamp)).size).toBe(1);
  });

  it('takes a source that jumps as a new one', () => {
    const { outer, sent } = stream();
    const source = {};
    outer.forward(...from(source, 10, 0, 0));
    outer.forward(...from(source, 50_000, 77, 20));
    outer.forward(...from(source, 11, 960, 40));
    expect(sent.map(({ index }) => index - (sent[0]?.index ?? 0))).toEqual([0, 1, 2]);
  });

  it('sends a missing packet again as it was, at most twice', () => {
    const { outer, raw, sent } = stream();
    for (let i = 0; i < 5; i += 1) {
      outer.frame(Buffer.from([i]), 111, 960, 48_000, i * 20, false);
    }
    const missing = sent[2]?.sequence ?? 0;
    for (let i = 0; i < 4; i += 1) {
      outer.resend([missing, (missing + 300) & 0xffff]);
    }
    expect(raw).toHaveLength(7);
    expect(raw[5]).toBe(raw[2]);
  });

  it('says where it is for a sender report', () => {
    const { outer, sent } = stream();
    expect(outer.senderInfo(0, 0, 48_000)).toBeUndefined();
    outer.frame(Buffer.from('ab'), 111, 960, 48_000, 100, false);
    const info = outer.senderInfo(110, 5, 48_000);
    expect(info).toMatchObject({ wallMs: 5, packets: 1, octets: 2 });
    expect(((info?.timestamp ?? 0) - (sent[0]?.timestamp ?? 0)) >>> 0).toBe(480);
  });

  it('never uses a number twice, whatever happens behind it', () => {
    const action = fc.oneof(
      fc.record({ kind: fc.constant('frame' as const) }),
      fc.record({
        kind: fc.constant('forward' as const),
        source: fc.nat(2),
        step: fc.integer({ min: -20, max: 40 }),
      }),
      fc.record({
        kind: fc.constant('forward' as const),
        source: fc.nat(2),
        step: fc.constantFrom(-9_000, 9_000),
      }),
    );
    fc.assert(
      fc.property(fc.array(action, { maxLength: 120 }), (actions) => {
        const { outer, raw } = stream();
        const sources = [{}, {}, {}];
        const at = [70_000, 70_000, 70_000];
        const seen = new Set<string>();
        actions.forEach((next, i) => {
          const now = i * 7;
          if (next.kind === 'frame') {
            outer.frame(Buffer.from('f'), 111, 960, 48_000, now, false);
            return;
          }
          const index = Math.max(0, (at[next.source] ?? 0) + next.step);
          // A source's own repetitions never get this far (replay window).
          const key = `${String(next.source)}:${String(index)}`;
          if (seen.has(key)) {
            return;
          }
          seen.add(key);
          at[next.source] = index;
          outer.forward(...from(sources[next.source] ?? {}, index, index * 960, now));
        });
        const numbers = raw.map((packet) => packet.readUInt16BE(2));
        expect(new Set(numbers).size).toBe(numbers.length);
      }),
      { numRuns: 150 },
    );
  });
});
