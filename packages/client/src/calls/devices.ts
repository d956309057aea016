import { asError } from '../errors/telnyx-error.ts';
import type { SdkErrorCode } from '../errors/codes.ts';
import { MediaFailure } from '../media/failure.ts';
import type { CallCore } from './core.ts';

export function setMuted(core: CallCore, muted: boolean): void {
  if (core.media.muted !== muted) {
    core.media.muted = muted;
    core.events.emit('mute', muted);
  }
}

/** Never rejects: a failure is told and the old microphone stays. */
export async function setInput(
  core: CallCore,
  deviceId: string,
  muted: boolean | undefined,
): Promise<void> {
  const wasMuted = core.media.muted;
  try {
    if (await core.media.switchInput('audio', deviceId, muted)) {
      core.options.micId = deviceId;
    } else {
      core.warn(33009, { deviceId });
    }
  } catch (error) {
    if (core.isOver) {
      return;
    }
    const failure = error instanceof MediaFailure ? error : new MediaFailure(42003, error);
    const original = asError(failure.cause ?? failure);
    const told = core.fail(failure.code as SdkErrorCode, original, { fatal: false });
    core.notify('userMediaError', {
      error: original,
      errorName: told.name,
      errorMessage: told.message,
    });
  }
  if (core.media.muted !== wasMuted) {
    core.events.emit('mute', core.media.muted);
  }
}

export function setOutput(core: CallCore, deviceId: string): Promise<boolean> {
  core.options.speakerId = deviceId;
  return core.media.output.setSink(deviceId);
}

const STATS_PERIOD_MS = 2_000;

export function streamStats(
  core: CallCore,
  callback: (stats: unknown) => void,
  constraints: Readonly<Record<string, unknown>>,
): () => void {
  const timer = core.timer();
  let stopped = false;
  const matches = (entry: Record<string, unknown>): boolean =>
    Object.entries(constraints).every(([key, value]) => entry[key] === value);
  const ask = async (): Promise<void> => {
    const stats = (await core.peer?.instance?.getStats().catch(() => undefined)) as
      ReadonlyMap<string, Record<string, unknown>> | undefined;
    if (stopped || core.isOver) {
      return;
    }
    arm();
    for (const entry of stats?.values() ?? []) {
      try {
        if (matches(entry)) {
          callback(entry);
        }
      } catch (error) {
        core.deps.logger.error('A getStats callback failed', error);
      }
    }
  };
  const arm = (): void => timer.start(STATS_PERIOD_MS, () => void ask());
  if (!core.isOver) {
    arm();
  }
  return () => {
    stopped = true;
    timer.stop();
  };
}
