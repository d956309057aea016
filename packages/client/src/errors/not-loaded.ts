import { asError } from './telnyx-error.ts';

/** What loads later than the client, and no call needs. `callExtras` stands for all that goes along with calls. */
export type Extra =
  | 'callExtras'
  | 'callReports'
  | 'callRecording'
  | 'debugReport'
  | 'preCallDiagnosis'
  | 'resolutions'
  | 'simulate'
  | 'speedTest';

/** Further members of the payload of the warning. */
export interface NotLoaded {
  readonly extra: Extra;
  /** In the browser's words. */
  readonly reason: string;
}

export const notLoaded = (extra: Extra, error: unknown): NotLoaded => ({
  extra,
  reason: asError(error).message,
});
