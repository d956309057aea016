import type { ApiKeyView, ApiScope } from '@offhook/protocol';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Operator } from '../control/operator.ts';
import type { AddressResolver } from '../http/addresses.ts';
import type { OriginPolicy } from '../http/origins.ts';
import type { ApiKeyGate } from './api-key-gate.ts';
import { refuse } from './refuse.ts';
import { SESSION_SECONDS, sameSecret } from './sessions.ts';
import type { AdminSession, AdminSessions } from './sessions.ts';

export const COOKIE = 'offhook_admin';

type Hook = (request: FastifyRequest, reply: FastifyReply, next: () => void) => void;

type Caller =
  | { readonly session: AdminSession; readonly key: null }
  | { readonly session: null; readonly key: ApiKeyView };

/**
 * Decides whether a request may use the addresses under `/api`: with the cookie of an administrator's session, or with a program's key. The
 * cookie is sent by our own pages only (SameSite=Strict); where the browser tells from what kind of page a request comes, that is looked at
 * too; and a write needs the session's own token and our page as its origin. A key is in no cookie, so no page of another site can use it.
 */
export class AdminGuard {
  readonly #sessions: AdminSessions;
  readonly #origins: OriginPolicy;
  readonly #gate: ApiKeyGate;
  readonly #addresses: AddressResolver;
  readonly #found = new WeakMap<FastifyRequest, Caller>();

  constructor(
    sessions: AdminSessions,
    origins: OriginPolicy,
    gate: ApiKeyGate,
    addresses: AddressResolver,
  ) {
    this.#sessions = sessions;
    this.#origins = origins;
    this.#gate = gate;
    this.#addresses = addresses;
  }

  /**
   * A hook before a body is read: answers what it refuses.
   * @param scope what a key must have for it; null: no key may, only an administrator at the pages
   */
  read(scope: ApiScope | null): Hook {
    return (request, reply, next) => {
      this.#admit(request, reply, next, scope, false);
    };
  }

  /** The same for what changes something. */
  write(scope: ApiScope | null): Hook {
    return (request, reply, next) => {
      this.#admit(request, reply, next, scope, true);
    };
  }

  /** The session of an admitted request that no key may make. */
  sessionOf(request: FastifyRequest): AdminSession {
    const session = this.#found.get(request)?.session;
    if (!session) {
      throw new Error('A request without a session got through');
    }
    return session;
  }

  /** Who makes an admitted request. */
  operatorOf(request: FastifyRequest): Operator {
    const found = this.#found.get(request);
    if (!found) {
      throw new Error('A request of nobody got through');
    }
    const address = this.#addresses.address(request.raw);
    return found.key === null
      ? { by: 'page', user: found.session.user, address }
      : { by: 'key', user: `${found.key.name} (${found.key.prefix})`, address };
  }

  /** For what a page asks, or somebody who typed the address, without a session. */
  readonly ownSite: Hook = (request, reply, next) => {
    if (fromOwnSite(request)) {
      next();
    } else {
      refuse(reply, 403, 'forbidden', 'Only the pages of this gateway may ask that');
    }
  };

  /** For what needs no session but our own page: signing in. */
  readonly ownPage: Hook = (request, reply, next) => {
    if (this.#isOwnPage(request)) {
      next();
    } else {
      refuse(reply, 403, 'forbidden', 'Only the pages of this gateway may do that');
    }
  };

  #admit(
    request: FastifyRequest,
    reply: FastifyReply,
    next: () => void,
    scope: ApiScope | null,
    writes: boolean,
  ): void {
    if (!fromOwnSite(request)) {
      refuse(reply, 403, 'forbidden', 'Only the pages of this gateway may ask that');
      return;
    }
    const bearer = /^Bearer +(\S+) *$/i.exec(request.headers.authorization ?? '')?.[1];
    if (bearer !== undefined) {
      const key = this.#gate.admit(bearer, this.#addresses.address(request.raw), scope, reply);
      if (key !== null) {
        this.#found.set(request, { session: null, key });
        next();
      }
      return;
    }
    const cookie = cookieOf(request);
    const session = cookie === null ? null : this.#sessions.find(cookie);
    if (session === null) {
      refuse(reply, 401, 'signed_out', 'Sign in as an administrator');
      return;
    }
    if (writes && !(this.#isOwnPage(request) && hasToken(request, session))) {
      refuse(reply, 403, 'forbidden', 'The request does not come from a page of this session');
      return;
    }
    this.#found.set(request, { session, key: null });
    next();
  }

  #isOwnPage(request: FastifyRequest): boolean {
    const { origin, host } = request.headers;
    return fromOwnSite(request) && this.#origins.isOwnSite(origin, host);
  }
}

/** Browsers tell it of every request (Fetch Metadata); other programs, and old browsers, do not. */
function fromOwnSite({ headers }: FastifyRequest): boolean {
  const site = headers['sec-fetch-site'];
  return site === undefined || site === 'same-origin' || site === 'none';
}

function hasToken({ headers }: FastifyRequest, { csrf }: AdminSession): boolean {
  const token = headers['x-csrf-token'];
  return typeof token === 'string' && sameSecret(token, csrf);
}

export function cookieOf({ headers }: FastifyRequest, cookie = COOKIE): string | null {
  const pairs = (headers.cookie ?? '').split(';').map((pair) => pair.trim().split('='));
  const value = pairs.find(([name]) => name === cookie)?.[1];
  return value === undefined || value === '' ? null : value;
}

/**
 * @param value null takes the cookie away
 * @param seconds how long the session lasts
 */
export function cookieHeader(
  value: string | null,
  secure: boolean,
  seconds = SESSION_SECONDS,
): string {
  const life = value === null ? 0 : seconds;
  const parts = [
    `${COOKIE}=${value ?? ''}`,
    'Path=/api',
    `Max-Age=${String(life)}`,
    'HttpOnly',
    'SameSite=Strict',
    ...(secure ? ['Secure'] : []),
  ];
  return parts.join('; ');
}
