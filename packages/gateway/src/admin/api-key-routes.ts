import type { ApiKeyList, NewApiKey } from '@offhook/protocol';
import type { FastifyInstance } from 'fastify';
import * as v from 'valibot';
import { API_SCOPES, ApiKeyError } from '../auth/api-keys.ts';
import type { ApiKeys } from '../auth/api-keys.ts';
import type { Audit } from '../control/audit.ts';
import type { AdminGuard } from './guard.ts';
import { reads, writes } from './openapi/describe.ts';
import { readBody } from './query.ts';
import { refuse } from './refuse.ts';

const NewKey = v.strictObject({
  name: v.pipe(v.string(), v.nonEmpty(), v.maxLength(64)),
  scopes: v.pipe(v.array(v.picklist(API_SCOPES)), v.minLength(1), v.maxLength(API_SCOPES.length)),
  /** Epoch milliseconds; null: it never expires. */
  expiresAt: v.nullable(v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(8.64e15))),
});

export interface ApiKeyRouteDeps {
  readonly keys: ApiKeys;
  readonly audit: Pick<Audit, 'note'>;
  readonly now: () => number;
}

/** `/api/keys`: the keys of programs. Administrators at the pages only: a key makes no other key. */
export function registerApiKeys(
  app: FastifyInstance,
  guard: AdminGuard,
  { keys, audit, now }: ApiKeyRouteDeps,
): void {
  const listed = reads(guard, null, {
    id: 'listKeys',
    tag: 'API keys',
    summary: 'The keys of programs',
    answers: { 200: { says: 'The keys, without their secrets', body: 'ApiKeyList' } },
  });
  app.get('/api/keys', listed, (): ApiKeyList => ({
    now: now(),
    keys: keys.list(),
  }));

  const added = writes(guard, null, {
    id: 'addKey',
    tag: 'API keys',
    summary: 'Makes a key',
    body: NewKey,
    answers: { 201: { says: 'The key', body: 'NewApiKey' } },
  });
  app.post('/api/keys', added, (request, reply) => {
    const { name, scopes, expiresAt } = readBody(NewKey, request.body);
    const operator = guard.operatorOf(request);
    try {
      const made = keys.add({ name, scopes, expiresAt, createdBy: operator.user });
      audit.note(operator, 'key_added', made.view.prefix, { name, scopes, expiresAt });
      const told: NewApiKey = { ...made.view, key: made.key };
      return reply.code(201).send(told);
    } catch (error) {
      if (!(error instanceof ApiKeyError)) {
        throw error;
      }
      refuse(reply, 400, 'bad_request', error.message);
      return reply;
    }
  });

  app.delete<{ Params: { id: string } }>(
    '/api/keys/:id',
    writes(guard, null, {
      id: 'removeKey',
      tag: 'API keys',
      summary: 'Removes a key: it opens nothing any more',
      params: { id: 'Of the key' },
      answers: { 204: { says: 'Removed' } },
      refusals: { 404: 'There is no such key (`not_found`)' },
    }),
    (request, reply) => {
      const removed = keys.remove(request.params.id);
      if (removed === null) {
        refuse(reply, 404, 'not_found', 'There is no such key');
        return reply;
      }
      audit.note(guard.operatorOf(request), 'key_removed', removed.prefix, { name: removed.name });
      return reply.code(204).send();
    },
  );
}
