import * as v from 'valibot';
import { type Known, lenient } from './schemas/tools.ts';

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

const number = () => lenient(v.number());
const measure = () => v.fallback(v.nullable(v.number()), null);
const string = () => lenient(v.string());
const flag = () => lenient(v.boolean());

/** A list without what does not fit. */
function list<const S extends v.GenericSchema>(item: S, most: number) {
  return lenient(
    v.pipe(
      v.array(v.fallback(v.nullable(item), null)),
      v.maxLength(most),
      v.transform((all): readonly v.InferOutput<S>[] => all.filter((one) => one !== null)),
    ),
  );
}

/** Over the samples of an interval. */
const SpreadSchema = v.looseObject({ min: v.number(), mean: v.number(), max: v.number() });
const spread = () => lenient(SpreadSchema);

/** What an interval holds beside the reference's fields. */
export const StatsExtraSchema = v.looseObject({
  /** How many samples, about one a second. */
  samples: number(),
  /** 1 to 4.5. */
  mos: spread(),
  rttMs: spread(),
  jitterMs: spread(),
  /** Of what we should have received. */
  lossPercent: spread(),
  /** Of what the far side should have received from us, as it reports by RTCP. */
  remoteLossPercent: spread(),
  remoteJitterMs: spread(),
  remoteRttMs: spread(),
  /** 0 to 1. */
  inboundLevel: spread(),
  outboundLevel: spread(),
  /** Milliseconds that a sample waited in the jitter buffer, mean of the interval. */
  jitterBufferMs: number(),
  /** Of the samples played in this interval: made up because packets were missing. */
  concealedPercent: number(),
  /** What the cumulative counters grew by in this interval. */
  delta: lenient(
    v.looseObject({
      packetsReceived: number(),
      packetsLost: number(),
      packetsDiscarded: number(),
      bytesReceived: number(),
      concealedSamples: number(),
      totalSamplesReceived: number(),
      packetsSent: number(),
      bytesSent: number(),
      remotePacketsLost: number(),
    }),
  ),
});

/** Something that happened to the call, on its time axis. Further members depend on the type. */
const EventSchema = v.looseObject({
  t: v.number(),
  /**
   * `state`, `ice`, `network`, `signaling`, `device`, `mute`, `hold`, `warning` (with `phase` raised or cleared), `error`,
   * `recovery`, `page`, `feedback`, `ended`.
   */
  type: v.string(),
});

/** A second of the first ten. */
const EarlySampleSchema = v.looseObject({
  t: v.number(),
  /** Seconds. */
  rtt: measure(),
  jitter: measure(),
  /** Percent. */
  loss: measure(),
  mos: measure(),
  /** Bits a second. */
  inboundBitrate: measure(),
  outboundBitrate: measure(),
  /** 0 to 1. */
  inLevel: measure(),
  outLevel: measure(),
});

const EnvironmentSchema = v.looseObject({
  userAgent: string(),
  platform: string(),
  mobile: flag(),
  language: string(),
  timeZone: string(),
  /** Logical processors. */
  cores: number(),
  /** GiB, rounded by the browser. */
  memory: number(),
  online: flag(),
  secure: flag(),
  /** The Network Information API, where there is one. */
  network: lenient(
    v.looseObject({
      type: string(),
      effectiveType: string(),
      downlinkMbps: number(),
      rttMs: number(),
      saveData: flag(),
    }),
  ),
});

const DevicesSchema = v.looseObject({
  /** Of the microphone: `granted`, `denied`, `prompt`. */
  permission: string(),
  inputs: number(),
  outputs: number(),
  cameras: number(),
  /** Only where the application allowed it. */
  list: list(v.looseObject({ kind: v.string(), label: string(), deviceId: string() }), MAX_DEVICES),
});

const PathEndSchema = v.looseObject({
  candidateType: string(),
  protocol: string(),
  networkType: string(),
  relayProtocol: string(),
  /** Only where the application allowed it. */
  address: string(),
  port: number(),
});

/** A candidate pair when it was first seen, and each time that its state or its selection changed. */
const PathSchema = v.looseObject({
  t: v.number(),
  id: v.string(),
  state: string(),
  nominated: flag(),
  selected: flag(),
  /** Seconds. */
  rtt: number(),
  local: lenient(PathEndSchema),
  remote: lenient(PathEndSchema),
});

const TimingsSchema = v.looseObject({
  mode: string(),
  direction: string(),
  steps: list(
    v.looseObject({ label: v.string(), fromStart: v.number(), delta: v.number() }),
    MAX_STEPS,
  ),
});

/** `offhook` of a report's body. */
export const ReportExtraSchema = v.looseObject({
  v: number(),
  /** In the order of their making; those of this segment. */
  events: list(EventSchema, MAX_EVENTS),
  early: list(EarlySampleSchema, MAX_EARLY),
  /** Entries of any kind that were dropped since there was no room, in the whole call so far. */
  dropped: number(),
  /** The browser and the machine. In the first segment, and in the last. */
  environment: lenient(EnvironmentSchema),
  /** What can be heard and spoken with. In the first segment that knows, and after a change. */
  devices: lenient(DevicesSchema),
  /** How the media goes, over time; those of this segment. */
  paths: list(PathSchema, MAX_PATHS),
  /** How long each step of setting up took. Once the call is active. */
  timings: lenient(TimingsSchema),
});

export type StatsExtra = Known<v.InferOutput<typeof StatsExtraSchema>>;
export type ReportExtra = Known<v.InferOutput<typeof ReportExtraSchema>>;
export type ReportEvent = v.InferOutput<typeof EventSchema>;
export type ReportPath = Known<v.InferOutput<typeof PathSchema>>;
export type ReportEnvironment = Known<v.InferOutput<typeof EnvironmentSchema>>;
export type ReportDevices = Known<v.InferOutput<typeof DevicesSchema>>;
export type Spread = Known<v.InferOutput<typeof SpreadSchema>>;
