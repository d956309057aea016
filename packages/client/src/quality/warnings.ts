import { loudness, type QualitySample } from './sampler.ts';

export type QualityWarning =
  31001 | 31002 | 31003 | 31004 | 31005 | 31006 | 32001 | 32002 | 33008 | 37003;

/** When the quality of a call is worth a warning. What is not given stays at its default. */
export interface QualityThresholds {
  /** 31001: the round trip is longer. Milliseconds, default 400. */
  readonly rttMs?: number | undefined;
  /** 31002: jitter of what is received is more. Milliseconds, default 30. */
  readonly jitterMs?: number | undefined;
  /** 31003: more than this was lost of a second's packets. Percent, default 1. */
  readonly lossPercent?: number | undefined;
  /** 31004: MOS is less. Default 3.5. */
  readonly mos?: number | undefined;
  /** 31005, 31006: a level of this or less is silence. 0 to 1, default 0.001. */
  readonly silence?: number | undefined;
  /** 37003: packets carry silence of this or less. Root mean square, 0 to 1, default 0.0001: quieter than any room. */
  readonly digitalSilence?: number | undefined;
  /** 32001, 32002: so few bytes in a second are too few. Default 0: none at all. */
  readonly bytes?: number | undefined;
}

export const QUALITY_THRESHOLDS = {
  rttMs: 400,
  jitterMs: 30,
  lossPercent: 1,
  mos: 3.5,
  silence: 0.001,
  digitalSilence: 0.0001,
  bytes: 0,
} as const satisfies Required<QualityThresholds>;

export interface QualityContext {
  /** Held by either side: silence is meant. */
  readonly held: boolean;
  /** The microphone is muted, switched off or not sent. */
  readonly muted: boolean;
  /** The far side is a program, which is silent while it listens. */
  readonly silentFar?: boolean | undefined;
}

/** A warning that began, or one that has ended. */
export interface QualityNews {
  readonly code: QualityWarning;
  /** `raised` again every 15 s while it lasts. */
  readonly phase: 'raised' | 'cleared';
  /** What was measured, in the unit of the threshold; of one-way audio the direction. */
  readonly detail: Readonly<Record<string, unknown>>;
  /** Milliseconds since it was first raised; 0 when it was raised just now. */
  readonly lasted: number;
}

const SAMPLES = 3;
const REPEAT_MS = 15_000;
const SILENT_MS = 30_000;
/** Two samples of nothing at all, a little early: nobody's voice pauses so. */
const ONE_WAY_MS = 1_900;
/** Fewer packets in a second are pauses of a codec that sends none for silence, and say nothing. */
const FLOWING = 10;

type Limits = Readonly<Record<keyof QualityThresholds, number>>;

interface Finding {
  readonly shown: boolean;
  readonly value?: number;
}

interface Look {
  readonly sample: QualitySample;
  readonly before: QualitySample | null;
  readonly context: QualityContext;
  readonly limits: Limits;
}

/** Null when the sample cannot tell. */
type Check = (look: Look) => Finding | null;

interface Condition {
  readonly code: QualityWarning;
  readonly detail?: Readonly<Record<string, unknown>>;
  /** How long it has to last, where three samples are not what counts: a busy page takes its time for them. */
  readonly forMs?: number;
  readonly check: Check;
}

const over = (value: number | null, limit: number): Finding | null =>
  value === null ? null : { shown: value > limit, value };

/** What a counter grew by in about a second; null where there is nothing to compare. */
const grown = (now: number | undefined, then: number | undefined): number | null =>
  now === undefined || then === undefined ? null : now - then;

/** A direction without an entry has had no packet at all. */
function fewBytes(
  { before, limits }: Look,
  meant: boolean,
  now: number | undefined,
  then: number | undefined,
): Finding {
  if (meant || before === null) {
    return { shown: false };
  }
  const value = (now ?? 0) - (then ?? 0);
  return { shown: value <= limits.bytes, value };
}

const CONDITIONS: readonly Condition[] = [
  {
    code: 31001,
    check: ({ sample: { rtt }, limits }) => over(rtt === null ? null : rtt * 1_000, limits.rttMs),
  },
  {
    code: 31002,
    check: ({ sample: { jitter }, limits }) =>
      over(jitter === null ? null : jitter * 1_000, limits.jitterMs),
  },
  { code: 31003, check: ({ sample: { loss }, limits }) => over(loss, limits.lossPercent) },
  {
    code: 31004,
    check: ({ sample: { mos }, limits }) =>
      mos === null ? null : { shown: mos < limits.mos, value: mos },
  },
  {
    code: 31006,
    check: ({ sample: { inboundLevel: level }, context, limits }) =>
      context.held || context.silentFar || level === null
        ? { shown: false }
        : { shown: level <= limits.silence, value: level },
  },
  {
    code: 32001,
    check: (look) => {
      const { sample, before, context } = look;
      const then = before?.inbound?.bytesReceived;
      return fewBytes(look, context.held, sample.inbound?.bytesReceived, then);
    },
  },
  {
    code: 32002,
    check: (look) => {
      const { sample, before, context } = look;
      const meant = context.held || context.muted;
      return fewBytes(look, meant, sample.outbound?.bytesSent, before?.outbound?.bytesSent);
    },
  },
  {
    code: 37003,
    detail: { direction: 'inbound' },
    forMs: ONE_WAY_MS,
    check: ({ sample: { inbound }, before, context, limits }) => {
      const packets = grown(inbound?.packetsReceived, before?.inbound?.packetsReceived);
      const meant = context.held || context.silentFar;
      if (meant || packets === null || packets < FLOWING) {
        return { shown: false };
      }
      const value = loudness(inbound, before?.inbound);
      return value === null ? null : { shown: value <= limits.digitalSilence, value };
    },
  },
  {
    code: 37003,
    detail: { direction: 'outbound' },
    forMs: ONE_WAY_MS,
    check: ({ sample: { outbound, source }, before, context, limits }) => {
      const packets = grown(outbound?.packetsSent, before?.outbound?.packetsSent);
      const meant = context.held || context.muted;
      if (meant || packets === null || packets < FLOWING) {
        return { shown: false };
      }
      const value = loudness(source, before?.source);
      return value === null ? null : { shown: value <= limits.digitalSilence, value };
    },
  },
];

