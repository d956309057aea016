import type { AdminSignInWays, AdminSignedOut } from '@offhook/protocol';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import * as v from 'valibot';
import type { Authenticator, LoginFailureReason } from '../auth/authenticator.ts';
import type { User } from '../auth/users.ts';
import type { Audit } from '../control/audit.ts';
import type { AddressResolver } from '../http/addresses.ts';
import { cookieHeader, cookieOf } from './guard.ts';
import type { AdminGuard } from './guard.ts';
import type { OidcProvider } from './oidc/provider.ts';
import { open, reads, writes } from './openapi/describe.ts';
import { refuse } from './refuse.ts';
import type { AdminSession, AdminSessions } from './sessions.ts';

export interface SignInDeps {
  readonly sessions: AdminSessions;
  readonly auth: Pick<Authenticator, 'login'>;
  readonly users: { get(name: string): User | null };
  readonly addresses: AddressResolver;
  readonly audit: Pick<Audit, 'note'>;
  /** Browsers reach it by https. */
  readonly secure: boolean;
  /** False: administrators do not sign in by password. */
  readonly passwords: boolean;
  /** Null: there is none. */
  readonly provider: OidcProvider | null;
}

const text = (most: number) => v.pipe(v.string(), v.nonEmpty(), v.maxLength(most));
const Body = v.union([
  v.strictObject({ user: text(128), password: text(512) }),
  v.strictObject({ link: text(128) }),
]);

const STATUS: Readonly<Record<LoginFailureReason, number>> = {
  bad_credentials: 401,
  token_expired: 401,
  token_invalid: 401,
  locked: 429,
  busy: 503,
  no_target: 401,
};

/** `/api/session`: signing in, by password, and out. A login token, which an application holds, opens nothing here. */
export function registerSignIn(app: FastifyInstance, guard: AdminGuard, deps: SignInDeps): void {
  const { sessions, secure, provider } = deps;
  const answer = (reply: FastifyReply, session: AdminSession): FastifyReply =>
    reply.send({ user: session.user, csrf: session.csrf, expiresAt: session.expiresAt });

  const told = open({
    id: 'getSignInWays',
    tag: 'Signing in',
    summary: 'How administrators sign in at the pages',
    answers: { 200: { says: 'The ways', body: 'SignInWays' } },
    refusals: { 403: 'The request comes from a page of another site (`forbidden`)' },
  });
  app.get('/api/session/ways', { onRequest: guard.ownSite, config: told }, (): AdminSignInWays => ({
    passwords: deps.passwords,
    provider: provider === null ? null : { name: provider.name },
  }));

  const shown = reads(guard, null, {
    id: 'getSession',
    tag: 'Signing in',
    summary: 'Who is signed in at the pages',
    answers: { 200: { says: 'The session', body: 'Session' } },
  });
  app.get('/api/session', shown, (request, reply) => answer(reply, guard.sessionOf(request)));

  const config = open({
    id: 'signIn',
    tag: 'Signing in',
    summary: 'Signs an administrator in at the pages',
    description:
      'The `Origin` must be the gateway itself. The answer sets the cookie of the session.',
    body: Body,
    answers: { 200: { says: 'The session', body: 'Session' } },
    refusals: {
      401: 'Wrong name or password (`bad_credentials`), or the link was used (`link_used`)',
      403: 'No administrator (`no_admin`), no page of this gateway (`forbidden`), or passwords are off (`passwords_off`)',
      429: 'Too many wrong passwords (`locked`)',
      503: 'Too many sign in at the moment; try again (`busy`)',
    },
  });
  app.post(
    '/api/session',
    { bodyLimit: 4096, onRequest: guard.ownPage, config },
    async (request, reply) => {
      const opened = await signIn(request, reply, deps);
      if (opened === null) {
        return reply;
      }
      const { user } = opened.session;
      const address = deps.addresses.address(request.raw);
      deps.audit.note({ by: 'page', user, address }, 'signed_in', user);
      reply.header('set-cookie', cookieHeader(opened.cookie, secure));
      return answer(reply, opened.session);
    },
  );

  const out = writes(guard, null, {
    id: 'signOut',
    tag: 'Signing in',
    summary: 'Signs out',
    answers: {
      200: { says: 'Signed out; the provider that signed in signs out too', body: 'SignedOut' },
      204: { says: 'Signed out' },
    },
  });
  app.delete('/api/session', out, (request, reply) => {
    const cookie = cookieOf(request);
    const idToken = cookie === null ? null : sessions.close(cookie);
    if (cookie !== null) {
      const operator = guard.operatorOf(request);
      deps.audit.note(operator, 'signed_out', operator.user);
    }
    reply.header('set-cookie', cookieHeader(null, secure));
    const next = idToken === null ? null : (provider?.signOutUrl(idToken) ?? null);
    return next === null ? reply.code(204).send() : reply.send({ next } satisfies AdminSignedOut);
  });
}

/** Null when it was refused, and that was answered. */
async function signIn(
  request: FastifyRequest,
  reply: FastifyReply,
  { sessions, auth, users, addresses, passwords }: SignInDeps,
): Promise<ReturnType<AdminSessions['open']> | null> {
  const body = v.safeParse(Body, request.body);
  if (!body.success) {
    refuse(reply, 400, 'bad_request', 'Send {"user": "...", "password": "..."}');
    return null;
  }
  if ('link' in body.output) {
    const user = sessions.takeLink(body.output.link);
    if (user !== null) {
      return sessions.open(user, () => true);
    }
    refuse(reply, 401, 'link_used', 'This link was used already, or is of an earlier start');
    return null;
  }
  if (!passwords) {
    const message = 'Administrators do not sign in by password here: admin.passwords is off';
    refuse(reply, 403, 'passwords_off', message);
    return null;
  }
  const { user: login, password: passwd } = body.output;
  const address = addresses.address(request.raw);
  const result = await auth.login({ login, passwd }, { address });
  if (!result.ok) {
    const { reason, message, retryAfterMs } = result.failure;
    if (retryAfterMs !== undefined) {
      reply.header('retry-after', String(Math.ceil(retryAfterMs / 1000)));
    }
    refuse(reply, STATUS[reason], reason, message);
    return null;
  }
  const stored = users.get(login);
  if (stored?.admin !== true) {
    refuse(reply, 403, 'no_admin', `${login} is no administrator of this gateway`);
    return null;
  }
  return sessions.open(login, () => {
    const now = users.get(login);
    return now?.admin === true && !now.disabled && now.passwordHash === stored.passwordHash;
  });
}
