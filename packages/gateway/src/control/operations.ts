import type { LiveCalls, LiveSessions } from '@offhook/protocol';
import type { PushDevices } from '../push/push-devices.ts';
import type { LiveView } from '../reports/reports.ts';
import type { SignalingServer } from '../signaling/ports.ts';
import type { RegistrationView } from '../sip/devices/devices.ts';
import type { Audit } from './audit.ts';
import type { Operator } from './operator.ts';

export interface OperationsDeps {
  readonly signaling: Pick<SignalingServer, 'sessions' | 'endCall' | 'signOut'>;
  readonly live: () => readonly LiveView[];
  /** Null: the gateway has no part in the telephone network. */
  readonly telephones: {
    readonly registrations: readonly RegistrationView[];
    signOut(user: string): { readonly phones: number; readonly calls: number };
  } | null;
  /** Browsers that are woken; absent: none is. */
  readonly pushDevices?: Pick<PushDevices, 'removeUser'> | undefined;
  readonly now: () => number;
  readonly audit: Pick<Audit, 'note'>;
}

export interface LivePhones {
  readonly registrations: readonly RegistrationView[];
}

/** What an operator ended of a user. */
export interface SignedOut {
  /** Of browsers. */
  readonly sessions: number;
  /** Registrations. */
  readonly phones: number;
  /** Calls by SIP that were not those of his sessions. */
  readonly calls: number;
}

/** What operators see of a running gateway and do to it, by the pages and by commands alike. What they do is noted: who, when, what. */
export class Operations {
  readonly #deps: OperationsDeps;

  constructor(deps: OperationsDeps) {
    this.#deps = deps;
  }

  calls(): LiveCalls {
    return { now: this.#deps.now(), calls: this.#deps.live() };
  }

  sessions(): LiveSessions {
    return { now: this.#deps.now(), sessions: this.#deps.signaling.sessions() };
  }

  phones(): LivePhones {
    return { registrations: this.#deps.telephones?.registrations ?? [] };
  }

  /** @returns false when there is no such call */
  endCall(id: string, operator: Operator): boolean {
    const done = this.#deps.signaling.endCall(id);
    if (done) {
      this.#deps.audit.note(operator, 'call_ended', id);
    }
    return done;
  }

  /**
   * Ends every session of a user and signs his phones out, with their calls and those that run on his account; his browsers are woken no more. He may sign in again.
   * @returns null when there was nothing to end
   */
  signOut(user: string, operator: Operator): SignedOut | null {
    const ended = this.endAllOf(user);
    if (ended.sessions + ended.phones + ended.calls === 0) {
      return null;
    }
    this.#deps.audit.note(operator, 'user_signed_out', user, { ...ended });
    return ended;
  }

  /** The same for whoever notes it otherwise. */
  endAllOf(user: string): SignedOut {
    const sessions = this.#deps.signaling.signOut(user);
    this.#deps.pushDevices?.removeUser(user);
    const { phones, calls } = this.#deps.telephones?.signOut(user) ?? { phones: 0, calls: 0 };
    return { sessions, phones, calls };
  }
}
