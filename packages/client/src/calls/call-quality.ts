import { statsFrame } from '../quality/frame.ts';
import { Sampler, type QualitySample, type SampleListener } from '../quality/sampler.ts';
import { isStalledPath } from '../quality/stalled.ts';
import { QualityWarnings, type QualityNews } from '../quality/warnings.ts';
import { createWarning, type ITelnyxWarning } from '../errors/catalogue.ts';
import type { CallCore } from './core.ts';

const STATS_PERIOD_MS = 2_000;
/** Made of samples. */
const WATCHED = ['telnyx.warning', 'telnyx.warning.cleared', 'telnyx.stats.frame'] as const;

/** Watches the quality of one call to its end: warnings in pairs, samples and frames for whoever listens. */
export class CallQuality {
  readonly #core: CallCore;
  readonly #sampler: Sampler;
  readonly #warnings: QualityWarnings;
  /** Warnings are raised while this is set; its undo. */
  #unwatch: (() => void) | null = null;

  constructor(core: CallCore) {
    this.#core = core;
    this.#warnings = new QualityWarnings(
      (news) => {
        this.#tell(news);
      },
      () => core.deps.settings.qualityThresholds ?? {},
    );
    this.#sampler = new Sampler(
      core.deps.platform,
      () => core.media.peer?.instance ?? null,
      (error) => {
        core.deps.logger.error('A sample listener failed', error);
      },
    );
  }

  /**
   * Media should flow. Warnings and frames are made while somebody wants them, or while the path is in doubt, since what is done
   * about it needs to know why: samples are what costs a page most in a call.
   */
  look(doubt: boolean): void {
    const { events, deps, options } = this.#core;
    const wanted =
      doubt ||
      options.debug ||
      (['warning', 'warningCleared'] as const).some((event) => events.has(event)) ||
      WATCHED.some((event) => deps.listening(event));
    if (!wanted) this.#rest();
    else this.#unwatch ??= this.#sampler.add((sample) => this.#onSample(sample));
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
    const core = this.#core;
    if (core.isOver) return () => undefined;
    const timer = core.timer();
    let stopped = false;
    const ask = async (): Promise<void> => {
      const stats = (await core.media.peer?.instance?.getStats().catch(() => undefined)) as
        ReadonlyMap<string, RTCStats & Record<string, unknown>> | undefined;
      if (stopped || core.isOver) {
        return;
      }
      arm();
      for (const entry of stats?.values() ?? []) {
        try {
          if (Object.entries(constraints).every(([key, value]) => entry[key] === value)) {
            callback(entry);
          }
        } catch (error) {
          core.deps.logger.error('A getStats callback failed', error);
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
    if (!this.#unwatch) return;
    this.#unwatch();
    this.#unwatch = null;
    this.#warnings.end(this.#core.deps.platform.now());
  }

  /** Raised: `telnyx.warning`, as ever. Cleared: an event of its own, since applications take each `telnyx.warning` for bad news. */
  #tell({ code, phase, detail, lasted }: QualityNews): void {
    const core = this.#core;
    const warning = code === 37003 ? ONE_WAY_AUDIO : createWarning(code);
    if (phase === 'raised') {
      core.warn(warning, { ...detail });
      return;
    }
    const about = { ...detail, lastedMs: lasted };
    const { sessionId } = core.deps.signaling;
    core.deps.emit('telnyx.warning.cleared', { warning, sessionId, callId: core.id, ...about });
    core.events.emit('warningCleared', warning, about);
  }

  #onSample(sample: QualitySample): void {
    const core = this.#core;
    this.#warnings.feed(sample, {
      held: core.phase === 'held' || core.remoteHeld || core.remoteAway,
      muted: core.media.muted || !core.media.sender('audio')?.track?.enabled,
      silentFar: core.deps.settings.anonymous || core.ai !== undefined,
    });
    const wanted = core.options.debug || core.deps.listening('telnyx.stats.frame');
    const frame = wanted ? statsFrame(core.id, sample) : null;
    if (frame) {
      core.deps.emit('telnyx.stats.frame', frame);
    }
  }
}

/** Has no counterpart in the reference, so it is not in its catalogue. */
const ONE_WAY_AUDIO: ITelnyxWarning = {
  code: 37003,
  name: 'ONE_WAY_AUDIO',
  message: 'One side cannot be heard',
  description: 'Packets flow but carry only silence; `direction` says which way',
  causes: ['Microphone muted by the system', 'Far side muted', 'A part on the way drops the sound'],
  solutions: ['Check the microphone and its settings', 'Ask the far side whether it is muted'],
};
