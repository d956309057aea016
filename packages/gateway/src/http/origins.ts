import { isLoopbackName } from './addresses.ts';

export type OriginVerdict =
  | { readonly ok: true }
  | { readonly ok: false; readonly reason: 'origin' | 'host'; readonly message: string };

export interface OriginRules {
  readonly publicUrl?: string;
  /** Full origins. */
  readonly origins: readonly string[];
  /** Host names, with a port where it is not the usual one. */
  readonly hosts: readonly string[];
  /** Any loopback origin may connect, and nothing but a loopback `Host` is answered. */
  readonly demo: boolean;
}

const OK: OriginVerdict = { ok: true };

/**
 * Which pages may open a socket. No cookie authenticates a socket, so this keeps foreign pages from using up limits and
 * from guessing passwords through a visitor's browser; a program without an `Origin` may connect.
 */
export class OriginPolicy {
  readonly #origins: ReadonlySet<string>;
  readonly #hosts: ReadonlySet<string>;
  readonly #demo: boolean;
  readonly #own: string | null;

  constructor(rules: OriginRules) {
    const origins = rules.origins.map((origin) => origin.toLowerCase());
    // With its scheme: a page of the same name without TLS is another origin.
    this.#own = rules.publicUrl === undefined ? null : new URL(rules.publicUrl).origin;
    if (this.#own !== null) {
      origins.push(this.#own);
    }
    this.#origins = new Set(origins);
    this.#hosts = new Set(rules.hosts.map((host) => host.toLowerCase()));
    this.#demo = rules.demo;
  }

  /** For sockets, and for requests that a page of another origin could send. */
  check(origin: string | undefined, host: string | undefined): OriginVerdict {
    const hostVerdict = this.checkHost(host);
    if (!hostVerdict.ok || origin === undefined) {
      return hostVerdict;
    }
    const url = parseOrigin(origin);
    if (url !== null) {
      if (this.#origins.has(url.origin)) {
        return OK;
      }
      if (this.#demo && isLoopbackName(url.hostname)) {
        return OK;
      }
      if (this.#isSameAsPermittedHost(url, host)) {
        return OK;
      }
    }
    return {
      ok: false,
      reason: 'origin',
      message: 'This origin may not connect; the operator can add it to "origins"',
    };
  }

  /** A name of another site that resolves to loopback (DNS rebinding) must not reach the demo. */
  checkHost(host: string | undefined): OriginVerdict {
    if (!this.#demo) {
      return OK;
    }
    const name = URL.parse(`http://${host ?? ''}`)?.hostname;
    if (host !== undefined && name !== undefined && isLoopbackName(name)) {
      return OK;
    }
    return { ok: false, reason: 'host', message: 'The demo answers on localhost only' };
  }

  /** Same origin, for what only our own page may ask. An absent `Origin` is not our page. */
  isOwnPage(origin: string | undefined, host: string | undefined): boolean {
    const url = parseOrigin(origin);
    return url !== null && this.#isSameAsPermittedHost(url, host);
  }

  /** The same, also by the public address, whose name need not be in `hosts`. */
  isOwnSite(origin: string | undefined, host: string | undefined): boolean {
    if (this.isOwnPage(origin, host)) {
      return true;
    }
    return this.#own !== null && parseOrigin(origin)?.origin === this.#own;
  }

  #isSameAsPermittedHost(origin: URL, host: string | undefined): boolean {
    // `Host` has no scheme; reading it with the origin's own makes :80 and :443 vanish from both or from neither.
    const own = URL.parse(`${origin.protocol}//${host ?? ''}`);
    if (own === null || host === undefined || own.host !== origin.host) {
      return false;
    }
    return this.#hosts.has(own.host) || isLoopbackName(own.hostname);
  }
}

function parseOrigin(origin: string | undefined): URL | null {
  if (origin === undefined) {
    return null;
  }
  const url = URL.parse(origin);
  return url !== null && /^https?:$/.test(url.protocol) && url.origin === origin.toLowerCase()
    ? url
    : null;
}
