import type { AuditAction, AuditEntry } from '@offhook/protocol';
import type { Logger } from 'pino';
import type { Operator } from './operator.ts';

/** What is noted of an action; never a secret. */
export type AuditDetail = Readonly<Record<string, unknown>>;

/** Where the audit log is kept. Its keeper bounds it. */
export interface AuditStore {
  add(entry: Omit<AuditEntry, 'id'>): void;
}

export interface AuditDeps {
  readonly store: AuditStore;
  readonly now: () => number;
  /** Of the gateway; what is noted here is written whatever its level is. */
  readonly logger: Logger;
}

/** What each action is done to, and how the log says it. */
const ACTIONS: Readonly<Record<AuditAction, readonly [what: string, sentence: string]>> = {
  signed_in: ['user', 'An administrator signed in'],
  signed_out: ['user', 'An administrator signed out'],
  call_ended: ['call', 'An operator ended a call'],
  user_signed_out: ['user', 'An operator signed a user out'],
  user_added: ['user', 'An operator added a user'],
  user_changed: ['user', 'An operator changed a user'],
  user_disabled: ['user', 'An operator disabled a user'],
  user_enabled: ['user', 'An operator enabled a user'],
  user_removed: ['user', 'An operator removed a user'],
  password_set: ['user', "An operator set a user's password"],
  device_added: ['device', 'An operator added a device'],
  device_removed: ['device', 'An operator removed a device'],
  key_added: ['key', 'An operator made an API key'],
  key_removed: ['key', 'An operator removed an API key'],
  assistant_put: ['assistant', 'An operator changed an assistant'],
  assistant_removed: ['assistant', 'An operator removed an assistant'],
};

export const AUDIT_ACTIONS = Object.keys(ACTIONS) as AuditAction[];

/** Who did what, when and from where: in the log, whatever its level, and in the database. */
export class Audit {
  readonly #deps: AuditDeps;
  readonly #logger: Logger;

  constructor(deps: AuditDeps) {
    this.#deps = deps;
    const silent = deps.logger.level === 'silent';
    this.#logger = deps.logger.child({ part: 'audit' }, silent ? {} : { level: 'info' });
  }

  /** What was done stays done when the database fails, which is logged. */
  note(operator: Operator, action: AuditAction, target: string, detail: AuditDetail = {}): void {
    const [what, sentence] = ACTIONS[action];
    this.#logger.info({ ...detail, operator, action, [what]: target }, sentence);
    try {
      const { by, user, address = null } = operator;
      this.#deps.store.add({ at: this.#deps.now(), by, user, address, action, target, detail });
    } catch (error) {
      this.#logger.error({ error, action }, 'What an operator did could not be kept');
    }
  }
}
