import { createReadStream } from 'node:fs';
import { Readable } from 'node:stream';
import type { TrunkHealth, TrunkList } from '@offhook/protocol';
import type { FastifyError, FastifyInstance, FastifyReply } from 'fastify';
import type { Catalogue } from '../assistants/catalogue.ts';
import type { Operations } from '../control/operations.ts';
import type { OriginPolicy } from '../http/origins.ts';
import { exportCalls } from '../reports/export.ts';
import { ReportStoreError } from '../reports/store.ts';
import type { ReportStore } from '../reports/store.ts';
import { registerAssistants } from './assistant-routes.ts';
import { Names, partiesOf } from './names.ts';
import { registerOperations } from './operation-routes.ts';
import { QueryError, readExportQuery, readListQuery, readRange } from './call-query.ts';
import { AdminGuard, refuse } from './guard.ts';
import { registerSignIn } from './sign-in.ts';
import type { SignInDeps } from './sign-in.ts';

export interface AdminDeps extends SignInDeps {
  readonly store: Pick<ReportStore, 'list' | 'find' | 'view' | 'overview' | 'recording'>;
  readonly assistants: Catalogue;
  readonly operations: Operations;
  /** Empty where there is no telephone network. */
  readonly trunks: () => readonly TrunkHealth[];
  readonly now: () => number;
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
    const guard = new AdminGuard(deps.sessions, origins);
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
    registerAssistants(scope, guard, deps.assistants);
    done();
  });
}

function registerReads(
  app: FastifyInstance,
  guard: AdminGuard,
  deps: AdminDeps,
  names: Names,
): void {
  const { store } = deps;
  const only = { onRequest: guard.read };

  app.get('/api/trunks', only, (): TrunkList => ({ trunks: deps.trunks() }));

  app.get('/api/overview', only, ({ query }) => store.overview(readRange(query, deps.now())));

  app.get('/api/calls', only, async ({ query }) => {
    const page = await store.list(readListQuery(query, deps.now()));
    return names.with(page, page.calls);
  });

  app.get('/api/calls/export', only, ({ query }, reply) => {
    const { filter, format } = readExportQuery(query, deps.now());
    const pieces = exportCalls((page) => store.list(page), filter, format);
    return attachment(reply, `calls.${format}`)
      .type(format === 'csv' ? 'text/csv; charset=utf-8' : 'application/json')
      .send(Readable.from(pieces));
  });

  app.get<{ Params: { id: string } }>('/api/calls/:id', only, async ({ params }, reply) => {
    const view = await store.view(params.id);
    if (view === null) {
      return notFound(reply, 'There is no such call');
    }
    return names.with(view, [view.call, ...partiesOf(view.legs, view.call.service)]);
  });

  app.get<{ Params: { id: string } }>('/api/calls/:id/all', only, async ({ params }, reply) => {
    const detail = await store.find(params.id);
    if (detail === null) {
      return notFound(reply, 'There is no such call');
    }
    return attachment(reply, `call-${detail.call.id.replaceAll(/[^\w.-]/g, '_')}.json`)
      .type('application/json')
      .send(JSON.stringify(detail, null, 1));
  });

  app.get<{ Params: { id: string } }>('/api/recordings/:id', only, async ({ params }, reply) => {
    const id = /^\d{1,15}$/.test(params.id) ? Number(params.id) : null;
    const file = id === null ? null : await store.recording(id);
    if (file === null) {
      return notFound(reply, 'There is no such recording');
    }
    return attachment(reply, `recording-${params.id}.wav`)
      .type('audio/wav')
      .send(createReadStream(file));
  });
}

function attachment(reply: FastifyReply, name: string): FastifyReply {
  return reply.header('content-disposition', `attachment; filename="${name}"`);
}

function notFound(reply: FastifyReply, message: string): FastifyReply {
  refuse(reply, 404, 'not_found', message);
  return reply;
}
