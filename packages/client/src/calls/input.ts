import { asError } from '../errors/telnyx-error.ts';
import type { SdkErrorCode } from '../errors/codes.ts';
import { MediaFailure } from '../media/failure.ts';
import { switchInput } from '../media/switch-input.ts';
import type { CallCore } from './core.ts';

/** Never rejects: a failure is told and the old microphone stays. */
export async function setInput(
  core: CallCore,
  deviceId: string,
  muted: boolean | undefined,
): Promise<void> {
  const wasMuted = core.media.muted;
  try {
    if (await switchInput(core.media, 'audio', deviceId, muted)) {
      core.options.micId = deviceId;
      const { track } = core.media.sender('audio') ?? {};
      if (track) {
        core.events.emit('input', track);
      }
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
