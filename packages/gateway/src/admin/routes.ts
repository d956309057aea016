import { createReadStream } from 'node:fs';
import { Readable } from 'node:stream';
import type { TrunkHealth, TrunkList } from '@offhook/protocol';
import type { FastifyError, FastifyInstance, FastifyReply } from 'fastify';
import type { Catalogue } from '../assistants/catalogue.ts';
import { TablesAway } from '../auth/account-tables.ts';
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
import {
  ExportQuery,
  ListQuery,
  RangeQuery,
  readExportQuery,
  readListQuery,
  readRange,
} from './call-query.ts';
import { ApiKeyGate } from './api-key-gate.ts';
import { registerApiKeys } from './api-key-routes.ts';
import { registerAudit } from './audit-routes.ts';
import { AdminGuard } from './guard.ts';
import { registerOidc } from './oidc/routes.ts';
import { QueryError } from './query.ts';
import { refuse } from './refuse.ts';
import { registerSignIn } from './sign-in.ts';
import { reads } from './openapi/describe.ts';
import type { Operation } from './openapi/describe.ts';
import { collectRoutes, registerDocument } from './openapi/document.ts';
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
  await app.register(async (scope) => {
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
      if (error instanceof TablesAway || troubleOf(error) !== null) {
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
    // For browsers, and there with a provider only: no part of what is described.
    if (deps.provider !== null) {
      registerOidc(scope, guard, { ...deps, provider: deps.provider });
    }
    await collectRoutes(scope);
    registerDocument(scope);
    registerSignIn(scope, guard, deps);
    const names = new Names(deps);
    registerReads(scope, guard, deps, names);
    registerOperations(scope, guard, deps.operations, names);
    registerAssistants(scope, guard, deps.assistants, deps.audit);
    registerApiKeys(scope, guard, deps);
    registerUsers(scope, guard, deps);
    registerAudit(scope, guard, deps.auditLog);
  });
}

/** What was asked for is in the store of calls, and there is none. */
class ReportsOff extends Error {}

const REPORTS_OFF = 'This gateway keeps no calls (`reports_off`)';

function registerReads(
  app: FastifyInstance,
  guard: AdminGuard,
  deps: AdminDeps,
  names: Names,
): void {
  const calls = (told: Omit<Operation, 'tag'>): ReturnType<typeof reads> =>
    reads(guard, 'calls:read', { ...told, tag: 'Calls' });
  const stored = (): NonNullable<AdminDeps['store']> => {
    if (deps.store === null) {
      throw new ReportsOff('This gateway keeps no calls: reports.enabled is off');
    }
    return deps.store;
  };

  const trunks = calls({
    id: 'listTrunks',
    summary: 'Each trunk to the telephone network, and how it is',
    answers: { 200: { says: 'The trunks', body: 'TrunkList' } },
  });
  app.get('/api/trunks', trunks, (): TrunkList => ({ trunks: deps.trunks() }));

  const overview = calls({
    id: 'getOverview',
    summary: 'Counts of the calls that began in a stretch of time',
    description: 'With `last`, or with `from` and `to`.',
    query: RangeQuery,
    answers: { 200: { says: 'The counts', body: 'CallsOverview' } },
    refusals: { 404: REPORTS_OFF },
  });
  app.get('/api/overview', overview, ({ query }) =>
    stored().overview(readRange(query, deps.now())),
  );

  const list = calls({
    id: 'listCalls',
    summary: 'Calls that fit a filter',
    description: 'The newest first, 50 at a time, where nothing else is asked for.',
    query: ListQuery,
    answers: { 200: { says: 'A part of them', body: 'CallPage' } },
    refusals: { 404: REPORTS_OFF },
  });
  app.get('/api/calls', list, async ({ query }) => {
    const page = await stored().list(readListQuery(query, deps.now()));
    return names.with(page, page.calls);
  });

  const exported = calls({
    id: 'exportCalls',
    summary: 'The same calls in full, the oldest first, as a file',
    query: ExportQuery,
    answers: {
      200: { says: 'The calls', body: 'CallExport', types: ['application/json', 'text/csv'] },
    },
    refusals: { 404: REPORTS_OFF },
  });
  app.get('/api/calls/export', exported, ({ query }, reply) => {
    const { filter, format } = readExportQuery(query, deps.now());
    const store = stored();
    const pieces = exportCalls((page) => store.list(page), filter, format);
    return attachment(reply, `calls.${format}`)
      .type(format === 'csv' ? 'text/csv; charset=utf-8' : 'application/json')
      .send(Readable.from(pieces));
  });

  const params = { id: "The gateway's id of the call, a client's, or the SIP Call-ID" };
  const one = calls({
    id: 'getCall',
    summary: 'One call, as its page shows it',
    params,
    answers: { 200: { says: 'The call', body: 'CallView' } },
    refusals: { 404: `There is no such call (\`not_found\`). ${REPORTS_OFF}` },
  });
  app.get<{ Params: { id: string } }>('/api/calls/:id', one, async ({ params }, reply) => {
    const view = await stored().view(params.id);
    if (view === null) {
      return notFound(reply, 'There is no such call');
    }
    return names.with(view, [view.call, ...partiesOf(view.legs, view.call.service)]);
  });

  const whole = calls({
    id: 'getCallDetail',
    summary: 'Everything that is kept of a call: reports, debug frames, events',
    params,
    answers: { 200: { says: 'The call, as a file', body: 'CallDetail' } },
    refusals: { 404: `There is no such call (\`not_found\`). ${REPORTS_OFF}` },
  });
  app.get<{ Params: { id: string } }>('/api/calls/:id/all', whole, async ({ params }, reply) => {
    const detail = await stored().find(params.id);
    if (detail === null) {
      return notFound(reply, 'There is no such call');
    }
    return attachment(reply, `call-${detail.call.id.replaceAll(/[^\w.-]/g, '_')}.json`)
      .type('application/json')
      .send(JSON.stringify(detail, null, 1));
  });

  const recording = reads(guard, 'recordings:read', {
    id: 'getRecording',
    tag: 'Calls',
    summary: 'A recording',
    params: { id: 'Its id, as the call tells it' },
    answers: { 200: { says: 'A WAV file', types: ['audio/wav'] } },
    refusals: { 404: `There is no such recording (\`not_found\`). ${REPORTS_OFF}` },
  });
  app.get<{ Params: { id: string } }>(
    '/api/recordings/:id',
    recording,
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
