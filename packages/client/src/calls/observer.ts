import { statsFrame } from '../quality/frame.ts';
import { QualityWarnings } from '../quality/warnings.ts';
import type { CallCore } from './core.ts';

/** Watches the quality of a call from its first media to its end: warnings, and frames in debug mode. */
export function observeQuality(core: CallCore): void {
  if (core.observed) {
    return;
  }
  core.observed = true;
  const warnings = new QualityWarnings((code) => core.warn(code));
  core.sampler.add((sample) => {
    warnings.feed(sample, {
      held: core.phase === 'held' || core.remoteHeld,
      muted: core.media.muted || !core.media.sender('audio')?.track?.enabled,
    });
    const frame = core.options.debug ? statsFrame(core.id, sample) : null;
    if (frame) {
      core.deps.emit('telnyx.stats.frame', frame);
    }
  });
}
