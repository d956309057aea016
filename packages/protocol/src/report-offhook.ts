import type { Check, Checked } from './check.ts';
import { boundedList } from './schemas/client-tools.ts';
import {
  boolean,
  type Known,
  lenient,
  map,
  number,
  object,
  otherwise,
  string,
} from './schemas/tools.ts';

/*
 * What our own client adds to a call report, under `offhook` in the body and in each entry of `stats[]`. Everything may be missing:
 * other clients have none of it, and what does not fit is read as absent. Times are milliseconds since the epoch, and durations
 * milliseconds, unless said otherwise.
 */

const MAX_EVENTS = 4096;
const MAX_EARLY = 64;
const MAX_DEVICES = 256;
const MAX_PATHS = 1024;
const MAX_STEPS = 64;

const figure = lenient(number);
const measure = otherwise(number, null);
const text = lenient(string);
const flag = lenient(boolean);

/** A list without what does not fit. */
function list<T>(item: Check<T>, most: number): Check<readonly T[] | undefined> {
  return lenient(
    map(boundedList(otherwise(item, null), most), (all) => all.filter((one) => one !== null)),
  );
}

/** Over the samples of an interval. */
const SpreadSchema = object({ min: number, mean: number, max: number });
const spread = lenient(SpreadSchema);

/** What an interval holds beside the reference's fields. */
export const StatsExtraSchema = object({
  /** How many samples, about one a second. */
  samples: figure,
  /** 1 to 4.5. */
  mos: spread,
  rttMs: spread,
  jitterMs: spread,
  /** Of what we should have received. */
  lossPercent: spread,
  /** Of what the far side should have received from us, as it reports by RTCP. */
  remoteLossPercent: spread,
  remoteJitterMs: spread,
  remoteRttMs: spread,
  /** 0 to 1. */
  inboundLevel: spread,
  outboundLevel: spread,
  /** Milliseconds that a sample waited in the jitter buffer, mean of the interval. */
  jitterBufferMs: figure,
  /** Of the samples played in this interval: made up because packets were missing. */
  concealedPercent: figure,
  /** What the cumulative counters grew by in this interval. */
  delta: lenient(
    object({
      packetsReceived: figure,
      packetsLost: figure,
      packetsDiscarded: figure,
      bytesReceived: figure,
      concealedSamples: figure,
      totalSamplesReceived: figure,
      packetsSent: figure,
      bytesSent: figure,
      remotePacketsLost: figure,
    }),
  ),
});

/** Something that happened to the call, on its time axis. Further members depend on the type. */
const EventSchema = object({
  t: number,
  /**
   * `state`, `ice`, `network`, `signaling`, `device`, `mute`, `hold`, `warning` (with `phase` raised or cleared), `error`,
   * `recovery`, `page`, `feedback`, `ended`.
   */
  type: string,
});

/** A second of the first ten. */
const EarlySampleSchema = object({
  t: number,
  /** Seconds. */
  rtt: measure,
  jitter: measure,
  /** Percent. */
  loss: measure,
  mos: measure,
  /** Bits a second. */
  inboundBitrate: measure,
  outboundBitrate: measure,
  /** 0 to 1. */
  inLevel: measure,
  outLevel: measure,
});

const EnvironmentSchema = object({
  userAgent: text,
  platform: text,
  mobile: flag,
  language: text,
  timeZone: text,
  /** Logical processors. */
  cores: figure,
  /** GiB, rounded by the browser. */
  memory: figure,
  online: flag,
  secure: flag,
  /** The Network Information API, where there is one. */
  network: lenient(
    object({
      type: text,
      effectiveType: text,
      downlinkMbps: figure,
      rttMs: figure,
      saveData: flag,
    }),
  ),
});

const DevicesSchema = object({
  /** Of the microphone: `granted`, `denied`, `prompt`. */
  permission: text,
  inputs: figure,
  outputs: figure,
  cameras: figure,
  /** Only where the application allowed it. */
  list: list(object({ kind: string, label: text, deviceId: text }), MAX_DEVICES),
});

const PathEndSchema = object({
  candidateType: text,
  protocol: text,
  networkType: text,
  relayProtocol: text,
  /** Only where the application allowed it. */
  address: text,
  port: figure,
});

/** A candidate pair when it was first seen, and each time that its state or its selection changed. */
const PathSchema = object({
  t: number,
  id: string,
  state: text,
  nominated: flag,
  selected: flag,
  /** Seconds. */
  rtt: figure,
  local: lenient(PathEndSchema),
  remote: lenient(PathEndSchema),
});

const TimingsSchema = object({
  mode: text,
  direction: text,
  steps: list(object({ label: string, fromStart: number, delta: number }), MAX_STEPS),
});

/** `offhook` of a report's body. */
export const ReportExtraSchema = object({
  v: figure,
  /** In the order of their making; those of this segment. */
  events: list(EventSchema, MAX_EVENTS),
  early: list(EarlySampleSchema, MAX_EARLY),
  /** Entries of any kind that were dropped since there was no room, in the whole call so far. */
  dropped: figure,
  /** The browser and the machine. In the first segment, and in the last. */
  environment: lenient(EnvironmentSchema),
  /** What can be heard and spoken with. In the first segment that knows, and after a change. */
  devices: lenient(DevicesSchema),
  /** How the media goes, over time; those of this segment. */
  paths: list(PathSchema, MAX_PATHS),
  /** How long each step of setting up took. Once the call is active. */
  timings: lenient(TimingsSchema),
});

export type StatsExtra = Known<Checked<typeof StatsExtraSchema>>;
export type ReportExtra = Known<Checked<typeof ReportExtraSchema>>;
export type ReportEvent = Checked<typeof EventSchema>;
export type ReportPath = Known<Checked<typeof PathSchema>>;
export type ReportEnvironment = Known<Checked<typeof EnvironmentSchema>>;
export type ReportDevices = Known<Checked<typeof DevicesSchema>>;
export type Spread = Known<Checked<typeof SpreadSchema>>;
