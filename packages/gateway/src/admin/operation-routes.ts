import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Operations, Operator } from '../control/operations.ts';
import { refuse } from './guard.ts';
import type { AdminGuard } from './guard.ts';
import { partiesOf } from './names.ts';
import type { Names } from './names.ts';

/** `/api/live` and `/api/sessions`: the calls and sessions of now, and their end. */
export function registerOperations(
  app: FastifyInstance,
  guard: AdminGuard,
  operations: Operations,
  names: Names,
): void {
  const read = { onRequest: guard.read };
  const write = { onRequest: guard.write };
  const operatorOf = (request: FastifyRequest): Operator => ({
    by: 'page',
    user: guard.sessionOf(request).user,
  });

  app.get('/api/live', read, () => {
    const live = operations.calls();
    const parties = live.calls.flatMap(({ legs, service }) => partiesOf(legs, service));
    return names.with(live, parties);
  });

  app.delete<{ Params: { id: string } }>('/api/live/:id', write, (request, reply) => {
    if (operations.endCall(request.params.id, operatorOf(request))) {
      return reply.code(204).send();
    }
    refuse(reply, 404, 'not_found', 'The call is over already');
    return reply;
  });

  app.get('/api/sessions', read, () => operations.sessions());

  app.delete<{ Params: { user: string } }>('/api/sessions/:user', write, (request, reply) => {
    const { user } = request.params;
    if (operations.signOut(user, operatorOf(request))) {
      return reply.code(204).send();
    }
    refuse(reply, 404, 'not_found', `${user} is not signed in`);
    return reply;
  });
}
