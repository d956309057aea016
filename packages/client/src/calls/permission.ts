import { asError } from '../errors/telnyx-error.ts';
import type { SdkErrorCode } from '../errors/codes.ts';
import type { MediaPermissionsRecovery } from '../options.ts';
import { closedFailure, MediaFailure } from '../media/failure.ts';
import type { CallParts } from './parts.ts';

/**
 * `mediaPermissionsRecovery`: an inbound call whose microphone was refused waits for the application, which lets the user mend
 * it and calls `resume()`. One second chance a call.
 */
export async function recoverPermission(
  parts: CallParts,
  failure: MediaFailure,
  retry: () => Promise<MediaStream>,
  recovery: MediaPermissionsRecovery,
): Promise<MediaStream> {
  const { scope, notices, deps, life } = parts;
  const report = (error: unknown): void => {
    attempt(parts, () => recovery.onError?.(asError(error)));
  };
  const resumed = await new Promise<boolean>((resolve) => {
    const timer = scope.timer();
    timer.start(recovery.timeout, () => resolve(false));
    scope.add(() => resolve(false));
    notices.fail(
      failure.code as SdkErrorCode,
      failure.cause,
      { fatal: false },
      {
        recoverable: true,
        retryDeadline: deps.platform.now() + recovery.timeout,
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
  if (life.over) {
    throw closedFailure();
  }
  try {
    if (!resumed) {
      throw new MediaFailure(42003, failure.cause);
    }
    const stream = await retry();
    attempt(parts, () => recovery.onSuccess?.());
    return stream;
  } catch (error) {
    report(error);
    throw error;
  }
}

/** The application's callbacks disturb nothing. */
function attempt(parts: CallParts, callback: () => void): void {
  try {
    callback();
  } catch (error) {
    parts.deps.logger.error('A mediaPermissionsRecovery callback failed', error);
  }
}
