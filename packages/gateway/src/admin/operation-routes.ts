import type { FastifyInstance } from 'fastify';
import type { Operations } from '../control/operations.ts';
import type { AdminGuard } from './guard.ts';
import { partiesOf } from './names.ts';
import type { Names } from './names.ts';
import { refuse } from './refuse.ts';

/** `/api/live` and `/api/sessions`: the calls and sessions of now, and their end. */
export function registerOperations(
  app: FastifyInstance,
  guard: AdminGuard,
  operations: Operations,
  names: Names,
): void {
  app.get('/api/live', { onRequest: guard.read('calls:read') }, () => {
    const live = operations.calls();
    const parties = live.calls.flatMap(({ legs, service }) => partiesOf(legs, service));
    return names.with(live, parties);
  });

  app.delete<{ Params: { id: string } }>(
    '/api/live/:id',
    { onRequest: guard.write('calls:end') },
    (request, reply) => {
      if (operations.endCall(request.params.id, guard.operatorOf(request))) {
        return reply.code(204).send();
      }
      refuse(reply, 404, 'not_found', 'The call is over already');
      return reply;
    },
  );

  app.get('/api/sessions', { onRequest: guard.read('users:read') }, () => operations.sessions());

  app.delete<{ Params: { user: string } }>(
    '/api/sessions/:user',
    { onRequest: guard.write('users:write') },
    (request, reply) => {
      const { user } = request.params;
      if (operations.signOut(user, guard.operatorOf(request))) {
        return reply.code(204).send();
      }
      refuse(reply, 404, 'not_found', `${user} is not signed in`);
      return reply;
    },
  );
}
