import type { MediaSession } from '../media/session.ts';
import type { CallLife } from './call-state.ts';
import type { CallDeps } from './deps.ts';
import type { CallOptions, Dialog } from './dialog.ts';
import type { CallNotices } from './notices.ts';
import type { CallScope } from './scope.ts';
import type { SetupTimings } from './timings.ts';

export type Direction = 'inbound' | 'outbound';

/** What a leg is made of, and what its parts are given of one another. Each keeps its own state to itself. */
export interface CallParts {
  readonly id: string;
  readonly direction: Direction;
  readonly deps: CallDeps;
  /** As applications see them. */
  readonly options: CallOptions;
  readonly scope: CallScope;
  readonly life: CallLife;
  readonly notices: CallNotices;
  readonly dialog: Dialog;
  readonly timings: SetupTimings;
  readonly media: MediaSession;
}

/** What a leg asks of the calls beside it. */
export interface Readiness {
  /** Settles when requests can be sent. Rejects with the signal's reason, or after 30 s. */
  untilReady(signal: AbortSignal): Promise<void>;
  /** Settles when the gateway has said which calls it kept. Rejects with the signal's reason. */
  untilListed(signal: AbortSignal): Promise<void>;
}
