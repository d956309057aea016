import type { FastifyReply, FastifyRequest } from 'fastify';
import type { OriginPolicy } from '../http/origins.ts';
import { SESSION_SECONDS, sameSecret } from './sessions.ts';
import type { AdminSession, AdminSessions } from './sessions.ts';

export const COOKIE = 'offhook_admin';

/**
 * Decides whether a request may use the administrators' addresses. The cookie is sent by our own pages only (SameSite=Strict); where the
 * browser tells from what kind of page a request comes, that is looked at too; and a write needs the session's own token and our
 * page as its origin.
 */
export class AdminGuard {
  readonly #sessions: AdminSessions;
  readonly #origins: OriginPolicy;
  readonly #found = new WeakMap<FastifyRequest, AdminSession>();

  constructor(sessions: AdminSessions, origins: OriginPolicy) {
    this.#sessions = sessions;
    this.#origins = origins;
  }

  /** As a hook before a body is read: answers what it refuses. */
  readonly read = (request: FastifyRequest, reply: FastifyReply, next: () => void): void => {
    this.#admit(request, reply, next, false);
  };

  readonly write = (request: FastifyRequest, reply: FastifyReply, next: () => void): void => {
    this.#admit(request, reply, next, true);
  };

  /** The session of an admitted request. */
  sessionOf(request: FastifyRequest): AdminSession {
    const session = this.#found.get(request);
    if (!session) {
      throw new Error('A request without a session got through');
    }
    return session;
  }

  /** For what needs no session but our own page: signing in. */
  readonly ownPage = (request: FastifyRequest, reply: FastifyReply, next: () => void): void => {
    if (this.#isOwnPage(request)) {
      next();
    } else {
      refuse(reply, 403, 'forbidden', 'Only the pages of this gateway may do that');
    }
  };

  #admit(request: FastifyRequest, reply: FastifyReply, next: () => void, writes: boolean): void {
    if (!fromOwnSite(request)) {
      refuse(reply, 403, 'forbidden', 'Only the pages of this gateway may ask that');
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
    this.#found.set(request, session);
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

export function cookieOf({ headers }: FastifyRequest): string | null {
  const pairs = (headers.cookie ?? '').split(';').map((pair) => pair.trim().split('='));
  const value = pairs.find(([name]) => name === COOKIE)?.[1];
  return value === undefined || value === '' ? null : value;
}

/** @param value null takes the cookie away */
export function cookieHeader(value: string | null, secure: boolean): string {
  const life = value === null ? 0 : SESSION_SECONDS;
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

export function refuse(reply: FastifyReply, status: number, error: string, message: string): void {
  reply.code(status).send({ error, message });
}
