import type { FastifyInstance } from 'fastify';
import * as v from 'valibot';
import type { AddressResolver } from './addresses.ts';
import type { OriginPolicy } from './origins.ts';

export interface Demo {
  readonly users: readonly string[];
  /** A login token of ten minutes. */
  readonly createToken: (user: string) => Promise<string>;
}

const SessionBody = v.strictObject({ user: v.pipe(v.string(), v.maxLength(64)) });

/** The phone asks every gateway whether it runs a demo; an answer of 404 would be an error in its console. */
export function registerNoDemo(app: FastifyInstance): void {
  app.get('/demo/info', (_request, reply) =>
    reply.header('cache-control', 'no-store').send({ users: null }),
  );
}

/** Sign-in by one click, in demo mode only. */
export function registerDemo(
  app: FastifyInstance,
  demo: Demo,
  origins: OriginPolicy,
  addresses: AddressResolver,
): void {
  app.get('/demo/info', (_request, reply) =>
    reply.header('cache-control', 'no-store').send({ users: demo.users }),
  );

  app.post('/demo/session', { bodyLimit: 1024 }, async (request, reply) => {
    const { origin, host } = request.headers;
    // A page of another origin, even on this machine, must not sign in through the visitor's browser.
    if (!addresses.isLocal(request.raw) || !origins.isOwnPage(origin, host)) {
      return reply
        .code(403)
        .send({ error: 'forbidden', message: 'Only the page of this demo may sign in' });
    }
    const body = v.safeParse(SessionBody, request.body);
    if (!body.success) {
      return reply.code(400).send({ error: 'bad_request', message: 'Send {"user": "1001"}' });
    }
    const { user } = body.output;
    if (!demo.users.includes(user)) {
      return reply.code(404).send({ error: 'no_such_user', message: 'There is no such demo user' });
    }
    const loginToken = await demo.createToken(user);
    return reply.header('cache-control', 'no-store').send({ login_token: loginToken, user });
  });
}
