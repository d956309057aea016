import { asError } from '../errors/telnyx-error.ts';
import type { SdkErrorCode } from '../errors/codes.ts';
import type { MediaPermissionsRecovery } from '../options.ts';
import { closedFailure, MediaFailure } from '../media/failure.ts';
import type { CallCore } from './core.ts';

/**
 * `mediaPermissionsRecovery`: an inbound call whose microphone was refused waits for the application, which lets the user mend
 * it and calls `resume()`. One second chance a call.
 */
export async function recoverPermission(
  core: CallCore,
  failure: MediaFailure,
  retry: () => Promise<MediaStream>,
  recovery: MediaPermissionsRecovery,
): Promise<MediaStream> {
  const report = (error: unknown): void => {
    attempt(core, () => recovery.onError?.(asError(error)));
  };
  const resumed = await new Promise<boolean>((resolve) => {
    const timer = core.timer();
    timer.start(recovery.timeout, () => resolve(false));
    core.over.signal.addEventListener('abort', () => resolve(false), { once: true });
    core.fail(
      failure.code as SdkErrorCode,
      failure.cause,
      { fatal: false },
      {
        recoverable: true,
        retryDeadline: core.deps.platform.now() + recovery.timeout,
        resume: () => {
          timer.stop();
          resolve(true);
        },
        reject: () => {
          timer.stop();
          resolve(false);
        },
      },
    );
  });
  if (core.isOver) {
    throw closedFailure();
  }
  try {
    if (!resumed) {
      throw new MediaFailure(42003, failure.cause);
    }
    const stream = await retry();
    attempt(core, () => recovery.onSuccess?.());
    return stream;
  } catch (error) {
    report(error);
    throw error;
  }
}

/** The application's callbacks disturb nothing. */
function attempt(core: CallCore, callback: () => void): void {
  try {
    callback();
  } catch (error) {
    core.deps.logger.error('A mediaPermissionsRecovery callback failed', error);
  }
}
