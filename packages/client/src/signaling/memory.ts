import type { IClientOptions } from '../options.ts';
import type { Platform } from '../platform.ts';
import { identityOf, storageKey, type Credentials } from './credentials.ts';
import { SESSION_FRESH_MS, SessionStore } from './storage.ts';

/** What a client knows of its session across sockets, and across a page reload. */
export class SessionMemory {
  readonly #platform: Platform;
  readonly #store: SessionStore;
  #identity: string | undefined;
  #key: string | undefined;
  /** When the session was last known to live; undefined while its socket is up. */
  #lostAt: number | undefined;
  /** '' before the first login. */
  sessionId = '';
  voiceSdkId: string | undefined;

  constructor(platform: Platform) {
    this.#platform = platform;
    this.#store = new SessionStore(platform);
  }

  /** Before a sign-in: another identity drops everything; a page that was reloaded finds its record. */
  adopt(options: IClientOptions, credentials: Credentials): void {
    const identity = identityOf(credentials);
    // An opaque token does not say whose it is: the gateway, which binds sessions to identities, decides.
    if (this.#identity !== undefined && identity !== undefined && identity !== this.#identity) {
      this.forget();
    }
    this.#identity = identity ?? this.#identity;
    this.#key = storageKey(options, credentials);
    const record = this.sessionId ? undefined : this.#store.take(this.#key);
    if (!record) return;
    this.sessionId = record.sessionId;
    this.voiceSdkId = record.voiceSdkId;
    this.#lostAt = record.storedAt;
  }

  /** The session to resume; undefined when there is none or the gateway will have dropped it. */
  get resumable(): string | undefined {
    const fresh =
      this.#lostAt === undefined || this.#platform.now() - this.#lostAt <= SESSION_FRESH_MS;
    return fresh && this.sessionId ? this.sessionId : undefined;
  }

  signedIn(sessionId: string): void {
    if (sessionId) this.sessionId = sessionId;
    this.#lostAt = undefined;
  }

  lost(): void {
    this.#lostAt ??= this.#platform.now();
  }

  /** The page may go away. */
  save(): void {
    if (!this.#key || !this.sessionId) return;
    this.#store.save(this.#key, {
      sessionId: this.sessionId,
      voiceSdkId: this.voiceSdkId,
      storedAt: this.#lostAt ?? this.#platform.now(),
    });
  }

  /** The page is still there. */
  unsave(): void {
    if (this.#key) this.#store.drop(this.#key);
  }

  forget(): void {
    this.unsave();
    this.sessionId = '';
    this.voiceSdkId = undefined;
    this.#identity = undefined;
    this.#lostAt = undefined;
  }
}
