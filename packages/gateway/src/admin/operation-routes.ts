import type { FastifyInstance } from 'fastify';
import type { Operations } from '../control/operations.ts';
import type { AdminGuard } from './guard.ts';
import { reads, writes } from './openapi/describe.ts';
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
  const live = reads(guard, 'calls:read', {
    id: 'listLiveCalls',
    tag: 'Calls',
    summary: 'The calls of this moment',
    answers: { 200: { says: 'The calls that live', body: 'LiveCalls' } },
  });
  app.get('/api/live', live, () => {
    const now = operations.calls();
    const parties = now.calls.flatMap(({ legs, service }) => partiesOf(legs, service));
    return names.with(now, parties);
  });

  app.delete<{ Params: { id: string } }>(
    '/api/live/:id',
    writes(guard, 'calls:end', {
      id: 'endCall',
      tag: 'Calls',
      summary: 'Ends a call',
      params: { id: "The gateway's id of the call" },
      answers: { 204: { says: 'Ended' } },
      refusals: { 404: 'It is over already (`not_found`)' },
    }),
    (request, reply) => {
      if (operations.endCall(request.params.id, guard.operatorOf(request))) {
        return reply.code(204).send();
      }
      refuse(reply, 404, 'not_found', 'The call is over already');
      return reply;
    },
  );

  const listed = reads(guard, 'users:read', {
    id: 'listSessions',
    tag: 'Signed-in users',
    summary: 'Who is signed in, from where, since when, with which client, in how many calls',
    answers: { 200: { says: 'The sessions', body: 'LiveSessions' } },
  });
  app.get('/api/sessions', listed, () => operations.sessions());

  app.delete<{ Params: { user: string } }>(
    '/api/sessions/:user',
    writes(guard, 'users:write', {
      id: 'signOutUser',
      tag: 'Signed-in users',
      summary: 'Ends all sessions of a user in browsers, with their calls',
      description: 'Not those of desk phones. The user may sign in again.',
      params: { user: 'Name of the user' },
      answers: { 204: { says: 'Signed out' } },
      refusals: { 404: 'The user is not signed in (`not_found`)' },
    }),
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
