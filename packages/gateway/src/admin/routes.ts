import { createReadStream } from 'node:fs';
import { Readable } from 'node:stream';
import type { TrunkHealth, TrunkList } from '@offhook/protocol';
import type { FastifyError, FastifyInstance, FastifyReply } from 'fastify';
import type { Catalogue } from '../assistants/catalogue.ts';
import type { ApiKeys } from '../auth/api-keys.ts';
import type { AuditTable } from '../auth/audit-table.ts';
import type { Config } from '../config.ts';
import type { OriginPolicy } from '../http/origins.ts';
import { exportCalls } from '../reports/export.ts';
import { troubleOf } from '../sqlite/trouble.ts';
import { ReportStoreError } from '../reports/store.ts';
import type { ReportStore } from '../reports/store.ts';
import { registerAssistants } from './assistant-routes.ts';
import { Names, partiesOf } from './names.ts';
import { registerOperations } from './operation-routes.ts';
import { readExportQuery, readListQuery, readRange } from './call-query.ts';
import { ApiKeyGate } from './api-key-gate.ts';
import { registerApiKeys } from './api-key-routes.ts';
import { registerAudit } from './audit-routes.ts';
import { AdminGuard } from './guard.ts';
import { QueryError } from './query.ts';
import { refuse } from './refuse.ts';
import { registerSignIn } from './sign-in.ts';
import { registerUsers } from './user-routes.ts';
import type { UserRouteDeps } from './user-routes.ts';
import type { SignInDeps } from './sign-in.ts';

export interface AdminDeps extends SignInDeps, UserRouteDeps {
  /** Null: no calls are kept. */
  readonly store: Pick<ReportStore, 'list' | 'find' | 'view' | 'overview' | 'recording'> | null;
  readonly assistants: Catalogue;
  readonly keys: ApiKeys;
  readonly auditLog: Pick<AuditTable, 'page'>;
  readonly limits: Pick<Config['limits'], 'apiRequestsPerMinute' | 'loginFailuresPerMinute'>;
  /** Milliseconds of a clock that never jumps. */
  readonly monotonic: () => number;
  /** Empty where there is no telephone network. */
  readonly trunks: () => readonly TrunkHealth[];
}

/**
 * What the pages on calls ask for, under `/api`. Administrators only. JSON is never shown as anything else: no sniffing, nothing of
 * another site may embed it, and no cache keeps it.
 */
export async function registerAdmin(
  app: FastifyInstance,
  deps: AdminDeps,
  origins: OriginPolicy,
): Promise<void> {
  await app.register((scope, _options, done) => {
    const gate = new ApiKeyGate({
      keys: deps.keys,
      monotonic: deps.monotonic,
      requestsPerMinute: deps.limits.apiRequestsPerMinute,
      failuresPerMinute: deps.limits.loginFailuresPerMinute,
    });
    const guard = new AdminGuard(deps.sessions, origins, gate, deps.addresses);
    scope.addHook('onRequest', (_request, reply, next) => {
      reply
        .header('cache-control', 'no-store')
        .header('cross-origin-resource-policy', 'same-origin');
      next();
    });
    scope.setErrorHandler((error: FastifyError, request, reply) => {
      if (error instanceof QueryError) {
        return reply.code(400).send({ error: 'bad_request', message: error.message });
      }
      if (error instanceof ReportsOff) {
        return reply.code(404).send({ error: 'reports_off', message: error.message });
      }
      if (troubleOf(error) !== null) {
        request.log.warn({ err: error }, 'A database did not answer');
        const message = 'The database does not answer at the moment; try again';
        return reply.code(503).send({ error: 'busy', message });
      }
      if (error instanceof ReportStoreError) {
        request.log.warn({ err: error }, 'The report store did not answer');
        const message = 'The report store does not answer at the moment; try again';
        return reply.code(503).send({ error: 'busy', message });
      }
      throw error;
    });
    registerSignIn(scope, guard, deps);
    const names = new Names(deps);
    registerReads(scope, guard, deps, names);
    registerOperations(scope, guard, deps.operations, names);
    registerAssistants(scope, guard, deps.assistants, deps.audit);
    registerApiKeys(scope, guard, deps);
    registerUsers(scope, guard, deps);
    registerAudit(scope, guard, deps.auditLog);
    done();
  });
}

/** What was asked for is in the store of calls, and there is none. */
class ReportsOff extends Error {}

function registerReads(
  app: FastifyInstance,
  guard: AdminGuard,
  deps: AdminDeps,
  names: Names,
): void {
  const only = { onRequest: guard.read('calls:read') };
  const recordings = { onRequest: guard.read('recordings:read') };
  const stored = (): NonNullable<AdminDeps['store']> => {
    if (deps.store === null) {
      throw new ReportsOff('This gateway keeps no calls: reports.enabled is off');
    }
    return deps.store;
  };

  app.get('/api/trunks', only, (): TrunkList => ({ trunks: deps.trunks() }));

  app.get('/api/overview', only, ({ query }) => stored().overview(readRange(query, deps.now())));

  app.get('/api/calls', only, async ({ query }) => {
    const page = await stored().list(readListQuery(query, deps.now()));
    return names.with(page, page.calls);
  });

  app.get('/api/calls/export', only, ({ query }, reply) => {
    const { filter, format } = readExportQuery(query, deps.now());
    const store = stored();
    const pieces = exportCalls((page) => store.list(page), filter, format);
    return attachment(reply, `calls.${format}`)
      .type(format === 'csv' ? 'text/csv; charset=utf-8' : 'application/json')
      .send(Readable.from(pieces));
  });

  app.get<{ Params: { id: string } }>('/api/calls/:id', only, async ({ params }, reply) => {
    const view = await stored().view(params.id);
    if (view === null) {
      return notFound(reply, 'There is no such call');
    }
    return names.with(view, [view.call, ...partiesOf(view.legs, view.call.service)]);
  });

  app.get<{ Params: { id: string } }>('/api/calls/:id/all', only, async ({ params }, reply) => {
    const detail = await stored().find(params.id);
    if (detail === null) {
      return notFound(reply, 'There is no such call');
    }
    return attachment(reply, `call-${detail.call.id.replaceAll(/[^\w.-]/g, '_')}.json`)
      .type('application/json')
      .send(JSON.stringify(detail, null, 1));
  });

  app.get<{ Params: { id: string } }>(
    '/api/recordings/:id',
    recordings,
    async ({ params }, reply) => {
      const id = /^\d{1,15}$/.test(params.id) ? Number(params.id) : null;
      const file = id === null ? null : await stored().recording(id);
      if (file === null) {
        return notFound(reply, 'There is no such recording');
      }
      return attachment(reply, `recording-${params.id}.wav`)
        .type('audio/wav')
        .send(createReadStream(file));
    },
  );
}

function attachment(reply: FastifyReply, name: string): FastifyReply {
  return reply.header('content-disposition', `attachment; filename="${name}"`);
}

function notFound(reply: FastifyReply, message: string): FastifyReply {
  refuse(reply, 404, 'not_found', message);
  return reply;
}
