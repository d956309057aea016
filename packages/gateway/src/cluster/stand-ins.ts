import type { GatewayMethod, GatewayParams } from '@offhook/protocol';
import type { Identity } from '../auth/authenticator.ts';
import type { Clock } from '../clock.ts';
import { Session, type SessionSocket } from '../signaling/session.ts';
import type { Messages } from './messages.ts';
import type { Entry, Listed } from './register.ts';

/** A session whose socket another gateway has, as calls of this gateway have it for a party. */
export interface StandIn {
  readonly ref: string;
  readonly session: Session;
  node: string;
  /** Of what was heard of it last: what is older says nothing of where it is. */
  epoch: number;
  usedAt: number;
  /** Messages about it may have been lost: it is to be asked how it stands. */
  isDoubtful: boolean;
}

/** One without a call is kept this long. */
const KEEP_MS = 60_000;

/** Every session of another gateway that calls of this one know: always the same object for the same session. */
export class StandIns {
  readonly #messages: Messages;
  readonly #clock: Clock;
  readonly #byRef = new Map<string, StandIn>();

  constructor(messages: Messages, clock: Clock) {
    this.#messages = messages;
    this.#clock = clock;
  }

  get all(): readonly StandIn[] {
    return [...this.#byRef.values()];
  }

  /** Legs of calls of this gateway whose parties are at others. */
  get legs(): number {
    return this.all.reduce((sum, { session }) => sum + session.legs.size, 0);
  }

  get(ref: string): StandIn | undefined {
    return this.#byRef.get(ref);
  }

  /** As the register has it. */
  known(user: string, { ref, entry }: Listed): StandIn {
    const identity = identityOf(user, entry);
    const found =
      this.#byRef.get(ref) ??
      this.keep(ref, new Session(ref, '', identity, entry.since), entry.node, entry.epoch);
    const { session } = found;
    found.usedAt = this.#clock.monotonic();
    if (entry.epoch < found.epoch) {
      return found;
    }
    found.epoch = entry.epoch;
    session.renew(identity, entry.address, { client: entry.client, browser: entry.browser });
    if (entry.extended) {
      session.extend();
    }
    if (entry.online && (!session.online || found.node !== entry.node)) {
      this.link(found, entry.node);
    }
    return found;
  }

  /** A session that was this gateway's own until now. */
  keep(ref: string, session: Session, node: string, epoch: number): StandIn {
    const usedAt = this.#clock.monotonic();
    const standIn = { ref, session, node, epoch, usedAt, isDoubtful: false };
    this.#byRef.set(ref, standIn);
    return standIn;
  }

  /** Its client is at that gateway. What was not acknowledged is told again. */
  link(standIn: StandIn, node: string): void {
    standIn.node = node;
    standIn.session.socket = new LinkSocket(this.#messages, standIn.ref, node);
  }

  forget(ref: string): void {
    this.#byRef.delete(ref);
  }

  sweep(): void {
    const until = this.#clock.monotonic() - KEEP_MS;
    for (const { ref, session, usedAt } of this.#byRef.values()) {
      if (session.legs.size === 0 && usedAt < until) {
        this.#byRef.delete(ref);
      }
    }
  }
}

/** Frames go to the gateway that has the client's socket. */
class LinkSocket implements SessionSocket {
  readonly #messages: Messages;
  readonly #ref: string;
  readonly #node: string;

  constructor(messages: Messages, ref: string, node: string) {
    this.#messages = messages;
    this.#ref = ref;
    this.#node = node;
  }

  sendRequest<M extends GatewayMethod>(
    id: number | undefined,
    method: M,
    params: GatewayParams[M],
  ): void {
    this.#messages.tell(this.#node, { t: 'frame', ref: this.#ref, id, method, params });
  }

  /** Whoever has the client's socket looks after it. */
  takenOver(): void {
    return undefined;
  }

  ended(): void {
    return undefined;
  }

  signedOut(): void {
    return undefined;
  }
}

function identityOf(user: string, entry: Entry): Identity {
  const { displayName, generateRingback, expiresAt, guest, dialling } = entry;
  return {
    user,
    displayName,
    generateRingback,
    ...(expiresAt === null ? {} : { expiresAt }),
    ...(dialling === null ? {} : { dialling }),
    ...(guest ? { guest } : {}),
  };
}

export function entryOf(session: Session, node: string, epoch: number): Entry {
  const { identity, client } = session;
  return {
    v: 1,
    node,
    epoch,
    online: session.online,
    displayName: identity.displayName,
    generateRingback: identity.generateRingback,
    expiresAt: identity.expiresAt ?? null,
    guest: identity.guest === true,
    dialling: identity.dialling
      ? {
          ...identity.dialling,
          routes: identity.dialling.routes && [...identity.dialling.routes],
          callerIds: identity.dialling.callerIds && [...identity.dialling.callerIds],
        }
      : null,
    address: session.address,
    since: session.signedInAt,
    extended: session.extended,
    client: client.client,
    browser: client.browser,
    calls: [...session.elsewhere],
  };
}
