import type { FastifyInstance } from 'fastify';
import type { Catalogue } from '../assistants/catalogue.ts';
import { DefinitionError } from '../assistants/catalogue.ts';
import type { Assistant } from '../assistants/definition.ts';
import type { Audit } from '../control/audit.ts';
import type { AdminGuard } from './guard.ts';
import { refuse } from './refuse.ts';

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
  const read = { onRequest: guard.read('assistants:read') };
  const write = { onRequest: guard.write('assistants:write') };

  app.get('/api/assistants', read, () => ({ assistants: catalogue.all().map(shown) }));

  app.get<{ Params: { id: string } }>('/api/assistants/:id', read, ({ params }, reply) => {
    const assistant = catalogue.get(params.id);
    if (assistant) {
      return reply.send(shown(assistant));
    }
    refuse(reply, 404, 'not_found', 'There is no such assistant');
    return reply;
  });

  app.put<{ Params: { id: string } }>('/api/assistants/:id', write, (request, reply) => {
    const { params, body } = request;
    if (typeof body !== 'object' || body === null || !isOf(body, params.id)) {
      const message = 'Send the assistant as a JSON object; its id is that of the address';
      refuse(reply, 400, 'bad_request', message);
      return reply;
    }
    try {
      const put = shown(catalogue.put({ ...body, id: params.id }));
      const versions = put.versions.map(({ version }) => version);
      audit.note(guard.operatorOf(request), 'assistant_put', params.id, { versions });
      return reply.send(put);
    } catch (error) {
      if (!(error instanceof DefinitionError)) {
        throw error;
      }
      refuse(reply, 400, 'bad_request', error.message);
      return reply;
    }
  });

  app.delete<{ Params: { id: string } }>('/api/assistants/:id', write, (request, reply) => {
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
