import { randomBytes } from 'node:crypto';
import type { Identity } from '../auth/authenticator.ts';
import type { AssistantTarget } from '../calls/assistants.ts';
import type { Party } from '../calls/leg.ts';
import type { Directory } from '../directory/directory.ts';
import type { Clock } from '../clock.ts';
import { Session, sessionKey, type SessionSocket } from './session.ts';

/** Every session, with a socket or parked. */
export class Sessions {
  readonly #directory: Directory<Party>;
  readonly #clock: Clock;
  readonly #parkMs: number;
  readonly #issueVoiceSdkId: () => string;
  readonly #onOver: ((session: Session) => void) | undefined;
  readonly #byId = new Map<string, Session>();
  readonly #parked = new Set<Session>();
  /** Those that another gateway had, by their keys. */
  readonly #taken = new Map<string, Session>();

  constructor(
    directory: Directory<Party>,
    clock: Clock,
    parkSeconds: number,
    issueVoiceSdkId: () => string,
    onOver?: (session: Session) => void,
  ) {
    this.#issueVoiceSdkId = issueVoiceSdkId;
    this.#onOver = onOver;
    this.#directory = directory;
    this.#clock = clock;
    this.#parkMs = parkSeconds * 1000;
  }

  get size(): number {
    return this.#byId.size;
  }

  filter(fits: (session: Session) => boolean): Session[] {
    return [...this.#byId.values()].filter(fits);
  }

  create(identity: Identity): Session {
    // randomUUID has 122 random bits, which is short of the 128 that a secret to resume by should have.
    const id = randomBytes(16).toString('hex');
    const session = new Session(id, this.#issueVoiceSdkId(), identity, this.#clock.now());
    this.#byId.set(session.id, session);
    return session;
  }

  /** A session that another gateway had until now. @param since when it signed in, epoch milliseconds */
  adopt(id: string, identity: Identity, since: number): Session {
    const claimed = this.claim(id, identity.user);
    if (claimed) {
      return claimed;
    }
    const session = new Session(id, this.#issueVoiceSdkId(), identity, since);
    this.restore(session);
    return session;
  }

  /** A session that went to another gateway is back. Until its socket is attached it counts as parked. */
  restore(session: Session): void {
    session.park(this.#clock.monotonic());
    this.#byId.set(session.id, session);
    this.#parked.add(session);
  }

  /** Another gateway has it from now on. It is not over. */
  release(session: Session): void {
    this.#byId.delete(session.id);
    this.#parked.delete(session);
    this.#directory.unregister(session.user, session);
    session.socket = null;
  }

  /** A session that another gateway had, until its client comes: nobody here knows its id. */
  expect(key: string, identity: Identity, isExtended: boolean): Session {
    const known = this.#taken.get(key);
    if (known) {
      return known;
    }
    const session = this.create(identity);
    if (isExtended) {
      session.extend();
    }
    session.awaits(key);
    session.park(this.#clock.monotonic());
    this.#parked.add(session);
    this.#taken.set(key, session);
    return session;
  }

  /** Whether the session that was given this `voice_sdk_id` still has calls. */
  holdCalls(voiceSdkId: string): boolean {
    for (const session of this.#byId.values()) {
      if (session.calls > 0 && session.voiceSdkId === voiceSdkId) {
        return true;
      }
    }
    return false;
  }

  /** The session to resume: only for the user that it belongs to. Whether it exists for another one is not told. */
  find(id: string | undefined, user: string): Session | null {
    const session = id === undefined ? undefined : this.#byId.get(id);
    return session?.user === user ? session : null;
  }

  /** Whether {@link claim} would find it. */
  expects(id: string, user: string): boolean {
    return this.#taken.size > 0 && this.#taken.get(sessionKey(id))?.user === user;
  }

  /** One of this gateway's own, not of another one's that has a call here. */
  isOwn(session: Session): boolean {
    return this.#byId.get(session.id) === session;
  }

  /** The client of a session with calls of a dead gateway is here: from now on it is known by its id. */
  claim(id: string, user: string): Session | null {
    const session = this.#taken.size === 0 ? undefined : this.#taken.get(sessionKey(id));
    if (session?.user !== user) {
      return null;
    }
    this.#byId.delete(session.id);
    session.rename(id);
    this.#byId.set(id, session);
    return session;
  }

  /** The same for a guest, whose name only the session knows. */
  findGuest(id: string | undefined, target: AssistantTarget): Session | null {
    const session = id === undefined ? undefined : this.#byId.get(id);
    return session?.guestOf?.assistant === target.assistant ? session : null;
  }

  /** Puts the session on a socket. Returns the socket that it had until now, which is the caller's to close. */
  attach(session: Session, socket: SessionSocket): SessionSocket | null {
    const former = session.socket;
    session.socket = socket;
    this.#parked.delete(session);
    this.#directory.register(session.user, session);
    return former === socket ? null : former;
  }

  /** The socket is gone. False when the session lives on another one by now. */
  detach(session: Session, socket: SessionSocket): boolean {
    if (session.socket !== socket) {
      return false;
    }
    session.park(this.#clock.monotonic());
    this.#parked.add(session);
    this.#directory.unregister(session.user, session);
    return true;
  }

  /** The session is over; its calls are the caller's to end. */
  forget(session: Session): void {
    session.socket = null;
    this.#byId.delete(session.id);
    this.#parked.delete(session);
    if (this.#taken.size > 0 && this.#taken.get(session.key) === session) {
      this.#taken.delete(session.key);
    }
    this.#directory.unregister(session.user, session);
    this.#onOver?.(session);
  }

  /** Forgets parked sessions whose time is over. Calls have timers of their own, and keep their session meanwhile. */
  sweep(): void {
    const until = this.#clock.monotonic() - this.#parkMs;
    for (const session of this.#parked) {
      if (session.legs.size === 0 && (session.parkedAt ?? 0) <= until) {
        this.forget(session);
      }
    }
  }
}
