import type { ReportDevices } from '@offhook/protocol';
import type { LineLevel } from '../logger.ts';
import type { IClientOptions } from '../options.ts';
import type { Platform } from '../platform.ts';
import { environmentOf } from './environment.ts';
import { aboutCall, type LogLine } from './log-line.ts';
import type { Outbox } from './outbox.ts';
import { CallReport, type FlushReason } from './report.ts';
import { CallSamples } from './samples.ts';
import { clientSummary, intervalOf, REPORT_DEFAULTS, type ClientFacts } from './summary.ts';

/** What an upload is sent under. */
export interface UploadKey {
  /** `https://calls.example.com` */
  readonly origin: string;
  /** Null: the gateway takes no reports. */
  readonly callReportId: string | null;
  readonly voiceSdkId: string | undefined;
  /** Whether the gateway unpacks what was packed. */
  readonly gzip: boolean;
}

export interface ReporterDeps {
  readonly platform: Platform;
  readonly outbox: Outbox;
  readonly log: (level: LineLevel, message: string) => void;
  readonly options: () => IClientOptions;
  readonly facts: () => ClientFacts;
  readonly key: () => UploadKey;
  readonly secrets: () => readonly (string | undefined)[];
}

/** A call as a report shows it; a recovery puts another object in its place. */
export interface ReportedCall {
  readonly id: string;
  /** The microphone's track as it is now. */
  track(): MediaStreamTrack | null;
  /** The members of `summary` that are the call's. */
  summary(): Readonly<Record<string, unknown>>;
  /** How long each step of setting up took, once the call is active. */
  timings(): object | undefined;
}

/** Reports of calls that are over are kept for what a person may say of them afterwards. */
const REMEMBERED = 16;

/** RFC 6455, 7.4.1, and the codes that browsers make themselves. */
const CLOSE_CODES: Readonly<Record<number, string>> = {
  1000: 'NORMAL_CLOSURE',
  1001: 'GOING_AWAY',
  1002: 'PROTOCOL_ERROR',
  1003: 'UNSUPPORTED_DATA',
  1005: 'NO_STATUS_RECEIVED',
  1006: 'ABNORMAL_CLOSURE',
  1007: 'INVALID_FRAME_PAYLOAD_DATA',
  1008: 'POLICY_VIOLATION',
  1009: 'MESSAGE_TOO_BIG',
  1010: 'MANDATORY_EXTENSION',
  1011: 'INTERNAL_ERROR',
  1012: 'SERVICE_RESTART',
  1013: 'TRY_AGAIN_LATER',
  1014: 'BAD_GATEWAY',
  1015: 'TLS_HANDSHAKE',
};

/** How a socket was closed, as `flushReason.socketClose` tells it. */
export function socketClose(
  { code = 1005, reason = '', wasClean = false }: Partial<CloseEvent>,
  error?: string,
): Readonly<Record<string, unknown>> {
  const codeName = CLOSE_CODES[code] ?? 'UNKNOWN';
  return { code, codeName, reason, wasClean, ...(error === undefined ? {} : { error }) };
}

/** One call's report and the key under which it is uploaded. */
export class ReportFile {
  readonly report: CallReport;
  readonly samples = new CallSamples();
  #over = false;
  #devices: ReportDevices | undefined;
  #call: ReportedCall;
  #key: UploadKey;
  #settled = false;
  #seen = false;
  readonly #deps: ReporterDeps;

  constructor(deps: ReporterDeps, call: ReportedCall) {
    const options = deps.options();
    this.#deps = deps;
    this.#call = call;
    this.#key = deps.key();
    this.report = new CallReport(
      {
        platform: deps.platform,
        sampler: this.samples,
        track: () => this.#call.track(),
        summary: () => ({
          ...this.#call.summary(),
          clientSummary: clientSummary(deps.options(), deps.facts()),
        }),
        about: () => ({
          environment: environmentOf(deps.platform),
          devices: this.#devices,
          timings: this.#call.timings(),
        }),
        secrets: deps.secrets,
        post: (body, { keepalive }) => {
          this.#post(body, keepalive);
        },
      },
      {
        intervalMs: intervalOf(options),
        flushIntervalMs: options.callReportFlushInterval ?? REPORT_DEFAULTS.flushInterval,
        logLevel: options.debugLogLevel ?? 'debug',
        maxLogs: options.debugLogMaxEntries ?? REPORT_DEFAULTS.maxLogs,
        detail: options.callReportDetail ?? {},
      },
    );
  }

