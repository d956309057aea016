import type { Platform, TrackProcessorConstructor } from '../platform.ts';
import { KEEPALIVE_LIMIT } from '../quality/uploader.ts';
import { Timer } from '../timer.ts';
import { envelope } from './envelope.ts';
import type { RecordedTrack, RecordingEnvelope, RecordingIdentity } from './envelope.ts';
import { Resampler } from './resampler.ts';
import { TrackBuffer } from './track-buffer.ts';

export interface RecorderOptions {
  readonly tracks: readonly RecordedTrack[];
  /** Hz; what the browser delivers is resampled to it. */
  readonly sampleRate: number;
  readonly maxBufferBytes: number;
  /** Milliseconds; 0 or less: one upload, at the end. */
  readonly flushIntervalMs: number;
}

export const RECORDER_DEFAULTS: RecorderOptions = {
  tracks: ['local', 'remote'],
  sampleRate: 48_000,
  maxBufferBytes: 8_000_000,
  flushIntervalMs: 15_000,
};

export interface RecorderDeps {
  readonly platform: Platform;
  /** Absent where the browser has none: the recorder then says so once and does nothing. */
  readonly TrackProcessor: TrackProcessorConstructor | undefined;
  identity(): RecordingIdentity;
  /** Settles when the server took the body (true) or never will (false); never rejects. */
  upload(body: RecordingEnvelope, options: { readonly keepalive: boolean }): Promise<boolean>;
  /** 32003 RECORDING_UNAVAILABLE, 32004 RECORDING_BUFFER_OVERFLOW. */
  warn(code: 32003 | 32004, extras: Readonly<Record<string, unknown>>): void;
}

interface TrackState {
  readonly buffer: TrackBuffer;
  readonly resampler: Resampler;
  reader: ReadableStreamDefaultReader<AudioData> | null;
  /** One warning per flush window. */
  overflowed: boolean;
}

/** Milliseconds between uploads: the option, but never so long that more than half of the buffer fills. */
export function flushInterval(options: RecorderOptions): number {
  const bytesPerSecond = options.sampleRate * 4 + 100 * 160;
  const half = (options.maxBufferBytes / bytesPerSecond) * 500;
  return Math.min(options.flushIntervalMs, Math.max(1000, half));
}

/**
 * Records the raw audio of a call's two tracks and uploads it in segments. A diagnostic: it copies what the browser captures and
 * plays, and never touches the call. Owns its readers and its one timer; {@link stop} frees both.
 */
export class CallRecorder {
  readonly #deps: RecorderDeps;
  readonly #options: RecorderOptions;
  readonly #states = new Map<RecordedTrack, TrackState>();
  readonly #startedAt: string;
  readonly #timer: Timer;
  #uploads: Promise<unknown> = Promise.resolve();
  #stopped: Promise<void> | null = null;

  constructor(deps: RecorderDeps, options: RecorderOptions) {
    this.#deps = deps;
    this.#options = options;
    this.#timer = new Timer(deps.platform);
    this.#startedAt = this.#iso();
    if (deps.TrackProcessor === undefined) {
      this.#stopped = Promise.resolve();
      deps.warn(32003, {});
      return;
    }
    for (const track of options.tracks) {
      const ssrc = Math.floor(deps.platform.random() * 0xffff_ffff);
      this.#states.set(track, {
        buffer: new TrackBuffer(ssrc, options.maxBufferBytes),
        resampler: new Resampler(options.sampleRate),
        reader: null,
        overflowed: false,
      });
    }
    this.#arm();
  }

  /** Records this track from now on: at the start, and again when the microphone changes. */
  follow(kind: RecordedTrack, track: MediaStreamTrack | null): void {
    const state = this.#states.get(kind);
    const { TrackProcessor } = this.#deps;
    if (state === undefined || TrackProcessor === undefined || this.#stopped) {
      return;
    }
    void state.reader?.cancel().catch(() => undefined);
    state.reader = null;
    if (track === null || track.readyState === 'ended') {
      return;
    }
    const reader = new TrackProcessor({ track }).readable.getReader();
    state.reader = reader;
    void this.#read(kind, state, reader);
  }

  /** Uploads what is left; settles when that is done or given up. Idempotent. */
  stop(): Promise<void> {
    this.#stopped ??= this.#finish();
    return this.#stopped;
  }

  async #finish(): Promise<void> {
    this.#timer.stop();
    for (const state of this.#states.values()) {
      void state.reader?.cancel().catch(() => undefined);
      state.reader = null;
    }
    // A segment under way that fails puts its packets back; they belong to the last one.
    await this.#uploads;
    const bodies = [...this.#states].map(([kind, state]) =>
      this.#body('final', kind, state.buffer.take()),
    );
    const length = bodies.reduce((sum, body) => sum + JSON.stringify(body).length, 0);
    const keepalive = length <= KEEPALIVE_LIMIT;
    await Promise.all(bodies.map((body) => this.#deps.upload(body, { keepalive })));
  }

  async #read(
    kind: RecordedTrack,
    state: TrackState,
    reader: ReadableStreamDefaultReader<AudioData>,
  ): Promise<void> {
    try {
      for (;;) {
        const { done, value: frame } = await reader.read();
        if (done) {
          return;
        }
        const samples = new Float32Array(frame.numberOfFrames);
        frame.copyTo(samples, { planeIndex: 0, format: 'f32-planar' });
        const rate = frame.sampleRate;
        frame.close();
        if (state.reader !== reader) {
          return;
        }
        const resampled = state.resampler.process(samples, rate);
        if (resampled.length > 0) {
          this.#dropped(kind, state, state.buffer.push(resampled, this.#iso()));
        }
      }
    } catch {
      // The track ended or its stream was cancelled: what was read stays.
    }
  }

  #dropped(track: RecordedTrack, state: TrackState, packets: number): void {
    if (packets === 0 || state.overflowed) {
      return;
    }
    state.overflowed = true;
    this.#deps.warn(32004, { track });
  }

  #arm(): void {
    const interval = flushInterval(this.#options);
    if (interval <= 0) {
      return;
    }
    this.#timer.start(interval, () => {
      const flushes = [...this.#states].map(([kind, state]) => this.#flush(kind, state));
      this.#uploads = Promise.all([this.#uploads, ...flushes]);
      this.#arm();
    });
  }

  async #flush(kind: RecordedTrack, state: TrackState): Promise<void> {
    state.overflowed = false;
    const packets = state.buffer.take();
    if (packets.length === 0) {
      return;
    }
    const taken = await this.#deps.upload(this.#body('intermediate', kind, packets), {
      keepalive: false,
    });
    if (!taken) {
      this.#dropped(kind, state, state.buffer.restore(packets));
    }
  }

  #body(
    segment: RecordingEnvelope['segment'],
    track: RecordedTrack,
    packets: Parameters<typeof envelope>[2],
  ): RecordingEnvelope {
    return envelope(
      this.#deps.identity(),
      {
        segment,
        track,
        sample_rate: this.#options.sampleRate,
        started_at: this.#startedAt,
        ended_at: this.#iso(),
      },
      packets,
    );
  }

  #iso(): string {
    return new Date(this.#deps.platform.now()).toISOString();
  }
}
