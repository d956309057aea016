import { describe, expect, it, vi } from 'vitest';
import { browserPlatform } from '../platform.ts';
import type { RecordingEnvelope } from './envelope.ts';
import { CallRecorder, RECORDER_DEFAULTS, flushInterval } from './recorder.ts';
import type { TrackProcessorConstructor } from '../platform.ts';
import type { RecorderOptions } from './recorder.ts';
import { Resampler } from './resampler.ts';

/** A track whose frames the test hands out. */
function source() {
  let controller: ReadableStreamDefaultController<AudioData> | undefined;
  let cancelled = false;
  const readable = new ReadableStream<AudioData>({
    start(given) {
      controller = given;
    },
    cancel() {
      cancelled = true;
    },
  });
  const track = { readyState: 'live' } as MediaStreamTrack;
  const frame = async (samples: number[], sampleRate = 48_000): Promise<void> => {
    controller?.enqueue({
      numberOfFrames: samples.length,
      sampleRate,
      copyTo: (target: Float32Array) => {
        target.set(samples);
      },
      close: () => undefined,
    } as unknown as AudioData);
    await new Promise((resolve) => setImmediate(resolve));
  };
  return { track, readable, frame, isCancelled: () => cancelled };
}

function setUp(options: Partial<RecorderOptions> = {}, answers: boolean[] = []) {
  const sources = new Map<MediaStreamTrack, ReturnType<typeof source>>();
  const uploads: { body: RecordingEnvelope; keepalive: boolean }[] = [];
  const warn = vi.fn();
  let fire: (() => void) | undefined;
  const platform = {
    ...browserPlatform(),
    now: () => Date.UTC(2026, 10, 22),
    random: () => 0.5,
    setTimeout: (callback: () => void) => {
      fire = callback;
      return 1;
    },
    clearTimeout: () => {
      fire = undefined;
    },
  };
  const TrackProcessor = class {
    readonly readable: ReadableStream<AudioData>;
    constructor({ track }: { track: MediaStreamTrack }) {
      this.readable = sources.get(track)?.readable ?? new ReadableStream();
    }
  } as unknown as TrackProcessorConstructor;
  const recorder = new CallRecorder(
    {
      platform,
      TrackProcessor,
      identity: () => ({ call_report_id: 'cr', call_id: 'c', recording_id: 'c-1' }),
      upload: (body, { keepalive }) => {
        uploads.push({ body, keepalive });
        return Promise.resolve(answers.shift() ?? true);
      },
      warn,
    },
    { ...RECORDER_DEFAULTS, ...options },
  );
  const record = (kind: 'local' | 'remote') => {
    const made = source();
    sources.set(made.track, made);
    recorder.follow(kind, made.track);
    return made;
  };
  const tick = async (): Promise<void> => {
    fire?.();
    await new Promise((resolve) => setImmediate(resolve));
  };
  return { recorder, record, uploads, warn, tick, timerRuns: () => fire !== undefined };
}

const floats = (body: RecordingEnvelope | undefined): number[] =>
  (body?.packets ?? []).flatMap(({ payload_b64 }) => {
    const bytes = Buffer.from(payload_b64, 'base64');
    return Array.from({ length: bytes.length / 4 }, (_, index) => bytes.readFloatLE(index * 4));
  });

