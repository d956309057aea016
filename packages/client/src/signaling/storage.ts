import type { Platform } from '../platform.ts';
import { Timer } from '../timer.ts';

/** A page that comes back within this time may take its session up again (wire spec 14.1). */
const SESSION_FRESH_MS = 90_000;
/** A page that was left lets go of its session within this; another tab that has it does not. */
const LOCK_MS = 500;

/** What is needed to resume a session. */
export interface SessionRecord {
  readonly sessionId: string;
  readonly voiceSdkId: string | undefined;
  readonly storedAt: number;
  /** The host it is at, where there are several. */
  readonly host: string | undefined;
  /** What the calls floor wants to find again; read there. */
  readonly calls: readonly unknown[];
}

/**
 * The session record of one client across a page reload, under a key of its host and identity. It is written only when the page
 * goes away or hides, and taken (read and removed) when a client connects: two clients of a page therefore never find each
 * other's. A tab that is duplicated has a copy of the storage, so whoever has a session holds a Web Lock on it, and without
 * the lock a record counts for nothing. A storage that throws is as good as none.
 */
export class SessionStore {
  readonly #platform: Platform;
  readonly #timer: Timer;
  #held: string | undefined;
  #release: (() => void) | undefined;

  constructor(platform: Platform) {
    this.#platform = platform;
    this.#timer = new Timer(platform);
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

  /** The record, if it is there, fresh, and nobody else's; it is gone afterwards. Never rejects. */
  async take(key: string): Promise<SessionRecord | undefined> {
    const text = this.#try((storage) => {
      const found = storage.getItem(key);
      storage.removeItem(key);
      return found;
    });
    const record = parse(text);
    if (!record) {
      return undefined;
    }
    const age = this.#platform.now() - record.storedAt;
    if (age < 0 || age > SESSION_FRESH_MS) {
      return undefined;
    }
    return (await this.hold(record.sessionId)) ? record : undefined;
  }

  /** Takes the lock on a session, and keeps it until `release`. False when another page has it. Never rejects. */
  hold(sessionId: string): Promise<boolean> {
    const { locks } = this.#platform;
    if (!locks || this.#held === sessionId) {
      return Promise.resolve(true);
    }
    this.release();
    this.#held = sessionId;
    return new Promise((resolve) => {
      const waiting = new AbortController();
      this.#release = () => {
        waiting.abort();
      };
      this.#timer.start(LOCK_MS, () => {
        this.release();
      });
      locks
        .request(`offhook:${sessionId}`, { signal: waiting.signal }, () => {
          this.#timer.stop();
          resolve(true);
          return new Promise<void>((free) => {
            this.#release = free;
          });
        })
        .catch(() => {
          resolve(false);
        });
    });
  }

  release(): void {
    this.#timer.stop();
    this.#release?.();
    this.#release = this.#held = undefined;
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
  if (typeof value !== 'object' || value === null) {
    return undefined;
  }
  const { sessionId, voiceSdkId, storedAt, host, calls } = value as Record<string, unknown>;
  if (typeof sessionId !== 'string' || typeof storedAt !== 'number') {
    return undefined;
  }
  return {
    sessionId,
    storedAt,
    voiceSdkId: typeof voiceSdkId === 'string' ? voiceSdkId : undefined,
    host: typeof host === 'string' ? host : undefined,
    calls: Array.isArray(calls) ? calls : [],
  };
}
