import type { Platform } from '../platform.ts';
import { Timer } from '../timer.ts';
import { PathLog, type PathEntry } from './paths.ts';
import { redact, redactText, stringify, type Redaction } from './redact.ts';
import { statsEntry } from './report-entry.ts';
import type { ReportDetail, StatsEntry } from './report-entry.ts';
import type { QualitySample, Sampler } from './sampler.ts';

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

export interface ReportLogEntry {
  readonly timestamp: string;
  readonly level: LogLevel;
  readonly message: string;
  readonly context?: unknown;
}

/** Something that happened to the call, on its time axis. Ours: the reference has logs only. */
export interface ReportEvent {
  /** Milliseconds since the epoch. */
  readonly t: number;
  readonly type: string;
  readonly [detail: string]: unknown;
}

export interface FlushReason {
  readonly type: 'buffer-limit' | 'manual' | 'socket-close' | 'socket-error' | 'page-unload';
  readonly socketClose?: Readonly<Record<string, unknown>>;
}

export interface ReportOptions {
  /** Milliseconds an interval lasts; 1000 at least. */
  readonly intervalMs: number;
  /** Milliseconds between segments; 0: none by time. */
  readonly flushIntervalMs: number;
  readonly logLevel: LogLevel;
  readonly maxLogs: number;
  readonly detail: ReportDetail;
}

export interface ReportDeps {
  readonly platform: Platform;
  readonly sampler: Pick<Sampler, 'add'>;
  /** The microphone's track as it is now. */
  track(): MediaStreamTrack | null;
  /** `summary` as of now (wire spec 15.3), without times. */
  summary(): Readonly<Record<string, unknown>>;
  /** What is sent when it is new, and again at the end: environment, devices, timings. */
  about(): Readonly<Record<string, unknown>>;
  /** What must not be in any body, in whatever text it stands. */
  secrets(): readonly (string | undefined)[];
  /** Hands a finished body to whoever posts or parks it. */
  post(body: string, options: { readonly final: boolean; readonly keepalive: boolean }): void;
}

const LEVELS: readonly LogLevel[] = ['debug', 'info', 'warn', 'error'];
const MAX_STATS = 360;
const FLUSH_STATS = 300;
const FLUSH_LOGS = 800;
const MAX_EVENTS = 500;
const MAX_PATHS = 250;
/** The unsent tail goes out before it is too long for a keepalive body. */
const TAIL_BYTES = 48 * 1024;
const EARLY_MS = 10_000;

/**
 * Collects one call's report, from the call's construction to its end, and hands it out in segments. Bounded: what is not yet
 * sent holds at most 360 intervals, 500 events, 250 changes of path and `maxLogs` log lines; the oldest go first, and the report says how many went.
 */
export class CallReport {
  readonly #deps: ReportDeps;
  readonly #options: ReportOptions;
  readonly #startedAt: number;
  readonly #flushTimer: Timer;
  #stats: StatsEntry[] = [];
  #logs: ReportLogEntry[] = [];
  #events: ReportEvent[] = [];
  #early: Readonly<Record<string, unknown>>[] = [];
  #paths: PathEntry[] = [];
  readonly #pathLog: PathLog;
  /** What of `about()` the segments before have told, as JSON. */
  readonly #told = new Map<string, string>();
  #interval: QualitySample[] = [];
  #intervalStart = 0;
  #before: QualitySample | null = null;
  #activeAt = 0;
  #tail = 0;
  #dropped = 0;
  #segment = 0;
  #feedback: unknown;
  #endedAt: number | null = null;
  #stopSampling: (() => void) | null = null;
  #finished = false;

  constructor(deps: ReportDeps, options: ReportOptions) {
    this.#deps = deps;
    this.#options = options;
    this.#startedAt = deps.platform.now();
    this.#flushTimer = new Timer(deps.platform);
    this.#pathLog = new PathLog(options.detail.addresses === true);
  }

