import { statsFrame } from '../quality/frame.ts';
import { Sampler, type QualitySample, type SampleListener } from '../quality/sampler.ts';
import { isStalledPath } from '../quality/stalled.ts';
import { QualityWarnings, type QualityNews } from '../quality/warnings.ts';
import { createWarning } from '../errors/catalogue.ts';
import { ONE_WAY_AUDIO } from '../errors/own-warnings.ts';
import type { CallParts } from './parts.ts';

const STATS_PERIOD_MS = 2_000;
/** Made of samples. */
const WATCHED = ['telnyx.warning', 'telnyx.warning.cleared', 'telnyx.stats.frame'] as const;

/** What is known of the far side: reasons for silence. */
export interface FarSide {
  readonly remoteHeld: boolean;
  readonly remoteAway: boolean;
  /** It may say nothing for as long as it likes. */
  readonly isAssistant: boolean;
}

/** Watches the quality of one call to its end: warnings in pairs, samples and frames for whoever listens. */
export class CallQuality {
  readonly #parts: CallParts;
  readonly #far: FarSide;
  readonly #sampler: Sampler;
  readonly #warnings: QualityWarnings;
  /** Warnings are raised while this is set; its undo. */
  #unwatch: (() => void) | null = null;

  /** `sampled` hears of each sample that is taken, for whomever it is; null: there are none for now. */
  constructor(
    parts: CallParts,
    far: FarSide,
    sampled: (sample: QualitySample | null) => void = () => undefined,
  ) {
    const { deps, media } = parts;
    this.#parts = parts;
    this.#far = far;
    this.#warnings = new QualityWarnings(
      (news) => {
        this.#tell(news);
      },
      () => deps.settings.qualityThresholds ?? {},
    );
    this.#sampler = new Sampler(
      deps.platform,
      () => media.pc,
      (error) => {
        deps.logger.error('A sample listener failed', error);
      },
      sampled,
    );
  }

  /**
   * Media should flow. Warnings and frames are made while somebody wants them, or while the path is in doubt, since what is done
   * about it needs to know why: samples are what costs a page most in a call.
   */
  look(doubt: boolean): void {
    const { notices, deps, options } = this.#parts;
    const wanted =
      doubt ||
      options.debug ||
      notices.wanted('warning') ||
      notices.wanted('warningCleared') ||
      WATCHED.some((event) => deps.listening(event));
    if (!wanted) {
      this.#rest();
    } else {
      this.#unwatch ??= this.#sampler.add((sample) => this.#onSample(sample));
    }
  }

  /** Returns its undo. */
  add(listener: SampleListener): () => void {
    return this.#sampler.add(listener);
  }

  /** The last two samples show a VPN path that does not work. */
  get stalled(): boolean {
    const { recent } = this.#sampler;
    return recent.length === 2 && recent.every(isStalledPath);
  }

  /** Every 2 s each statistics entry whose members equal all constraints; returns its undo. */
  stream(
    callback: (stats: RTCStats & Record<string, unknown>) => void,
    constraints: Readonly<Record<string, unknown>>,
  ): () => void {
    const { life, scope, media, deps } = this.#parts;
    if (life.over) {
      return () => undefined;
    }
    const timer = scope.timer();
    let stopped = false;
    const ask = async (): Promise<void> => {
      const stats = (await media.pc?.getStats().catch(() => undefined)) as
        ReadonlyMap<string, RTCStats & Record<string, unknown>> | undefined;
      if (stopped || life.over) {
        return;
      }
      arm();
      for (const entry of stats?.values() ?? []) {
        try {
          if (Object.entries(constraints).every(([key, value]) => entry[key] === value)) {
            callback(entry);
          }
        } catch (error) {
          deps.logger.error('A getStats callback failed', error);
        }
      }
    };
    const arm = (): void => {
      timer.start(STATS_PERIOD_MS, () => void ask());
    };
    arm();
    return () => {
      stopped = true;
      timer.stop();
    };
  }

  dispose(): void {
    this.#rest();
    this.#sampler.dispose();
  }

  #rest(): void {
    if (!this.#unwatch) {
      return;
    }
    this.#unwatch();
    this.#unwatch = null;
    this.#warnings.end(this.#parts.deps.platform.now());
  }

  /** Raised: `telnyx.warning`, as ever. Cleared: an event of its own, since applications take each `telnyx.warning` for bad news. */
  #tell({ code, phase, detail, lasted }: QualityNews): void {
    const { id, deps, notices } = this.#parts;
    const warning = code === 37003 ? ONE_WAY_AUDIO : createWarning(code);
    if (phase === 'raised') {
      notices.warn(warning, { ...detail });
      return;
    }
    const about = { ...detail, lastedMs: lasted };
    const { sessionId } = deps.signaling;
    deps.emit('telnyx.warning.cleared', { warning, sessionId, callId: id, ...about });
    notices.emit('warningCleared', warning, about);
  }

  #onSample(sample: QualitySample): void {
    const { id, life, media, deps, options } = this.#parts;
    const far = this.#far;
    this.#warnings.feed(sample, {
      held: life.phase === 'held' || far.remoteHeld || far.remoteAway,
      muted: media.muted || !media.sender('audio')?.track?.enabled,
      silentFar: far.isAssistant,
    });
    const wanted = options.debug || deps.listening('telnyx.stats.frame');
    const frame = wanted ? statsFrame(id, sample) : null;
    if (frame) {
      deps.emit('telnyx.stats.frame', frame);
    }
  }
}
