import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { ApiKeyView, ApiScope } from '@offhook/protocol';

export const API_SCOPES: readonly ApiScope[] = [
  'calls:read',
  'calls:end',
  'recordings:read',
  'users:read',
  'users:write',
  'assistants:read',
  'assistants:write',
  'audit:read',
];

/** What may be done besides with a scope. */
const INCLUDES: Readonly<Partial<Record<ApiScope, ApiScope>>> = {
  'users:write': 'users:read',
  'assistants:write': 'assistants:read',
};

/** So many keys at most: each is somebody's to know. */
export const MAX_API_KEYS = 500;
const MAX_NAME = 64;
const ID_BYTES = 4;
const SECRET_BYTES = 32;
const FORMAT = /^ohk_([0-9a-f]{8})_[\w-]{43}$/;
/** When a key was used is written down no more often: each write waits for the disk. */
const NOTED_MS = 60_000;

/** A key as it is kept. Only a hash of it is: 256 random bits cannot be guessed, so nothing is won by a slow one. */
export interface StoredApiKey extends Omit<ApiKeyView, 'prefix'> {
  /** SHA-256 of the whole key. */
  readonly hash: Buffer;
}

/** Where keys are kept. */
export interface ApiKeyStore {
  get(id: string): StoredApiKey | null;
  /** The newest first. */
  list(): readonly StoredApiKey[];
  /** @returns false when there is one of that id */
  add(key: StoredApiKey): boolean;
  /** @returns false when there is none */
  remove(id: string): boolean;
  used(id: string, at: number): void;
}

export interface ApiKeyWish {
  readonly name: string;
  readonly scopes: readonly ApiScope[];
  readonly createdBy: string;
  readonly expiresAt: number | null;
}

export type ApiKeyCheck =
  | { readonly ok: true; readonly key: ApiKeyView }
  | { readonly ok: false; readonly expired: boolean };

/** A wish for a key that cannot be had; the message is for people. */
export class ApiKeyError extends Error {}

/** The keys by which programs use `/api`. */
export class ApiKeys {
  readonly #store: ApiKeyStore;
  readonly #now: () => number;
  /** When it was tried last to write down that a key was used, by id. */
  readonly #noted = new Map<string, number>();

  constructor(store: ApiKeyStore, now: () => number) {
    this.#store = store;
    this.#now = now;
  }

  list(): readonly ApiKeyView[] {
    return this.#store.list().map(shown);
  }

  /**
   * @returns the key, which nobody can tell a second time
   * @throws {ApiKeyError}
   */
  add(wish: ApiKeyWish): { readonly key: string; readonly view: ApiKeyView } {
    const now = this.#now();
    const name = wish.name.replaceAll(/\p{C}/gu, '').trim();
    if (name === '' || name.length > MAX_NAME) {
      throw new ApiKeyError(`A key has a name of 1 to ${String(MAX_NAME)} characters`);
    }
    const scopes = API_SCOPES.filter((scope) => wish.scopes.includes(scope));
    if (scopes.length === 0) {
      throw new ApiKeyError(`A key has one scope or more of: ${API_SCOPES.join(', ')}`);
    }
    if (wish.expiresAt !== null && wish.expiresAt <= now) {
      throw new ApiKeyError('The key would have expired already');
    }
    if (this.#store.list().length >= MAX_API_KEYS) {
      throw new ApiKeyError(
        `There are ${String(MAX_API_KEYS)} keys, which is the most; remove some`,
      );
    }
    for (;;) {
      const id = randomBytes(ID_BYTES).toString('hex');
      const key = `${prefixOf(id)}_${randomBytes(SECRET_BYTES).toString('base64url')}`;
      const { createdBy, expiresAt } = wish;
      const rest = { createdAt: now, createdBy, expiresAt, usedAt: null };
      const stored = { id, name, scopes, ...rest, hash: hashOf(key) };
      if (this.#store.add(stored)) {
        return { key, view: shown(stored) };
      }
    }
  }

  /** @returns the key that is removed; null when there is none of that id or prefix */
  remove(idOrPrefix: string): ApiKeyView | null {
    const stored = this.#store.get(idOrPrefix.replace(/^ohk_/, ''));
    return stored !== null && this.#store.remove(stored.id) ? shown(stored) : null;
  }

  /** Whether that is a key which is good now; notes its use. */
  check(key: string): ApiKeyCheck {
    const id = FORMAT.exec(key)?.[1];
    const stored = id === undefined ? null : this.#store.get(id);
    if (stored === null || !timingSafeEqual(hashOf(key), stored.hash)) {
      return { ok: false, expired: false };
    }
    const now = this.#now();
    if (stored.expiresAt !== null && stored.expiresAt <= now) {
      return { ok: false, expired: true };
    }
    this.#note(stored, now);
    return { ok: true, key: shown(stored) };
  }

  /** A disk that takes no writes makes no key void, and is not asked again with each request. */
  #note({ id, usedAt }: StoredApiKey, now: number): void {
    const last = Math.max(usedAt ?? -Infinity, this.#noted.get(id) ?? -Infinity);
    if (Math.abs(now - last) < NOTED_MS) {
      return;
    }
    if (this.#noted.size >= MAX_API_KEYS) {
      this.#noted.clear();
    }
    this.#noted.set(id, now);
    try {
      this.#store.used(id, now);
    } catch {
      // The next use is noted.
    }
  }
}

/** Whether somebody may do what needs a scope, by those he has. */
export function allows(scopes: readonly ApiScope[], needed: ApiScope): boolean {
  return scopes.some((scope) => scope === needed || INCLUDES[scope] === needed);
}

export function isApiScope(text: string): text is ApiScope {
  return (API_SCOPES as readonly string[]).includes(text);
}

function shown({ hash: _, ...key }: StoredApiKey): ApiKeyView {
  return { ...key, prefix: prefixOf(key.id) };
}

function prefixOf(id: string): string {
  return `ohk_${id}`;
}

function hashOf(key: string): Buffer {
  return createHash('sha256').update(key).digest();
}