  get over(): boolean {
    return this.#over;
  }

  /** Microphones and the like. */
  learnDevices(devices: ReportDevices): void {
    this.#devices = devices;
  }

  /** Another object goes on with this call. */
  take(call: ReportedCall): void {
    this.#call = call;
    this.report.newPeer();
  }

  /** The gateway has the call now: it belongs to the session of this moment, whatever session comes later. */
  settleKey(): void {
    if (!this.#settled) {
      this.#key = this.#deps.key();
    }
    this.#settled = true;
  }

  /** The gateway was told of the call. It refuses the report of one that it never saw, so that is not sent. */
  seen(): void {
    this.#seen = true;
  }

  finish(): void {
    if (this.#over) {
      return;
    }
    this.#over = true;
    this.report.finish();
  }

  #post(body: string, keepalive: boolean): void {
    const key = this.#settled ? this.#key : this.#deps.key();
    const { origin, callReportId, voiceSdkId, gzip } = key;
    if (!callReportId || !this.#seen) {
      return;
    }
    void this.#deps.outbox.send({
      url: `${origin}/call_report`,
      headers: {
        'x-call-report-id': callReportId,
        'x-call-id': this.#call.id,
        ...(voiceSdkId ? { 'x-voice-sdk-id': voiceSdkId } : {}),
      },
      body,
      keepalive,
      gzip,
    });
  }
}

/** The reports of one client's calls: one a call, also through a recovery. */
export class Reporter {
  readonly #deps: ReporterDeps;
  readonly #files = new Map<string, ReportFile>();
  #socketError: string | undefined;

  constructor(deps: ReporterDeps) {
    this.#deps = deps;
    const { callReportInterval } = deps.options();
    if (callReportInterval && callReportInterval < REPORT_DEFAULTS.leastInterval) {
      deps.log('warn', 'callReportInterval is less than 1000 ms; 1000 ms is used');
    }
  }

  /** The file of this call: a new one, or that of the object whose place this one took. */
  open(call: ReportedCall): ReportFile {
    const known = this.#files.get(call.id);
    if (known && !known.over) {
      known.take(call);
      return known;
    }
    const file = new ReportFile(this.#deps, call);
    this.#files.delete(call.id);
    this.#files.set(call.id, file);
    const over = [...this.#files].filter(([, { over: isOver }]) => isOver);
    for (const [id] of over.slice(0, Math.max(0, over.length - REMEMBERED))) {
      this.#files.delete(id);
    }
    return file;
  }

  /** Files of calls that are not over. */
  get live(): readonly ReportFile[] {
    return [...this.#files.values()].filter(({ over }) => !over);
  }

  /** A line of this client's log: into every live report, unless it is about another call. */
  log(line: LogLine): void {
    const { at, level, args } = line;
    const about = aboutCall(line);
    for (const [id, file] of this.#files) {
      if (!file.over && (about === undefined || about === id)) {
        file.report.log(level, args, at);
      }
    }
  }

  /** Into every live report. */
  event(type: string, detail: Readonly<Record<string, unknown>>): void {
    for (const { report } of this.live) {
      report.event(type, detail);
    }
  }

  socketFailed(): void {
    this.#socketError = 'The browser reported a WebSocket error';
  }

  /** Signalling is gone; what was collected may be all that there will ever be. */
  socketClosed(event: Partial<CloseEvent>): void {
    const reason = {
      type: 'socket-close',
      socketClose: socketClose(event, this.#socketError),
    } as const;
    this.#socketError = undefined;
    this.event('signaling', { state: 'closed', ...reason.socketClose });
    for (const { report } of this.live) {
      report.flush(reason);
    }
  }

  /** The page may be gone for ever. `ended`: whether a call, by its id, is over already. */
  pageHidden(ended: (file: ReportFile) => boolean): void {
    for (const file of this.live) {
      if (ended(file)) {
        file.finish();
      } else {
        file.report.flush({ type: 'page-unload' });
      }
    }
  }

  flush(callId: string, { type }: { readonly type: string }): void {
    const reason = { type: type as FlushReason['type'] };
    this.#files.get(callId)?.report.flush(reason);
  }

  /** False when there is no report of this call, or nobody takes it. */
  feedback(callId: string, given: Readonly<Record<string, unknown>>): boolean {
    const file = this.#files.get(callId);
    if (!file || !this.#deps.key().callReportId) {
      return false;
    }
    file.report.feedback(given);
    return true;
  }
}
