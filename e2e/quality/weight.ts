import { gzipSync } from 'node:zlib';
import { CallReport } from '../../packages/client/src/quality/report.ts';
import { readSample } from '../../packages/client/src/quality/sampler.ts';
import type { QualitySample, SampleListener } from '../../packages/client/src/quality/sampler.ts';
import { FakePlatform } from '../../packages/client/src/testing/fake-platform.ts';

type Stats = Record<string, unknown>;

export interface Weight {
  readonly segments: number;
  readonly bytes: number;
  readonly gzipped: number;
  readonly largest: number;
  /** Bytes that waited in the page at most. */
  readonly dropped: number;
}

/** Members of statistics that grow for as long as a call lasts. */
const GROWS = /^(packets|bytes|total|jitterBuffer|header|samples|concealed|requests|responses)/;

/** What the report of a call of so many seconds weighs, made of what a browser told of one second of a real call. */
export async function weigh(seconds: number, second: readonly Stats[]): Promise<Weight> {
  const platform = new FakePlatform();
  let feed: SampleListener = () => undefined;
  const bodies: string[] = [];
  const report = new CallReport(
    {
      platform,
      sampler: {
        add: (run: SampleListener) => {
          feed = run;
          return () => undefined;
        },
      },
      track: () => null,
      summary: () => ({ callId: 'call', state: 'active', direction: 'outbound' }),
      about: () => ({}),
      secrets: () => [],
      post: (body) => void bodies.push(body),
    },
    {
      intervalMs: 5_000,
      flushIntervalMs: 180_000,
      logLevel: 'debug',
      maxLogs: 1_000,
      detail: {},
    },
  );
  report.start();
  let before: QualitySample | null = null;
  for (let passed = 1; passed <= seconds; passed++) {
    await platform.clock.advance(1_000);
    before = readSample(after(second, passed), before, platform.now());
    feed(before);
  }
  report.finish();
  const last = JSON.parse(bodies.at(-1) ?? '{}') as { offhook: { dropped: number } };
  const sizes = bodies.map((body) => Buffer.byteLength(body));
  return {
    segments: bodies.length,
    bytes: sizes.reduce((sum, size) => sum + size, 0),
    gzipped: bodies.reduce((sum, body) => sum + gzipSync(body).length, 0),
    largest: Math.max(...sizes),
    dropped: last.offhook.dropped,
  };
}

function after(second: readonly Stats[], passed: number): ReadonlyMap<string, RTCStats> {
  const grown = second.map((entry) =>
    Object.fromEntries(
      Object.entries(entry).map(([name, value]) => {
        const grows = typeof value === 'number' && GROWS.test(name);
        // Digits of measurements differ from second to second, and cost as much as they do in a call.
        return [name, grows ? value * (passed + Math.sin(passed) / 100) : value];
      }),
    ),
  );
  return new Map(grown.map((entry) => [String(entry['id']), entry])) as unknown as ReadonlyMap<
    string,
    RTCStats
  >;
}
