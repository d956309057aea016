import type { QualitySample } from './sampler.ts';

export type QualityWarning = 31001 | 31002 | 31003 | 31004 | 31005 | 31006 | 32001 | 32002 | 33008;

export interface QualityContext {
  /** Held by either side: silence is meant. */
  readonly held: boolean;
  /** The microphone is muted, switched off or not sent. */
  readonly muted: boolean;
}

const SAMPLES = 3;
const REPEAT_MS = 15_000;
const SILENT_MS = 30_000;
const SILENCE = 0.001;

/** True when the sample shows the condition; null when it cannot tell. */
type Check = (
  sample: QualitySample,
  context: QualityContext,
  before: QualitySample | null,
) => boolean | null;

const over = (value: number | null, limit: number): boolean | null =>
  value === null ? null : value > limit;

const CHECKS: Readonly<Record<Exclude<QualityWarning, 31005 | 33008>, Check>> = {
  31001: ({ rtt }) => over(rtt, 0.4),
  31002: ({ jitter }) => over(jitter, 0.03),
  31003: ({ loss }) => over(loss, 1),
  31004: ({ mos }) => (mos === null ? null : mos < 3.5),
  31006: ({ inbound }, { held }) =>
    !held && inbound?.audioLevel !== undefined && inbound.audioLevel <= SILENCE,
  32001: ({ inbound }, { held }, before) =>
    !held && before !== null && inbound?.bytesReceived === before.inbound?.bytesReceived,
  32002: ({ outbound }, { held, muted }, before) =>
    !held && !muted && before !== null && outbound?.bytesSent === before.outbound?.bytesSent,
};

interface Episode {
  count: number;
  raisedAt: number | null;
}

/**
 * Turns samples into warnings: three in a row raise one, it repeats every 15 s while the condition lasts and re-arms
 * when it clears.
 */
export class QualityWarnings {
  readonly #raise: (code: QualityWarning) => void;
  readonly #episodes = new Map<QualityWarning, Episode>();
  #before: QualitySample | null = null;
  /** When the microphone was last heard; null: never. */
  #heardAt: number | null = null;

  constructor(raise: (code: QualityWarning) => void) {
    this.#raise = raise;
  }

  feed(sample: QualitySample, context: QualityContext): void {
    for (const [code, check] of Object.entries(CHECKS)) {
      const shown = check(sample, context, this.#before);
      if (shown !== null) {
        this.#judge(Number(code) as QualityWarning, shown, SAMPLES, sample.timestamp);
      }
    }
    this.#judgeMicrophone(sample, context);
    const pair = this.#before?.pair?.id;
    if (pair !== undefined && sample.pair && sample.pair.id !== pair) {
      this.#raise(33008);
    }
    this.#before = sample;
  }

  #judge(code: QualityWarning, shown: boolean, samples: number, now: number, repeats = true): void {
    const episode = this.#episodes.get(code) ?? { count: 0, raisedAt: null };
    if (!shown) {
      this.#episodes.delete(code);
      return;
    }
    episode.count += 1;
    this.#episodes.set(code, episode);
    const due = episode.raisedAt === null || (repeats && now - episode.raisedAt >= REPEAT_MS);
    if (episode.count >= samples && due) {
      episode.raisedAt = now;
      this.#raise(code);
    }
  }

  /** Before any sound three silent samples are suspect; after it people may well say nothing for half a minute. */
  #judgeMicrophone({ source, timestamp }: QualitySample, { muted }: QualityContext): void {
    const level = source?.audioLevel;
    if (muted || level === undefined) {
      this.#episodes.delete(31005);
      this.#heardAt = this.#heardAt === null ? null : timestamp;
      return;
    }
    if (level > SILENCE) {
      this.#heardAt = timestamp;
    }
    const silent =
      level <= SILENCE && (this.#heardAt === null || timestamp - this.#heardAt >= SILENT_MS);
    const knew = this.#heardAt !== null;
    this.#judge(31005, silent, knew ? 1 : SAMPLES, timestamp, !knew);
  }
}
