import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';

export interface AdminSession {
  readonly user: string;
  /** What a write must carry: a page of another site can send the cookie's request, but cannot know this. */
  readonly csrf: string;
  /** Epoch milliseconds. */
  readonly expiresAt: number;
}

interface Kept extends AdminSession {
  /** False when it must end before its time: the user is gone, no administrator any more, or has another password. */
  readonly valid: () => boolean;
  readonly idToken: string | null;
}

/** What a session of a provider's has beside one by password. */
export interface ProviderSession {
  /** Epoch milliseconds: it ends then at the latest. */
  readonly until: number;
  /** By which the provider knows whom to sign out. */
  readonly idToken: string;
}

export const SESSION_SECONDS = 12 * 3600;
const MAX_SESSIONS = 1000;
const BYTES = 32;

/**
 * Who is signed in to the pages. In memory, by a hash of the cookie: a restart signs everybody out, and nothing that could be stolen is
 * written down.
 */
export class AdminSessions {
  readonly #now: () => number;
  readonly #sessions = new Map<string, Kept>();
  /** Hashes of links that sign in once. */
  readonly #links = new Map<string, string>();

  constructor(now: () => number) {
    this.#now = now;
  }

  /** @returns the cookie's value with its session */
  open(
    user: string,
    valid: () => boolean,
    provider: ProviderSession | null = null,
  ): { cookie: string; session: AdminSession } {
    const cookie = randomToken();
    const usual = this.#now() + SESSION_SECONDS * 1000;
    const expiresAt = Math.min(usual, provider?.until ?? usual);
    const session = { user, csrf: randomToken(), expiresAt };
    this.#sessions.set(hash(cookie), { ...session, valid, idToken: provider?.idToken ?? null });
    if (this.#sessions.size > MAX_SESSIONS) {
      this.#evict();
    }
    return { cookie, session };
  }

  find(cookie: string): AdminSession | null {
    const key = hash(cookie);
    const kept = this.#sessions.get(key);
    if (!kept) {
      return null;
    }
    if (kept.expiresAt <= this.#now() || !kept.valid()) {
      this.#sessions.delete(key);
      return null;
    }
    return kept;
  }

  /** @returns the ID token of a session that a provider's sign-in opened; null for any other */
  close(cookie: string): string | null {
    const key = hash(cookie);
    const idToken = this.#sessions.get(key)?.idToken ?? null;
    this.#sessions.delete(key);
    return idToken;
  }

  /** A secret that signs this user in once. */
  createLink(user: string): string {
    const secret = randomToken();
    this.#links.set(hash(secret), user);
    return secret;
  }

  /** The user of a link, which is used up then; null when it is none, or was used. */
  takeLink(secret: string): string | null {
    const key = hash(secret);
    const user = this.#links.get(key) ?? null;
    this.#links.delete(key);
    return user;
  }

  #evict(): void {
    const [oldest] = this.#sessions.keys();
    if (oldest !== undefined) {
      this.#sessions.delete(oldest);
    }
  }
}

export function sameSecret(a: string, b: string): boolean {
  return timingSafeEqual(Buffer.from(hash(a)), Buffer.from(hash(b)));
}

export function randomToken(): string {
  return randomBytes(BYTES).toString('base64url');
}

export function hash(text: string): string {
  return createHash('sha256').update(text).digest('base64url');
}