describe('the call recorder', () => {
  it('uploads both tracks at the end, samples intact and numbered', async () => {
    const { recorder, record, uploads } = setUp();
    const local = record('local');
    await local.frame([0.25, -0.5]);
    await local.frame([1]);
    await recorder.stop();
    const [mine, theirs] = uploads.map(({ body }) => body);
    expect(floats(mine)).toEqual([0.25, -0.5, 1]);
    expect(mine).toMatchObject({
      segment: 'final',
      track: 'local',
      packet_count: 2,
      byte_count: 12,
    });
    expect(mine?.packets.map(({ rtp_seq, rtp_ts }) => [rtp_seq, rtp_ts])).toEqual([
      [1, 0],
      [2, 2],
    ]);
    expect(theirs).toMatchObject({ track: 'remote', packet_count: 0 });
    expect(uploads.every(({ keepalive }) => keepalive)).toBe(true);
    expect(local.isCancelled()).toBe(true);
  });

  it('uploads segments as it goes, and a failed one again', async () => {
    const { recorder, record, uploads, tick } = setUp({ tracks: ['local'] }, [false]);
    const local = record('local');
    await local.frame([0.5]);
    await tick();
    await local.frame([0.25]);
    await tick();
    await recorder.stop();
    expect(uploads.map(({ body }) => [body.segment, floats(body)])).toEqual([
      ['intermediate', [0.5]],
      ['intermediate', [0.5, 0.25]],
      ['final', []],
    ]);
  });

  it('follows a microphone that is changed', async () => {
    const { recorder, record, uploads } = setUp({ tracks: ['local'] });
    const first = record('local');
    await first.frame([0.5]);
    const second = record('local');
    await second.frame([-0.5]);
    await recorder.stop();
    expect(first.isCancelled()).toBe(true);
    expect(floats(uploads[0]?.body)).toEqual([0.5, -0.5]);
  });

  it('drops the oldest packets beyond its bound and says so once a window', async () => {
    const { recorder, record, uploads, warn, tick } = setUp({
      tracks: ['local'],
      maxBufferBytes: 400,
    });
    const local = record('local');
    for (const sample of [1, 2, 3, 4]) {
      await local.frame([sample]);
    }
    expect(warn.mock.calls).toEqual([[32004, { track: 'local' }]]);
    await tick();
    expect(floats(uploads[0]?.body)).toEqual([3, 4]);
    for (const sample of [5, 6, 7]) {
      await local.frame([sample]);
    }
    expect(warn).toHaveBeenCalledTimes(2);
    await recorder.stop();
  });

  it('leaves no timer behind, and stops once', async () => {
    const { recorder, uploads, timerRuns } = setUp();
    expect(timerRuns()).toBe(true);
    await Promise.all([recorder.stop(), recorder.stop()]);
    expect(timerRuns()).toBe(false);
    expect(uploads).toHaveLength(2);
  });

  it('says that it cannot record, and does nothing, where the browser has no way to', async () => {
    const warn = vi.fn();
    const upload = vi.fn(() => Promise.resolve(true));
    const identity = () => ({ call_report_id: 'cr', call_id: 'c', recording_id: 'c-1' });
    const deps = { platform: browserPlatform(), TrackProcessor: undefined, identity, upload, warn };
    const recorder = new CallRecorder(deps, RECORDER_DEFAULTS);
    recorder.follow('local', { readyState: 'live' } as MediaStreamTrack);
    await recorder.stop();
    expect(warn.mock.calls).toEqual([[32003, {}]]);
    expect(upload).not.toHaveBeenCalled();
  });

  it('never waits so long that more than half of its buffer fills', () => {
    expect(flushInterval(RECORDER_DEFAULTS)).toBe(15_000);
    expect(flushInterval({ ...RECORDER_DEFAULTS, flushIntervalMs: 240_000 })).toBeCloseTo(
      19_230.8,
      0,
    );
    expect(flushInterval({ ...RECORDER_DEFAULTS, flushIntervalMs: 0 })).toBe(0);
  });
});

describe('resampling', () => {
  it('keeps a tone a tone, block after block', () => {
    const resampler = new Resampler(16_000);
    const tone = (index: number, rate: number) => Math.sin((2 * Math.PI * 440 * index) / rate);
    const output: number[] = [];
    for (let block = 0; block < 20; block++) {
      const input = Float32Array.from({ length: 441 }, (_, i) => tone(block * 441 + i, 44_100));
      output.push(...resampler.process(input, 44_100));
    }
    expect(output.length).toBeGreaterThanOrEqual(3199);
    const worst = Math.max(...output.map((value, i) => Math.abs(value - tone(i, 16_000))));
    expect(worst).toBeLessThan(0.01);
  });

  it('hands samples of the right rate through untouched', () => {
    const input = Float32Array.of(1, 2, 3);
    expect(new Resampler(48_000).process(input, 48_000)).toBe(input);
  });
});
