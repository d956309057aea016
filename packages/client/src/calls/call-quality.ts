import { statsFrame } from '../quality/frame.ts';
import { Sampler, type QualitySample, type SampleListener } from '../quality/sampler.ts';
import { isStalledPath } from '../quality/stalled.ts';
import { QualityWarnings } from '../quality/warnings.ts';
import type { CallCore } from './core.ts';

const STATS_PERIOD_MS = 2_000;

/** Watches the quality of one call to its end: warnings, samples for whoever listens, frames in debug mode. */
export class CallQuality {
  readonly #core: CallCore;
  readonly #sampler: Sampler;
  readonly #warnings: QualityWarnings;
  #started = false;

  constructor(core: CallCore) {
    this.#core = core;
    this.#warnings = new QualityWarnings((code) => {
      core.warn(code);
    });
    this.#sampler = new Sampler(
      core.deps.platform,
      () => core.media.peer?.instance ?? null,
      (error) => {
        core.deps.logger.error('A sample listener failed', error);
      },
    );
  }

  /** Media flows: from now on warnings are raised. */
  start(): void {
    if (!this.#started) {
      this.#started = true;
      this.#sampler.add((sample) => {
        this.#onSample(sample);
      });
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
    const core = this.#core;
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
    this.#sampler.dispose();
  }

  #onSample(sample: QualitySample): void {
    const core = this.#core;
    this.#warnings.feed(sample, {
      held: core.phase === 'held' || core.remoteHeld || core.remoteAway,
      muted: core.media.muted || !core.media.sender('audio')?.track?.enabled,
    });
    const frame = core.options.debug ? statsFrame(core.id, sample) : null;
    if (frame) {
      core.deps.emit('telnyx.stats.frame', frame);
    }
  }
}
