import type { ClientOptions } from '../options.ts';
import type { Platform } from '../platform.ts';
import { identityOf, storageKey, type Credentials } from './credentials.ts';
import { SessionStore, type SessionRecord } from './storage.ts';

/** A session without a socket for longer is gone at the gateway (wire spec 14.1). */
const FRESH_MS = 90_000;

/** What a client knows of its session across sockets, and, where calls are to outlive it, across a reload of the page. */
export class SessionMemory {
  readonly #platform: Platform;
  readonly #store: SessionStore;
  #identity: string | undefined;
  #key: string | undefined;
  /** When the session was last known to live; undefined while its socket is up. */
  #lostAt: number | undefined;
  #sessionId = '';
  #voiceSdkId: string | undefined;

  constructor(platform: Platform) {
    this.#platform = platform;
    this.#store = new SessionStore(platform);
  }

  /** '' before the first login. */
  get sessionId(): string {
    return this.#sessionId;
  }

  /** Sticky-routing token of the last frame that carried one. */
  get voiceSdkId(): string | undefined {
    return this.#voiceSdkId;
  }

  route(voiceSdkId: string): void {
    this.#voiceSdkId = voiceSdkId;
  }

  /** Before a sign-in: another identity drops everything. */
  adopt(options: ClientOptions, credentials: Credentials): void {
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
    const record = this.#sessionId || !this.#key ? undefined : await this.#store.take(this.#key);
    if (!record || this.#sessionId) {
      return null;
    }
    this.#sessionId = record.sessionId;
    this.#voiceSdkId = record.voiceSdkId;
    this.#lostAt = record.storedAt;
    return record;
  }

  /** The session to resume; undefined when there is none or the gateway will have dropped it. */
  get resumable(): string | undefined {
    const fresh = this.#lostAt === undefined || this.#platform.now() - this.#lostAt <= FRESH_MS;
    return fresh && this.#sessionId ? this.#sessionId : undefined;
  }

  /** `hold`: calls are to outlive the page, so a copy of this tab may not take the session. */
  signedIn(sessionId: string, hold: boolean): void {
    if (sessionId) {
      this.#sessionId = sessionId;
    }
    this.#lostAt = undefined;
    if (hold) {
      void this.#store.hold(this.#sessionId);
    }
  }

  lost(): void {
    this.#lostAt ??= this.#platform.now();
  }

  /** The page may go away. */
  save(host: string | undefined, calls: readonly unknown[]): void {
    if (!this.#key || !this.#sessionId) {
      return;
    }
    this.#store.save(this.#key, {
      sessionId: this.#sessionId,
      voiceSdkId: this.#voiceSdkId,
      storedAt: this.#lostAt ?? this.#platform.now(),
      host,
      calls,
    });
  }

  /** The page goes away: the next one may have the session. */
  release(): void {
    this.#store.release();
  }

  /** The page is still there. `hold`: as in {@link signedIn}. */
  unsave(hold: boolean): void {
    if (this.#key) {
      this.#store.drop(this.#key);
    }
    if (hold && this.#sessionId) {
      void this.#store.hold(this.#sessionId);
    }
  }

  forget(): void {
    if (this.#key) {
      this.#store.drop(this.#key);
    }
    this.release();
    this.forgetIds();
    this.#identity = undefined;
    this.#lostAt = undefined;
  }

  /** For `client.simulate()`: as if the gateway had never had this session. */
  forgetIds(): void {
    this.#sessionId = '';
    this.#voiceSdkId = undefined;
  }
}
