import type { ApiKeyView, ApiScope } from '@offhook/protocol';
import type { FastifyReply } from 'fastify';
import { allows } from '../auth/api-keys.ts';
import type { ApiKeyCheck, ApiKeys } from '../auth/api-keys.ts';
import { addressKey } from '../limits/address-key.ts';
import { KeyedBuckets } from '../limits/keyed-buckets.ts';
import { refuse } from './refuse.ts';

const REMEMBERED_ADDRESSES = 50_000;
/** After a failure the database is left alone for so long: a locked one would keep the thread that serves calls waiting with each request. */
const REST_MS = 1000;

export interface ApiKeyGateDeps {
  readonly keys: Pick<ApiKeys, 'check'>;
  /** Milliseconds of a clock that never jumps. */
  readonly monotonic: () => number;
  /** Of one key. */
  readonly requestsPerMinute: number;
  /** Of one address. */
  readonly failuresPerMinute: number;
}

/** Lets programs in by their keys: `Authorization: Bearer ohk_…`. */
export class ApiKeyGate {
  readonly #keys: Pick<ApiKeys, 'check'>;
  readonly #monotonic: () => number;
  readonly #requests: KeyedBuckets;
  readonly #failures: KeyedBuckets;
  #failedAt = -Infinity;

  constructor(deps: ApiKeyGateDeps) {
    const { keys, monotonic, requestsPerMinute, failuresPerMinute } = deps;
    this.#keys = keys;
    this.#monotonic = monotonic;
    this.#requests = new KeyedBuckets(requestsPerMinute / 60, requestsPerMinute, monotonic);
    this.#failures = new KeyedBuckets(
      failuresPerMinute / 60,
      failuresPerMinute,
      monotonic,
      REMEMBERED_ADDRESSES,
    );
  }

  /**
   * @param scope what the key must have; null: no key may do that
   * @returns null when it was refused, and that was answered
   */
  admit(
    key: string,
    address: string,
    scope: ApiScope | null,
    reply: FastifyReply,
  ): ApiKeyView | null {
    const from = addressKey(address);
    const banned = this.#failures.wait(from);
    if (banned > 0) {
      return tooMany(reply, banned, 'Too many wrong keys came from this address');
    }
    const checked = this.#check(key);
    if (checked === null) {
      return refused(reply, 503, 'busy', 'The keys cannot be looked up at the moment; try again');
    }
    if (!checked.ok) {
      this.#failures.take(from);
      reply.header('www-authenticate', 'Bearer error="invalid_token"');
      const [error, message] = checked.expired
        ? ['key_expired', 'This API key has expired']
        : ['bad_key', 'This is no API key of this gateway, or it was removed'];
      return refused(reply, 401, error, message);
    }
    const { id, scopes } = checked.key;
    if (!this.#requests.take(id)) {
      return tooMany(reply, this.#requests.wait(id), 'This key asks too often');
    }
    if (scope === null) {
      return refused(reply, 403, 'forbidden', 'An API key may not do that: sign in at the pages');
    }
    if (!allows(scopes, scope)) {
      return refused(reply, 403, 'scope', `This API key may not do that: it needs ${scope}`);
    }
    return checked.key;
  }

  /** Null while the database fails, which those say who own it. */
  #check(key: string): ApiKeyCheck | null {
    if (this.#monotonic() - this.#failedAt < REST_MS) {
      return null;
    }
    try {
      return this.#keys.check(key);
    } catch {
      this.#failedAt = this.#monotonic();
      return null;
    }
  }
}

function tooMany(reply: FastifyReply, ms: number, message: string): null {
  const seconds = String(Math.max(1, Math.ceil(ms / 1000)));
  reply.header('retry-after', seconds);
  return refused(reply, 429, 'too_many', `${message}; try again in ${seconds} s`);
}

function refused(reply: FastifyReply, status: number, error: string, message: string): null {
  refuse(reply, status, error, message);
  return null;
}
