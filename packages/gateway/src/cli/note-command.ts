import type { AuditAction } from '@offhook/protocol';
import { AuditTable } from '../auth/audit-table.ts';
import type { Store } from '../auth/store.ts';
import type { Config } from '../config.ts';
import type { AuditDetail } from '../control/audit.ts';
import { machineUser } from '../control/operator.ts';

/** Notes in the audit log what a command did. It stays done when that fails, which is said. */
export function noteCommand(
  store: Store,
  config: Pick<Config, 'audit'>,
  action: AuditAction,
  target: string,
  detail: AuditDetail = {},
): void {
  try {
    const [at, by, user, address] = [Date.now(), 'command', machineUser(), null] as const;
    const log = new AuditTable(() => store.database, config.audit);
    log.add({ at, by, user, address, action, target, detail });
  } catch (error) {
    console.error(`It was done, but the audit log cannot be written: ${(error as Error).message}`);
  }
}
