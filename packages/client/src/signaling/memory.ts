import type { IClientOptions } from '../options.ts';
import type { Platform } from '../platform.ts';
import { identityOf, storageKey, type Credentials } from './credentials.ts';
import type { SessionRecord, SessionStore } from './storage.ts';

/** A session without a socket for longer is gone at the gateway (wire spec 14.1). */
const FRESH_MS = 90_000;

/** What a client knows of its session across sockets, and, where calls are to outlive it, across a reload of the page. */
export class SessionMemory {
  readonly #platform: Platform;
  /** Loaded only with `hangupOnBeforeUnload: false`. */
  #store: SessionStore | undefined;
  #identity: string | undefined;
  #key: string | undefined;
  /** When the session was last known to live; undefined while its socket is up. */
  #lostAt: number | undefined;
  /** '' before the first login. */
  sessionId = '';
  voiceSdkId: string | undefined;

  constructor(platform: Platform) {
    this.#platform = platform;
  }

  /** Before a sign-in: another identity drops everything. */
  adopt(options: IClientOptions, credentials: Credentials): void {
    const identity = identityOf(credentials);
    // An opaque token does not say whose it is: the gateway, which binds sessions to identities, decides.
    if (this.#identity !== undefined && identity !== undefined && identity !== this.#identity) {
      this.forget();
    }
    this.#identity = identity ?? this.#identity;
    this.#key = storageKey(options, credentials);
  }

  /** A page that was reloaded finds its record; null: none, or another tab goes on with it. Never rejects. */
  async recall(): Promise<SessionRecord | null> {
    try {
      const { SessionStore } = await import('./storage.ts');
      this.#store ??= new SessionStore(this.#platform);
    } catch {
      return null;
    }
    const record = this.sessionId || !this.#key ? undefined : await this.#store.take(this.#key);
    if (!record || this.sessionId) return null;
    this.sessionId = record.sessionId;
    this.voiceSdkId = record.voiceSdkId;
    this.#lostAt = record.storedAt;
    return record;
  }

  /** The session to resume; undefined when there is none or the gateway will have dropped it. */
  get resumable(): string | undefined {
    const fresh = this.#lostAt === undefined || this.#platform.now() - this.#lostAt <= FRESH_MS;
    return fresh && this.sessionId ? this.sessionId : undefined;
  }

  signedIn(sessionId: string): void {
    if (sessionId) this.sessionId = sessionId;
    this.#lostAt = undefined;
    void this.#store?.hold(this.sessionId);
  }

  lost(): void {
    this.#lostAt ??= this.#platform.now();
  }

  /** The page may go away. */
  save(host: string | undefined, calls: readonly unknown[]): void {
    if (!this.#key || !this.sessionId) return;
    this.#store?.save(this.#key, {
      sessionId: this.sessionId,
      voiceSdkId: this.voiceSdkId,
      storedAt: this.#lostAt ?? this.#platform.now(),
      host,
      calls,
    });
  }

  /** The page goes away: the next one may have the session. */
  release(): void {
    this.#store?.release();
  }

  /** The page is still there. */
  unsave(): void {
    if (this.#key) this.#store?.drop(this.#key);
    if (this.sessionId) void this.#store?.hold(this.sessionId);
  }

  forget(): void {
    if (this.#key) this.#store?.drop(this.#key);
    this.release();
    this.sessionId = '';
    this.voiceSdkId = undefined;
    this.#identity = undefined;
    this.#lostAt = undefined;
  }
}
