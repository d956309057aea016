import type { Platform } from '../platform.ts';

/** A page that comes back within this time may take its session up again (wire spec 14.1). */
export const SESSION_FRESH_MS = 90_000;

/** What is needed to resume a session. */
export interface SessionRecord {
  readonly sessionId: string;
  readonly voiceSdkId: string | undefined;
  readonly storedAt: number;
}

/**
 * The session record of one client across a page reload, under a key of its host and identity. It is written only when the page
 * goes away or hides, and taken (read and removed) when a client connects: two clients of a page and a duplicated tab
 * therefore never find each other's. A storage that throws is as good as none.
 */
export class SessionStore {
  readonly #platform: Platform;

  constructor(platform: Platform) {
    this.#platform = platform;
  }

  save(key: string, record: SessionRecord): void {
    this.#try((storage) => {
      storage.setItem(key, JSON.stringify(record));
    });
  }

  drop(key: string): void {
    this.#try((storage) => {
      storage.removeItem(key);
    });
  }

  /** The record, if it is there and fresh; it is gone afterwards. */
  take(key: string): SessionRecord | undefined {
    const text = this.#try((storage) => {
      const found = storage.getItem(key);
      storage.removeItem(key);
      return found;
    });
    const record = parse(text);
    if (!record) return undefined;
    const age = this.#platform.now() - record.storedAt;
    return age >= 0 && age <= SESSION_FRESH_MS ? record : undefined;
  }

  #try<T>(use: (storage: Storage) => T): T | undefined {
    try {
      const storage = this.#platform.sessionStorage;
      return storage && use(storage);
    } catch {
      return undefined;
    }
  }
}

function parse(text: string | null | undefined): SessionRecord | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text ?? 'null');
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null) return undefined;
  const { sessionId, voiceSdkId, storedAt } = value as Record<string, unknown>;
  if (typeof sessionId !== 'string' || typeof storedAt !== 'number') return undefined;
  return {
    sessionId,
    storedAt,
    voiceSdkId: typeof voiceSdkId === 'string' ? voiceSdkId : undefined,
  };
}
