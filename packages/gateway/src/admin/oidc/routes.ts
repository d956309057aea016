import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Config } from '../../config.ts';
import { addressKey } from '../../limits/address-key.ts';
import { KeyedBuckets } from '../../limits/keyed-buckets.ts';
import { cookieHeader, cookieOf } from '../guard.ts';
import type { AdminGuard } from '../guard.ts';
import { refuse } from '../refuse.ts';
import type { SignInDeps } from '../sign-in.ts';
import { FLOW_SECONDS, Flows } from './flows.ts';
import { CALLBACK_PATH, NotSignedIn, ProviderAway } from './provider.ts';
import type { Identity, OidcProvider } from './provider.ts';

const REMEMBERED_ADDRESSES = 10_000;
const HOME = '/quality';
const MAX_RETURN = 512;

export interface OidcRouteDeps extends Pick<
  SignInDeps,
  'sessions' | 'addresses' | 'audit' | 'secure'
> {
  readonly provider: OidcProvider;
  /** Epoch milliseconds. */
  readonly now: () => number;
  /** Milliseconds of a clock that never jumps. */
  readonly monotonic: () => number;
  /** So many sign-ins of one address go to the provider. */
  readonly limits: Pick<Config['limits'], 'loginFailuresPerMinute'>;
}

/** What the page of the sign-in tells in the language of its reader. */
type Failure = 'expired' | 'refused' | 'no_admin' | 'away';

/**
 * Signing in by the OpenID provider: `/oidc/start` sends a browser there, `/oidc/callback` takes it back. A page of another site
 * cannot begin a sign-in, nor end one in somebody else's browser: that brings no cookie of the flow along, or another one.
 */
export function registerOidc(app: FastifyInstance, guard: AdminGuard, deps: OidcRouteDeps): void {
  const { provider, secure, monotonic, sessions } = deps;
  const perMinute = deps.limits.loginFailuresPerMinute;
  const buckets = new KeyedBuckets(perMinute / 60, perMinute, monotonic, REMEMBERED_ADDRESSES);
  const flows = new Flows(monotonic);

  app.get('/oidc/start', { onRequest: guard.ownSite }, async (request, reply) => {
    const returnTo = returnPath(request, provider.origin);
    if (returnTo === null) {
      refuse(reply, 400, 'bad_request', 'return_to must be a path of the pages: /quality/...');
      return reply;
    }
    const from = addressKey(deps.addresses.address(request.raw));
    if (!buckets.take(from)) {
      const seconds = String(Math.max(1, Math.ceil(buckets.wait(from) / 1000)));
      reply.header('retry-after', seconds);
      const message = `Too many sign-ins came from this address; try again in ${seconds} s`;
      refuse(reply, 429, 'too_many', message);
      return reply;
    }
    const secrets = provider.newSecrets();
    let next: string;
    try {
      next = await provider.authorizationUrl(secrets);
    } catch (error) {
      return failed(reply, failureOf(request, error));
    }
    const browser = flows.begin({ secrets, returnTo });
    return reply.header('set-cookie', flowCookie(browser, secure)).redirect(next, 303);
  });

  app.get(CALLBACK_PATH, { exposeHeadRoute: false }, async (request, reply) => {
    const search = searchOf(request);
    const state = new URLSearchParams(search).get('state');
    const browser = cookieOf(request, flowCookieName(secure));
    const flow = state === null || browser === null ? null : flows.take(state, browser);
    if (flow === null) {
      return failed(reply, 'expired');
    }
    reply.header('set-cookie', flowCookie(null, secure));
    let identity: Identity;
    try {
      identity = await provider.identify(search, flow.secrets);
    } catch (error) {
      return failed(reply, failureOf(request, error));
    }
    const { subject, until, idToken } = identity;
    if (!identity.admin) {
      request.log.warn({ subject }, 'Somebody whom the provider knows is no administrator');
      return failed(reply, 'no_admin');
    }
    // No user of ours has such a name, so nobody takes one by what the provider calls him.
    const user = `${identity.name} (${provider.name})`;
    const opened = sessions.open(user, () => true, { until, idToken });
    const address = deps.addresses.address(request.raw);
    const detail = { issuer: provider.issuer, subject };
    deps.audit.note({ by: 'page', user, address }, 'signed_in', user, detail);
    const seconds = Math.max(0, Math.floor((opened.session.expiresAt - deps.now()) / 1000));
    return reply
      .header('set-cookie', cookieHeader(opened.cookie, secure, seconds))
      .redirect(flow.returnTo, 303);
  });
}

function failureOf(request: FastifyRequest, error: unknown): Failure {
  if (error instanceof ProviderAway) {
    request.log.warn({ reason: error.message }, 'The OpenID provider cannot be used');
    return 'away';
  }
  if (error instanceof NotSignedIn) {
    request.log.warn({ reason: error.message }, 'A sign-in by the OpenID provider failed');
    return 'refused';
  }
  throw error;
}

function failed(reply: FastifyReply, failure: Failure): FastifyReply {
  return reply.redirect(`${HOME}/sign-in?failed=${failure}`, 303);
}

function searchOf({ raw }: FastifyRequest): string {
  const url = raw.url ?? '';
  const at = url.indexOf('?');
  return at === -1 ? '' : url.slice(at);
}

/** Where the page goes afterwards; null when that is no page of ours. */
function returnPath(request: FastifyRequest, origin: string): string | null {
  const given = new URLSearchParams(searchOf(request)).get('return_to');
  if (given === null) {
    return HOME;
  }
  const url = given.length > MAX_RETURN ? null : URL.parse(given, origin);
  const ours = url?.origin === origin && (url.pathname + '/').startsWith(`${HOME}/`);
  return ours && given.startsWith('/') ? `${url.pathname}${url.search}` : null;
}

/** With the prefix no other name of the same domain can put one in its place (RFC 6265bis, 4.1.3.2). */
function flowCookieName(secure: boolean): string {
  return secure ? '__Host-offhook_oidc' : 'offhook_oidc';
}

/** Lax: it must come along when the provider sends the browser back. */
function flowCookie(value: string | null, secure: boolean): string {
  return [
    `${flowCookieName(secure)}=${value ?? ''}`,
    'Path=/',
    `Max-Age=${String(value === null ? 0 : FLOW_SECONDS)}`,
    'HttpOnly',
    'SameSite=Lax',
    ...(secure ? ['Secure'] : []),
  ].join('; ');
}
