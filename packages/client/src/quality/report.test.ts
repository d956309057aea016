import { describe, expect, it } from 'vitest';
import { FakePlatform } from '../testing/fake-platform.ts';
import { CallReport } from './report.ts';
import type { ReportOptions } from './report.ts';
import { readSample } from './sampler.ts';
import type { QualitySample, SampleListener } from './sampler.ts';

/** A sampler that a test feeds second by second. */
class FedSampler {
  #run: SampleListener | null = null;
  #last: QualitySample | null = null;
  readonly #now: () => number;
  constructor(now: () => number) {
    this.#now = now;
  }
  add(run: SampleListener): () => void {
    this.#run = run;
    return () => (this.#run = null);
  }
  get listening(): boolean {
    return this.#run !== null;
  }
  feed(second: number, over: Readonly<Record<string, unknown>> = {}): void {
    const stats = [
      {
        id: 'I',
        type: 'inbound-rtp',
        kind: 'audio',
        packetsReceived: 50 * second,
        packetsLost: 0,
        bytesReceived: 4000 * second,
        jitter: 0.004,
        audioLevel: 0.5,
        codecId: 'C',
        ...over,
      },
      {
        id: 'O',
        type: 'outbound-rtp',
        kind: 'audio',
        packetsSent: 50 * second,
        bytesSent: 4000 * second,
      },
      { id: 'S', type: 'media-source', kind: 'audio', audioLevel: 0.25 },
      {
        id: 'C',
        type: 'codec',
        mimeType: 'audio/opus',
        clockRate: 48000,
        channels: 2,
        payloadType: 111,
      },
      { id: 'T', type: 'transport', selectedCandidatePairId: 'P', dtlsState: 'connected' },
      {
        id: 'P',
        type: 'candidate-pair',
        localCandidateId: 'L',
        remoteCandidateId: 'R',
        currentRoundTripTime: 0.02,
        state: 'succeeded',
      },
      {
        id: 'L',
        type: 'local-candidate',
        candidateType: 'host',
        address: '192.0.2.77',
        port: 4242,
      },
      {
        id: 'R',
        type: 'remote-candidate',
        candidateType: 'host',
        address: '192.0.2.88',
        port: 4243,
      },
    ];
    const report = new Map(stats.map((entry) => [entry.id, entry])) as unknown as ReadonlyMap<
      string,
      RTCStats
    >;
    this.#last = readSample(report, this.#last, this.#now());
    this.#run?.(this.#last);
  }
}

function setUp(over: Partial<ReportOptions> = {}) {
  const platform = new FakePlatform();
  const sampler = new FedSampler(() => platform.now());
  const posted: {
    body: Record<string, never>;
    length: number;
    final: boolean;
    keepalive: boolean;
  }[] = [];
  const about: Record<string, unknown> = {};
  const report = new CallReport(
    {
      platform,
      sampler: sampler,
      track: () =>
        ({
          enabled: true,
          muted: false,
          readyState: 'live',
          label: 'My own headset',
        }) as MediaStreamTrack,
      summary: () => ({ callId: 'c', state: 'active' }),
      about: () => about,
      secrets: () => ['hush-hush'],
      post: (text, { final, keepalive }) =>
        posted.push({ body: JSON.parse(text) as never, length: text.length, final, keepalive }),
    },
    { intervalMs: 5000, flushIntervalMs: 0, logLevel: 'debug', maxLogs: 1000, detail: {}, ...over },
  );
  const seconds = async (count: number, stats?: Record<string, unknown>): Promise<void> => {
    for (let second = 1; second <= count; second++) {
      await platform.clock.advance(1000);
      sampler.feed(second, stats);
    }
  };
  return { platform, sampler, report, posted, seconds, about };
}
type Entry = {
  audio: Record<string, Record<string, unknown>>;
  offhook: Record<string, Record<string, unknown>>;
};
const stats = (body: Record<string, unknown> | undefined): Entry[] =>
  (body?.['stats'] ?? []) as Entry[];

describe('a call report', () => {
  it('aggregates the seconds of each interval and posts them when the call ends', async () => {
    const { report, seconds, posted } = setUp();
    report.start();
    await seconds(12);
    report.finish();
    expect(posted).toHaveLength(1);
    const [{ body, final, keepalive } = { body: undefined, final: false, keepalive: false }] =
      posted;
    expect({ final, keepalive }).toEqual({ final: true, keepalive: true });
    expect(body).toMatchObject({ summary: { callId: 'c', durationSeconds: 12 } });
    expect(body).not.toHaveProperty('segment');
    const entries = stats(body);
    expect(entries.map((entry) => entry.offhook['samples'])).toEqual([5, 5, 2]);
    expect(entries[0]?.audio['inbound']).toMatchObject({
      packetsReceived: 250,
      jitterAvg: 4,
      audioLevelAvg: 0.5,
      codec: { mimeType: 'audio/opus', codecId: 'C' },
    });
    expect(entries[0]?.audio['outbound']).toMatchObject({ audioLevelAvg: 0.25 });
    expect(entries[1]?.offhook['delta']).toMatchObject({ packetsReceived: 250 });
  });

  it.each([1000, 2000, 10_000])('honours an interval of %i ms', async (intervalMs) => {
    const { report, seconds, posted } = setUp({ intervalMs });
    report.start();
    await seconds(20);
    report.finish();
    expect(stats(posted[0]?.body)).toHaveLength(20_000 / intervalMs);
  });

  it('keeps the first ten seconds second by second, beside the intervals', async () => {
    const { report, seconds, posted } = setUp();
    report.start();
    await seconds(15);
    report.finish();
    const { early } = posted[0]?.body['offhook'] as unknown as { early: unknown[] };
    expect(early).toHaveLength(10);
    expect(stats(posted[0]?.body)).toHaveLength(3);
  });

  it('goes out in numbered segments, each interval in one of them', async () => {
    const { report, seconds, posted, platform } = setUp({ flushIntervalMs: 10_000 });
    report.start();
    await seconds(25);
    report.flush({ type: 'socket-close', socketClose: { code: 1006 } });
    report.finish();
    await platform.clock.advance(60_000);
    expect(
      posted.map(({ body }) => [
        body['segment'],
        (body['flushReason'] as { type?: string } | undefined)?.type,
      ]),
    ).toEqual([
      [0, 'buffer-limit'],
      [1, 'buffer-limit'],
      [2, 'socket-close'],
      [3, undefined],
    ]);
    expect(posted.reduce((sum, { body }) => sum + stats(body).length, 0)).toBe(5);
  });

  it('keeps each segment fit for a keepalive body in a long call with much to say', async () => {
    const { report, seconds, posted, platform } = setUp();
    report.start();
    for (let minute = 0; minute < 20; minute++) {
      await seconds(60);
      report.log('debug', ['x'.repeat(2000)]);
    }
    report.finish();
    expect(Math.max(...posted.map(({ length }) => length))).toBeLessThan(61_440);
    expect(platform.clock.pending).toBe(0);
  });

  it('is bounded when nothing can be sent', () => {
    const { report, posted } = setUp({ maxLogs: 50 });
    for (let line = 0; line < 500; line++) {
      report.event(`event ${String(line)}`);
    }
    for (let line = 0; line < 60; line++) {
      report.log('info', [`line ${String(line)}`]);
    }
    report.event('one more');
    report.finish();
    const body = posted.at(-1)?.body as unknown as {
      logs: { message: string }[];
      offhook: { dropped: number };
    };
    expect(body.logs).toHaveLength(50);
    expect(body.logs[0]?.message).toBe('line 10');
    expect(body.offhook.dropped).toBeGreaterThan(10);
  });

  it('leaves out levels below the one asked for', () => {
    const { report, posted } = setUp({ logLevel: 'warn' });
    report.log('info', ['no']);
    report.log('error', ['yes']);
    report.finish();
    expect(posted[0]?.body['logs']).toMatchObject([{ level: 'error', message: 'yes' }]);
  });

  it('tells no secret, address or device name', async () => {
    const { report, seconds, posted } = setUp();
    const canary = 'canary-7f3a';
    report.start();
    const jwt = `${'a'.repeat(12)}.${canary.repeat(2)}.${'b'.repeat(12)}`;
    report.log('debug', [
      'login',
      {
        params: {
          passwd: canary,
          password: canary,
          login_token: canary,
          nested: { credential: canary },
        },
      },
    ]);
    report.log('debug', [`token ${jwt}`]);
    report.log('debug', [
      `v=0\r\na=ice-pwd:${canary}\r\na=fingerprint:sha-256 ${canary}\r\nc=IN IP4 192.0.2.77\r\n`,
    ]);
    report.event('ice', {
      iceServers: [{ urls: 'turn:x', credential: canary }],
      address: '192.0.2.99',
    });
    await seconds(6);
    report.finish();
    const text = JSON.stringify(posted);
    for (const secret of [canary, '192.0.2.', 'My own headset']) {
      expect(text).not.toContain(secret);
    }
  });

  it('tells addresses and devices when the application allows it', async () => {
    const { report, seconds, posted } = setUp({ detail: { addresses: true, devices: true } });
    report.start();
    await seconds(6);
    report.finish();
    const text = JSON.stringify(posted);
    for (const detail of ['192.0.2.77', 'My own headset']) {
      expect(text).toContain(detail);
    }
  });

  it('stops sampling and leaves no timer when the call ends, once', async () => {
    const { report, seconds, sampler, posted, platform } = setUp({ flushIntervalMs: 180_000 });
    report.start();
    await seconds(3);
    report.finish();
    report.finish();
    report.flush({ type: 'manual' });
    report.log('info', ['late']);
    expect(sampler.listening).toBe(false);
    expect(platform.clock.pending).toBe(0);
    expect(posted).toHaveLength(1);
  });
});
