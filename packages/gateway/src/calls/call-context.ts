import type { Logger } from 'pino';
import type { Guard } from '../guard.ts';
import type { MediaPlane } from '../media/media-plane.ts';
import type { Clock } from '../clock.ts';
import type { CallTimers } from './timers.ts';
import type { Call } from './call.ts';
import type { CallObserver } from './call-observer.ts';
import type { CustomHeader, Identity } from './dialog.ts';
import type { Ending } from './hangup.ts';
import type { Party } from './party.ts';

/** What all calls share. */
export interface CallContext {
  readonly media: MediaPlane;
  readonly clock: Clock;
  readonly timers: CallTimers;
  readonly logger: Logger;
  readonly guard: Guard;
  readonly newId: () => string;
  readonly observer: CallObserver | undefined;
  readonly onEnded: (call: Call, ending: Ending, talkedSeconds: number | null) => void;
}

/** What an invite says of a call. */
export interface CallSetup {
  readonly party: Party;
  readonly callID: string;
  readonly identity: Identity;
  /** As dialled. */
  readonly destination: string;
  readonly headers: readonly CustomHeader[] | undefined;
}
