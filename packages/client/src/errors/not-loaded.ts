import type { ITelnyxWarning } from './catalogue.ts';
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

/** Has no counterpart in the reference, so it is not in its catalogue. */
export const EXTRA_NOT_LOADED: ITelnyxWarning = {
  code: 37006,
  name: 'EXTRA_NOT_LOADED',
  message: 'Part of the client could not be loaded',
  description: 'Calls go on without what `extra` names',
  causes: ['The network, or a newer version of the page that replaced its files'],
  solutions: ['Keep the files of the version before; reload the page after the call'],
};
