import type { AuditPage } from '@offhook/protocol';
import type { FastifyInstance } from 'fastify';
import * as v from 'valibot';
import type { AuditTable } from '../auth/audit-table.ts';
import { AUDIT_ACTIONS } from '../control/audit.ts';
import type { AdminGuard } from './guard.ts';
import { paging, readQuery, search } from './query.ts';

const AuditQuery = v.strictObject({
  search,
  action: v.optional(v.picklist(AUDIT_ACTIONS)),
  ...paging,
});

/** `/api/audit`: who did what. */
export function registerAudit(
  app: FastifyInstance,
  guard: AdminGuard,
  log: Pick<AuditTable, 'page'>,
): void {
  app.get('/api/audit', { onRequest: guard.read('audit:read') }, ({ query }): AuditPage =>
    log.page(readQuery(AuditQuery, query)),
  );
}