  /** The call is active: statistics from now on. Idempotent. */
  start(): void {
    if (this.#stopSampling !== null || this.#finished) {
      return;
    }
    this.#activeAt = this.#intervalStart = this.#deps.platform.now();
    this.#stopSampling = this.#deps.sampler.add((sample) => {
      this.#onSample(sample);
    });
    this.#armFlush();
  }

  event(type: string, detail: Readonly<Record<string, unknown>> = {}): void {
    if (this.#finished) {
      return;
    }
    const entry = {
      ...(redact(detail, this.#how) as object),
      t: this.#deps.platform.now(),
      type,
    };
    this.#keep(this.#events, entry, MAX_EVENTS);
  }

  /** `at`: when it was written, in milliseconds since the epoch. */
  log(level: LogLevel, args: readonly unknown[], at = this.#deps.platform.now()): void {
    if (this.#finished || LEVELS.indexOf(level) < LEVELS.indexOf(this.#options.logLevel)) {
      return;
    }
    const [first, ...rest] = args;
    const message = typeof first === 'string' ? first : JSON.stringify(redact(first, this.#how));
    const entry: ReportLogEntry = {
      timestamp: new Date(at).toISOString(),
      level,
      message: redactText(message, this.#how.addresses),
      ...(rest.length > 0 ? { context: context(rest, this.#how) } : {}),
    };
    this.#keep(this.#logs, entry, this.#options.maxLogs);
    if (this.#logs.length >= FLUSH_LOGS) {
      this.flush({ type: 'buffer-limit' });
    }
  }

  /** What a person said of the call. After the end it goes out at once, in a segment of its own. */
  feedback(given: Readonly<Record<string, unknown>>): void {
    this.#feedback = redact(given, this.#how);
    const entry = { ...(this.#feedback as object), t: this.#deps.platform.now(), type: 'feedback' };
    this.#keep(this.#events, entry, MAX_EVENTS);
    if (!this.#finished) {
      return;
    }
    this.#deps.post(this.#body({ type: 'manual' }), { final: false, keepalive: true });
    this.#segment += 1;
  }

  /** Another peer connection goes on: its counters begin anew. */
  newPeer(): void {
    this.#closeInterval();
    this.#before = null;
    this.#pathLog.reset();
  }

  /** Hands out what has come since the last segment. The interval under way stays with the next one. */
  flush(reason: FlushReason): void {
    if (this.#finished) {
      return;
    }
    const keepalive = reason.type === 'page-unload';
    if (keepalive) {
      this.#closeInterval();
    }
    this.#deps.post(this.#body(reason), { final: false, keepalive });
    this.#segment += 1;
  }

  /** The call has ended: the last segment. Idempotent. */
  finish(): void {
    if (this.#finished) {
      return;
    }
    this.#closeInterval();
    this.#stop();
    this.#endedAt = this.#deps.platform.now();
    const body = this.#body(null);
    this.#segment += 1;
    this.#finished = true;
    this.#deps.post(body, { final: true, keepalive: true });
  }

  /** Ends collection without a report. */
  dispose(): void {
    this.#stop();
    this.#finished = true;
  }

  get #how(): Redaction {
    return { addresses: this.#options.detail.addresses === true };
  }

  #stop(): void {
    this.#stopSampling?.();
    this.#stopSampling = null;
    this.#flushTimer.stop();
  }

  #armFlush(): void {
    const { flushIntervalMs } = this.#options;
    if (flushIntervalMs <= 0) {
      return;
    }
    this.#flushTimer.start(flushIntervalMs, () => {
      this.flush({ type: 'buffer-limit' });
      this.#armFlush();
    });
  }

  #onSample(sample: QualitySample): void {
    if (sample.timestamp - this.#activeAt <= EARLY_MS) {
      this.#early.push(earlySample(sample));
    }
    for (const path of this.#pathLog.feed(sample)) {
      this.#keep(this.#paths, path, MAX_PATHS);
    }
    this.#interval.push(sample);
    // Half a sampling period of slack: timers are never exact, and an interval shall not wait for one sample more.
    if (sample.timestamp - this.#intervalStart >= this.#options.intervalMs - 500) {
      this.#closeInterval();
    }
    if (this.#stats.length >= FLUSH_STATS || this.#tail >= TAIL_BYTES) {
      this.flush({ type: 'buffer-limit' });
    }
  }

  #closeInterval(): void {
    const last = this.#interval.at(-1);
    if (last === undefined) {
      return;
    }
    const entry = statsEntry(
      this.#interval,
      this.#before,
      this.#intervalStart,
      this.#deps.track(),
      this.#options.detail,
    );
    this.#keep(this.#stats, entry, MAX_STATS);
    this.#before = last;
    this.#intervalStart = last.timestamp;
    this.#interval = [];
  }

  #keep<T>(list: T[], entry: T, most: number): void {
    list.push(entry);
    this.#tail += JSON.stringify(entry).length;
    if (list.length <= most) {
      return;
    }
    list.shift();
    this.#dropped += 1;
  }

  /** What is new of what rarely changes; all of it in the last segment, which may be the only one that arrives. */
  #about(last: boolean): Record<string, unknown> {
    const news = Object.entries(this.#deps.about()).filter(([name, value]) => {
      if (value === undefined) {
        return false;
      }
      const text = JSON.stringify(value);
      const fresh = this.#told.get(name) !== text;
      this.#told.set(name, text);
      return fresh || last;
    });
    return Object.fromEntries(news);
  }

  #body(reason: FlushReason | null): string {
    const now = this.#endedAt ?? this.#deps.platform.now();
    const body = {
      summary: {
        ...this.#deps.summary(),
        durationSeconds: Math.round((now - this.#startedAt) / 100) / 10,
        startTimestamp: new Date(this.#startedAt).toISOString(),
        endTimestamp: new Date(now).toISOString(),
      },
      stats: this.#stats,
      ...(this.#logs.length > 0 ? { logs: this.#logs } : {}),
      ...(reason !== null || this.#segment > 0 ? { segment: this.#segment } : {}),
      ...(reason === null ? {} : { flushReason: reason }),
      offhook: {
        v: 1,
        events: this.#events,
        early: this.#early,
        paths: this.#paths,
        dropped: this.#dropped,
        ...this.#about(reason === null),
        ...(this.#feedback === undefined ? {} : { feedback: this.#feedback }),
      },
    };
    this.#stats = [];
    this.#logs = [];
    this.#events = [];
    this.#early = [];
    this.#paths = [];
    this.#tail = 0;
    return stringify(body, this.#deps.secrets());
  }
}

function context(args: readonly unknown[], how: Redaction): unknown {
  const [only] = args;
  if (args.length > 1) {
    return { args: args.map((arg) => redact(arg, how)) };
  }
  return typeof only === 'object' && only !== null
    ? redact(only, how)
    : { args: [redact(only, how)] };
}

/** The first ten seconds, second by second: where set-up problems show. Feeds no interval. */
function earlySample(sample: QualitySample): Record<string, unknown> {
  const { timestamp: t, rtt, jitter, loss, mos, inboundBitrate, outboundBitrate } = sample;
  const { inboundLevel: inLevel, outboundLevel: outLevel } = sample;
  return { t, rtt, jitter, loss, mos, inboundBitrate, outboundBitrate, inLevel, outLevel };
}
