/** A step of setting up media that failed, with the code of the error catalogue that names it. */
export class MediaFailure extends Error {
  readonly code: number;
  constructor(code: number, cause: unknown, message?: string) {
    super(message ?? (cause instanceof Error ? cause.message : String(cause)), { cause });
    this.name = 'MediaFailure';
    this.code = code;
  }
}

/** The call ended while a step was under way (44005). */
export const closedFailure = (): MediaFailure =>
  new MediaFailure(44005, undefined, 'The call ended while its media was being set up');

/** Which of 42001, 42002, 42003 a failed capture is. */
export function captureFailure(cause: unknown): MediaFailure {
  const name = cause instanceof Error ? cause.name : '';
  const code =
    name === 'NotAllowedError'
      ? 42001
      : name === 'NotFoundError' || name === 'OverconstrainedError'
        ? 42002
        : 42003;
  return new MediaFailure(code, cause);
}
