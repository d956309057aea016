import type { AuditPage } from '@offhook/protocol';
import type { FastifyInstance } from 'fastify';
import * as v from 'valibot';
import type { AuditTable } from '../auth/audit-table.ts';
import { AUDIT_ACTIONS } from '../control/audit.ts';
import type { AdminGuard } from './guard.ts';
import { reads } from './openapi/describe.ts';
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
  const listed = reads(guard, 'audit:read', {
    id: 'listAudit',
    tag: 'Audit log',
    summary: 'Who did what, to whom, when and from where, the newest first',
    query: AuditQuery,
    answers: { 200: { says: 'A part of the log', body: 'AuditPage' } },
  });
  app.get('/api/audit', listed, ({ query }): AuditPage => log.page(readQuery(AuditQuery, query)));
}
