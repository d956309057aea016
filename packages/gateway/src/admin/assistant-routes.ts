import type { FastifyInstance } from 'fastify';
import * as v from 'valibot';
import type { Catalogue } from '../assistants/catalogue.ts';
import { DefinitionError } from '../assistants/catalogue.ts';
import { AssistantSchema } from '../assistants/definition.ts';
import type { Assistant } from '../assistants/definition.ts';
import type { Audit } from '../control/audit.ts';
import type { AdminGuard } from './guard.ts';
import { reads, writes } from './openapi/describe.ts';
import { refuse } from './refuse.ts';

/** For the description: the catalogue reads what is put. The address has the id too, so the body may leave it out. */
const PutBody = v.strictObject({
  ...AssistantSchema.entries,
  id: v.optional(AssistantSchema.entries.id),
});

/**
 * `/api/assistants`: the assistants of this gateway. Those of the configuration file are shown and cannot be changed; others are put as a whole,
 * with all their versions, and a version that is there stays as it is.
 */
export function registerAssistants(
  app: FastifyInstance,
  guard: AdminGuard,
  catalogue: Catalogue,
  audit: Pick<Audit, 'note'>,
): void {
  const tag = 'Assistants';
  const named = { id: 'Of the assistant' };
  const missing = 'There is no such assistant (`not_found`)';

  const listed = reads(guard, 'assistants:read', {
    id: 'listAssistants',
    tag,
    summary: 'The assistants of this gateway',
    answers: { 200: { says: 'The assistants, with all their versions', body: 'AssistantList' } },
  });
  app.get('/api/assistants', listed, () => ({ assistants: catalogue.all().map(shown) }));

  const one = reads(guard, 'assistants:read', {
    id: 'getAssistant',
    tag,
    summary: 'One assistant',
    params: named,
    answers: { 200: { says: 'The assistant', body: 'Assistant' } },
    refusals: { 404: missing },
  });
  app.get<{ Params: { id: string } }>('/api/assistants/:id', one, ({ params }, reply) => {
    const assistant = catalogue.get(params.id);
    if (assistant) {
      return reply.send(shown(assistant));
    }
    refuse(reply, 404, 'not_found', 'There is no such assistant');
    return reply;
  });

  const put = writes(guard, 'assistants:write', {
    id: 'putAssistant',
    tag,
    summary: 'Adds an assistant, or replaces it',
    description: 'The whole of it, with all its versions. A version that is there stays as it is.',
    params: named,
    body: PutBody,
    answers: { 200: { says: 'The assistant', body: 'Assistant' } },
  });
  app.put<{ Params: { id: string } }>('/api/assistants/:id', put, (request, reply) => {
    const { params, body } = request;
    if (typeof body !== 'object' || body === null || !isOf(body, params.id)) {
      const message = 'Send the assistant as a JSON object; its id is that of the address';
      refuse(reply, 400, 'bad_request', message);
      return reply;
    }
    try {
      const kept = shown(catalogue.put({ ...body, id: params.id }));
      const versions = kept.versions.map(({ version }) => version);
      audit.note(guard.operatorOf(request), 'assistant_put', params.id, { versions });
      return reply.send(kept);
    } catch (error) {
      if (!(error instanceof DefinitionError)) {
        throw error;
      }
      refuse(reply, 400, 'bad_request', error.message);
      return reply;
    }
  });

  const removed = writes(guard, 'assistants:write', {
    id: 'removeAssistant',
    tag,
    summary: 'Removes an assistant',
    params: named,
    answers: { 204: { says: 'Removed' } },
    refusals: { 404: missing, 409: 'It is in the configuration file (`fixed`)' },
  });
  app.delete<{ Params: { id: string } }>('/api/assistants/:id', removed, (request, reply) => {
    const { params } = request;
    if (catalogue.remove(params.id)) {
      audit.note(guard.operatorOf(request), 'assistant_removed', params.id);
      return reply.code(204).send();
    }
    const known = catalogue.get(params.id) !== undefined;
    const message = known
      ? 'It is in the configuration file: remove it there'
      : 'There is no such assistant';
    refuse(reply, known ? 409 : 404, known ? 'fixed' : 'not_found', message);
    return reply;
  });
}

/** Definitions name where keys are, and never hold one. */
function shown(assistant: Assistant): Assistant & { readonly current: string } {
  const last = assistant.versions.at(-1)?.version ?? '';
  return { ...assistant, current: assistant.current ?? last };
}

function isOf(body: object, id: string): boolean {
  return !('id' in body) || body.id === id;
}
