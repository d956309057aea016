import type { LiveCalls, LiveSessions } from '@offhook/protocol';
import type { Logger } from 'pino';
import type { LiveView } from '../reports/reports.ts';
import type { SignalingServer } from '../signaling/ports.ts';
import type { RegistrationView } from '../sip/devices/devices.ts';

export interface OperationsDeps {
  readonly signaling: Pick<SignalingServer, 'sessions' | 'endCall' | 'signOut'>;
  readonly live: () => readonly LiveView[];
  /** Where phones are registered. */
  readonly phones: () => readonly RegistrationView[];
  readonly now: () => number;
  /** Of the gateway; what is noted here is written whatever its level is. */
  readonly logger: Logger;
}

/** Who asked, for the log: an administrator's name, or the user of the machine. */
export type Operator = { readonly user: string; readonly by: 'page' | 'command' };

export interface LivePhones {
  readonly registrations: readonly RegistrationView[];
}

/** What operators see of a running gateway and do to it, by the pages and by commands alike. What they do is noted: who, when, what. */
export class Operations {
  readonly #deps: OperationsDeps;
  readonly #audit: Logger;

  constructor(deps: OperationsDeps) {
    this.#deps = deps;
    const silent = deps.logger.level === 'silent';
    this.#audit = deps.logger.child({ part: 'audit' }, silent ? {} : { level: 'info' });
  }

  calls(): LiveCalls {
    return { now: this.#deps.now(), calls: this.#deps.live() };
  }

  sessions(): LiveSessions {
    return { now: this.#deps.now(), sessions: this.#deps.signaling.sessions() };
  }

  phones(): LivePhones {
    return { registrations: this.#deps.phones() };
  }

  /** @returns false when there is no such call */
  endCall(id: string, operator: Operator): boolean {
    const done = this.#deps.signaling.endCall(id);
    if (done) {
      this.#audit.info({ operator, call: id }, 'An operator ended a call');
    }
    return done;
  }

  /** Ends every session of a user with its calls; the user may sign in again. @returns how many */
  signOut(user: string, operator: Operator): number {
    const count = this.#deps.signaling.signOut(user);
    if (count > 0) {
      this.#audit.info({ operator, user, sessions: count }, 'An operator signed a user out');
    }
    return count;
  }
}