const MICROPHONE: Condition = { code: 31005, check: () => null };

interface Episode {
  count: number;
  firstAt: number;
  raisedAt: number | null;
}

/**
 * Turns samples into warnings, in pairs: three samples in a row raise one (one-way audio: two seconds), the first that does not show it clears it. It repeats
 * every 15 s while the condition lasts. A sample that cannot tell changes nothing.
 */
export class QualityWarnings {
  readonly #tell: (news: QualityNews) => void;
  readonly #limits: () => QualityThresholds;
  readonly #episodes = new Map<Condition, Episode>();
  #before: QualitySample | null = null;
  /** When the microphone was last heard; null: never. */
  #heardAt: number | null = null;

  /** `limits` is read anew for each sample. */
  constructor(tell: (news: QualityNews) => void, limits: () => QualityThresholds = () => ({})) {
    this.#tell = tell;
    this.#limits = limits;
  }

  feed(sample: QualitySample, context: QualityContext): void {
    const before = this.#before;
    const limits = withDefaults(this.#limits());
    for (const condition of CONDITIONS) {
      const found = condition.check({ sample, before, context, limits });
      if (found) {
        this.#judge(condition, found, SAMPLES, sample.timestamp);
      }
    }
    this.#judgeMicrophone(sample, context, limits);
    const pair = before?.pair?.id;
    if (pair !== undefined && sample.pair && sample.pair.id !== pair) {
      // A change, no condition: there is nothing that could end.
      this.#tell({ code: 33008, phase: 'raised', detail: {}, lasted: 0 });
    }
    this.#before = sample;
  }

  /** No more samples for now, or the call is over: what was raised ends, and the next sample is a first one. */
  end(now: number): void {
    for (const condition of [...this.#episodes.keys()]) {
      this.#clear(condition, now);
    }
    this.#before = null;
  }

  #judge(
    condition: Condition,
    { shown, value }: Finding,
    samples: number,
    now: number,
    repeats = true,
  ): void {
    if (!shown) {
      this.#clear(condition, now);
      return;
    }
    const begin = this.#before?.timestamp ?? now;
    const episode = this.#episodes.get(condition) ?? { count: 0, firstAt: begin, raisedAt: null };
    episode.count += 1;
    this.#episodes.set(condition, episode);
    const due = episode.raisedAt === null || (repeats && now - episode.raisedAt >= REPEAT_MS);
    const { forMs } = condition;
    const enough = forMs === undefined ? episode.count >= samples : now - episode.firstAt >= forMs;
    // Once raised, the begin is that of the warning.
    if (!due || (episode.raisedAt === null && !enough)) {
      return;
    }
    if (episode.raisedAt === null) {
      episode.firstAt = now;
    }
    episode.raisedAt = now;
    this.#tell({
      code: condition.code,
      phase: 'raised',
      detail: { ...condition.detail, ...(value === undefined ? {} : { value }) },
      lasted: now - episode.firstAt,
    });
  }

  #clear(condition: Condition, now: number): void {
    const episode = this.#episodes.get(condition);
    this.#episodes.delete(condition);
    if (episode?.raisedAt == null) {
      return;
    }
    const { code, detail = {} } = condition;
    this.#tell({ code, phase: 'cleared', detail, lasted: now - episode.firstAt });
  }

  /** Before any sound three silent samples are suspect; after it people may well say nothing for half a minute. */
  #judgeMicrophone(
    { outboundLevel: level, timestamp }: QualitySample,
    { muted, held }: QualityContext,
    { silence }: Limits,
  ): void {
    if (muted || held || level === null) {
      this.#clear(MICROPHONE, timestamp);
      this.#heardAt = this.#heardAt === null ? null : timestamp;
      return;
    }
    if (level > silence) {
      this.#heardAt = timestamp;
    }
    const shown =
      level <= silence && (this.#heardAt === null || timestamp - this.#heardAt >= SILENT_MS);
    const knew = this.#heardAt !== null;
    this.#judge(MICROPHONE, { shown, value: level }, knew ? 1 : SAMPLES, timestamp, !knew);
  }
}

function withDefaults(given: QualityThresholds): Limits {
  const set = Object.entries(given).filter(
    ([, value]) => typeof value === 'number' && Number.isFinite(value),
  );
  return { ...QUALITY_THRESHOLDS, ...(Object.fromEntries(set) as Partial<Limits>) };
}
