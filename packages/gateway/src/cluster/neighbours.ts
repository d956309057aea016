import { createHash } from 'node:crypto';
import {
  causeOf,
  DEFAULT_FRAME_LIMITS,
  parseClientFrame,
  telnyxDialect,
  type Cause,
  type GatewayMethod,
} from '@offhook/protocol';
import * as v from 'valibot';
import type { Logger } from 'pino';
import type { Identity } from '../auth/authenticator.ts';
import { ENDINGS } from '../calls/hangup.ts';
import type { Party } from '../calls/leg.ts';
import type { Survivors } from '../calls/resume.ts';
import type { Clock } from '../clock.ts';
import { DirectoryError } from '../directory/directory.ts';
import { MemoryDirectory } from '../directory/memory.ts';
import type { Guard } from '../guard.ts';
import { byeParams } from '../signaling/bye-params.ts';
import type { NeighbourHost, Neighbourhood, SessionFrame } from '../signaling/elsewhere.ts';
import { CALL_ERROR, failure, type Outcome } from '../signaling/outcome.ts';
import { Session } from '../signaling/session.ts';
import type { Soon } from '../soon.ts';
import { MAX_MESSAGE, type Messages, type MessageService, type Reply } from './messages.ts';
import {
  Asked,
  RequestReply,
  ResumedReply,
  StateReply,
  TakeReply,
  Told,
} from './neighbour-messages.ts';
import { RegisterError, type Listing, type Register } from './register.ts';
import { entryOf, StandIns, type StandIn } from './stand-ins.ts';

export interface NeighboursDeps {
  readonly messages: Messages;
  readonly register: Register;
  readonly clock: Clock;
  readonly guard: Guard;
  readonly logger: Logger;
}

interface Home {
  readonly ref: string;
  readonly session: Session;
  readonly epoch: number;
}

interface Given {
  readonly to: string;
  readonly calls: Calls;
  readonly at: number;
}

/** CallID and gateway of each. */
type Calls = v.InferOutput<typeof TakeReply>['calls'];

interface Owed {
  readonly node: string;
  readonly callID: string;
  readonly cause: Cause;
}

/** How often it is looked whether gateways live that calls are shared with. */
const WATCH_MS = 1000;
/** After Redis is back, gateways get this long to renew their leases before one is taken for dead. */
const GRACE_MS = 3000;
/** Everything is written anew so often, or it would be forgotten. */
const RENEW_MS = 1_800_000;
/** After Redis is back not all gateways write at once. */
const SPREAD_MS = 500;
/** A client that comes back waits this long for its former gateway to be given up. */
const LEASE_WAIT_MS = 2500;
const LEASE_LOOK_MS = 250;
/** Calls of one session at other gateways. */
const MAX_ELSEWHERE = 64;
/** Sessions whose clients ended calls of which nobody could be told. */
const MAX_OWING = 10_000;
/** A gateway that took a session may ask for it again so long: the answer may have been lost. */
const GIVEN_MS = 15_000;
/** What a client that asked for what cannot be done now should wait. */
const RETRY_MS = 2000;
/** Frames of ours whose acknowledgement their call rests on. */
const CONFIRMED: ReadonlySet<string> = new Set(['invite', 'answer', 'bye']);
/** Frames that make a call known here; all others are taken of the gateway that has it alone. */
const BEGINS: ReadonlySet<string> = new Set(['invite', 'attach']);

/**
 * Sessions and calls that are shared with other gateways. A call belongs to one gateway, its owner. The session of a party whose socket
 * another gateway has is a {@link StandIn} at the owner: its frames go to that gateway, and what the client says of the call comes back to
 * the owner and is served there, as if the socket were its own.
 */
export class Neighbours implements Neighbourhood, MessageService {
  readonly #deps: NeighboursDeps;
  readonly #here = new MemoryDirectory<Party>();
  readonly #standIns: StandIns;
  /** This gateway's own sessions. */
  readonly #homes = new Map<string, Home>();
  readonly #unwritten = new Set<string>();
  /** Sessions that have a socket of which no other gateway knows yet. */
  readonly #arrived = new Set<string>();
  readonly #owed = new Map<string, Owed[]>();
  /** Sessions that are back, while not all who have their calls could be told. */
  readonly #unresumed = new Map<string, Survivors>();
  /** Sessions on their way here, by name and user: two sockets of one client may ask at the same time. */
  readonly #fetching = new Map<string, Promise<Session | null>>();
  /** Sessions with calls that other gateways took not long ago. */
  readonly #given = new Map<string, Given>();
  /** Gateways without a lease at the last look. */
  #missing: ReadonlySet<string> = new Set();
  #host: NeighbourHost | null = null;
  #isWriting = false;
  #workingSince: number | null = null;
  #cancelWatch: () => void = () => undefined;
  #cancelRenewal: () => void = () => undefined;
  #cancelSpread: () => void = () => undefined;
  #closed = false;

  constructor(deps: NeighboursDeps) {
    this.#deps = deps;
    this.#standIns = new StandIns(deps.messages, deps.clock);
  }

  /** Before anything else. */
  begin(host: NeighbourHost): void {
    const { clock, messages } = this.#deps;
    this.#host = host;
    messages.serve(this);
    if (messages.works) {
      this.#workingSince = clock.monotonic();
    }
    this.#watch();
    this.#renew();
  }

  close(): void {
    this.#closed = true;
    this.#cancelWatch();
    this.#cancelRenewal();
    this.#cancelSpread();
  }

  get counts(): { readonly legs: number; readonly works: boolean } {
    return { legs: this.#standIns.legs, works: this.#deps.messages.works };
  }

  // The directory

  get users(): number {
    return this.#here.users;
  }

  register(user: string, session: Party): void {
    this.#here.register(user, session);
    if (session instanceof Session && session.guestOf === null) {
      const ref = refOf(session.id);
      const epoch = this.#homes.get(ref)?.epoch ?? 1;
      this.#homes.set(ref, { ref, session, epoch });
      this.#arrived.add(ref);
      this.#write(ref);
    }
  }

  unregister(user: string, session: Party): void {
    this.#here.unregister(user, session);
    const home = this.#homes.get(refOf(session.id));
    if (!home) {
      return;
    }
    this.#write(home.ref);
    for (const node of new Set(home.session.elsewhere.values())) {
      this.#tell(node, { t: 'parked', ref: home.ref });
    }
  }

  sessionsOf(user: string): readonly Party[] {
    return this.#here.sessionsOf(user);
  }

  everywhere(user: string): Soon<readonly Party[]> {
    return this.#everywhere(user);
  }

  awaits(user: string, isAwaited: boolean): void {
    const { register, logger } = this.#deps;
    register
      .call(user, isAwaited)
      .then(
        async () => {
          // Who came after it was looked who is there, and before it was known that he is called.
          for (const party of isAwaited ? await this.#everywhere(user) : []) {
            this.#host?.switchboard.joined(party);
          }
        },
        (error: unknown) => {
          logger.debug({ err: error, user }, 'Nobody elsewhere knows that he is called');
        },
      )
      .catch((error: unknown) => {
        logger.debug({ err: error, user }, 'It could not be seen who came meanwhile');
      });
  }

  async #everywhere(user: string): Promise<readonly Party[]> {
    const { register, messages } = this.#deps;
    try {
      const found = await register.find(user);
      const others = found.filter(({ entry }) => entry.online && entry.node !== messages.node);
      return [
        ...this.sessionsOf(user),
        ...others.map((listed) => this.#standIns.known(user, listed).session),
      ];
    } catch (error) {
      throw error instanceof RegisterError
        ? new DirectoryError('other gateways cannot be asked', { cause: error })
        : error;
    }
  }

  // What signalling asks

  forward(
    session: Session,
    frame: SessionFrame,
    reply: (outcome: Outcome<unknown>) => void,
  ): boolean {
    const callID = callIdOf(frame.params);
    const node = callID === undefined ? undefined : session.elsewhere.get(callID);
    if (callID === undefined || node === undefined || session.legs.has(callID)) {
      return false;
    }
    const ref = refOf(session.id);
    const { method, params } = frame;
    const request = { jsonrpc: '2.0', id: 0, method: telnyxDialect.toWire.get(method), params };
    // A client names its session in every frame, by the secret that resumes it.
    const text = JSON.stringify(request, (key, value: unknown) =>
      key === 'sessid' ? undefined : value,
    );
    this.#deps.messages.ask(node, { t: 'request', ref, text }, (answer) => {
      const outcome = answer.ok ? v.safeParse(RequestReply, answer.body) : null;
      if (method === 'bye') {
        this.#callOver(session, callID);
        if (outcome?.success !== true) {
          this.#owe(session, { node, callID, cause: causeIn(params) });
        }
        // Both byes may have crossed: for the client its call is over, whatever was said elsewhere.
        this.#host?.serve(session, frame, reply);
      } else if (outcome?.success === true) {
        reply(asOwn(outcome.output, session.id));
      } else {
        const why = answer.ok ? 'failed' : answer.why;
        const data = { callID, reason: 'gateway_unreachable', why, retryAfterMs: RETRY_MS };
        reply(failure(CALL_ERROR, 'the gateway that has this call cannot be reached', data));
      }
    });
    return true;
  }

  fetch(id: string, identity: Identity, orphaned?: () => Promise<void>): Promise<Session | null> {
    const key = `${refOf(id)} ${identity.user}`;
    const under = this.#fetching.get(key);
    if (under) {
      return under;
    }
    const fetching = this.#tryToFetch(id, identity, orphaned).finally(() => {
      this.#fetching.delete(key);
    });
    this.#fetching.set(key, fetching);
    return fetching;
  }

  async #tryToFetch(
    id: string,
    identity: Identity,
    orphaned: (() => Promise<void>) | undefined,
  ): Promise<Session | null> {
    try {
      return await this.#fetch(id, identity, orphaned);
    } catch (error) {
      if (!(error instanceof RegisterError)) {
        this.#deps.guard.caught('cluster', error);
      }
      return null;
    }
  }

  async #fetch(
    id: string,
    identity: Identity,
    orphaned: (() => Promise<void>) | undefined,
  ): Promise<Session | null> {
    const { register, messages, logger } = this.#deps;
    const ref = refOf(id);
    const home = this.#homes.get(ref)?.session;
    if (home?.user === identity.user) {
      return home;
    }
    const entry = await register.get(identity.user, ref);
    if (!entry || entry.node === messages.node || !this.#host) {
      return null;
    }
    let taken = await this.#takeFrom(entry.node, ref);
    if (taken === 'unanswered') {
      // Where it lives, it may have given the session away, and its answer was lost.
      taken = (await this.#isDead(entry.node)) ? 'gone' : await this.#takeFrom(entry.node, ref);
    }
    if (taken === 'unanswered') {
      return null;
    }
    if (taken === 'gone') {
      await orphaned?.();
    }
    const calls = taken === 'gone' ? entry.calls : taken;
    const standIn = this.#standIns.get(ref);
    const session = standIn?.session ?? this.#host.sessions.adopt(id, identity, entry.since);
    session.elsewhere.clear();
    for (const [callID, node] of calls.slice(0, MAX_ELSEWHERE)) {
      if (node !== messages.node && !session.legs.has(callID)) {
        session.elsewhere.set(callID, node);
      }
    }
    const epoch = entry.epoch + 1;
    const own = entryOf(session, messages.node, epoch);
    const refused = await this.#put({ user: identity.user, ref, entry: own });
    if (refused) {
      if (!standIn) {
        this.#host.sessions.release(session);
      }
      return null;
    }
    if (standIn) {
      this.#standIns.forget(ref);
      session.rename(id);
      this.#park(standIn);
      this.#host.sessions.restore(session);
    }
    this.#homes.set(ref, { ref, session, epoch });
    this.#given.delete(ref);
    logger.info({ user: identity.user, from: entry.node, calls: calls.length }, 'A session came');
    return session;
  }

  /** `gone`: nobody reads its channel. It has died, and its lease will end; should it live after all, it finds out by the epoch. */
  async #takeFrom(node: string, ref: string): Promise<Calls | 'gone' | 'unanswered'> {
    const answer = await this.#ask(node, { t: 'take', ref });
    if (!answer.ok) {
      return answer.why === 'gone' ? 'gone' : 'unanswered';
    }
    const read = v.safeParse(TakeReply, answer.body);
    return read.success ? read.output.calls : 'unanswered';
  }

  /** Whether another gateway has it. What cannot be written now is written when it can: its former gateway has let go of it already. */
  async #put(listing: Listing): Promise<boolean> {
    try {
      return (await this.#deps.register.put([listing])).length > 0;
    } catch (error) {
      if (!(error instanceof RegisterError)) {
        throw error;
      }
      this.#unwritten.add(listing.ref);
      return false;
    }
  }

  /** Waits for the end of its lease: who does not answer is frozen, or on its way out. */
  async #isDead(node: string): Promise<boolean> {
    const { clock, register } = this.#deps;
    const until = clock.monotonic() + LEASE_WAIT_MS;
    while ((await register.living([node])).has(node)) {
      if (clock.monotonic() > until) {
        return false;
      }
      await new Promise<void>((resolve) => {
        clock.schedule(resolve, LEASE_LOOK_MS);
      });
    }
    return true;
  }

  async resumed(session: Session, survivors: Survivors): Promise<void> {
    const ref = refOf(session.id);
    const home = this.#homes.get(ref);
    if (!home || session.elsewhere.size === 0) {
      return;
    }
    const entry = entryOf(session, this.#deps.messages.node, home.epoch);
    const told = survivors === null ? null : [...survivors];
    const owners = new Set(session.elsewhere.values());
    await Promise.all(
      [...owners].map(async (node) => {
        const body: Asked = {
          t: 'resumed',
          ref,
          user: session.user,
          entry: { ...entry, calls: [] },
          survivors: told?.slice(0, MAX_ELSEWHERE) ?? null,
        };
        const answer = await this.#ask(node, body);
        const reply = answer.ok ? v.safeParse(ResumedReply, answer.body) : null;
        // Of whoever cannot be reached nothing is known; a gateway that is dead is found out by its lease.
        if (reply?.success !== true) {
          this.#unresumed.set(ref, survivors);
          return;
        }
        const kept = new Set(reply.output.calls);
        for (const [callID, owner] of session.elsewhere) {
          if (owner === node && !kept.has(callID)) {
            this.#callOver(session, callID);
          }
        }
      }),
    );
  }

  over(session: Session): void {
    const ref = refOf(session.id);
    if (this.#homes.get(ref)?.session !== session) {
      return;
    }
    this.#homes.delete(ref);
    this.#unwritten.delete(ref);
    this.#arrived.delete(ref);
    this.#owed.delete(ref);
    this.#unresumed.delete(ref);
    for (const node of new Set(session.elsewhere.values())) {
      this.#tell(node, { t: 'gone', ref });
    }
    // What cannot be forgotten now is told to whoever asks for it.
    this.#deps.register.drop(session.user, ref).catch((error: unknown) => {
      this.#deps.logger.debug({ err: error }, 'A session could not be forgotten');
    });
  }

  // What neighbours say

  told(from: string, body: unknown): void {
    const read = v.safeParse(Told, body);
    if (!read.success) {
      this.#deps.logger.warn({ from }, 'A message of another gateway could not be read');
      return;
    }
    const message = read.output;
    if (message.t === 'frame') {
      this.#frame(from, message);
      return;
    }
    if (message.t === 'joined') {
      const { user, ref, entry } = message;
      this.#host?.switchboard.joined(this.#standIns.known(user, { ref, entry }).session);
      return;
    }
    if (message.t === 'heard') {
      const left = this.#owed.get(message.ref)?.filter(({ node }) => node !== from) ?? [];
      if (left.length > 0) {
        this.#owed.set(message.ref, left);
      } else {
        this.#owed.delete(message.ref);
      }
      return;
    }
    const standIn = this.#standInOf(message.ref, from);
    if (!standIn) {
      return;
    }
    switch (message.t) {
      case 'ack':
        standIn.session.acknowledged(message.id);
        return;
      case 'parked':
        this.#park(standIn);
        return;
      case 'gone':
        this.#host?.switchboard.partyGone(standIn.session, ENDINGS.notBack);
        this.#standIns.forget(message.ref);
        return;
    }
  }

  asked(from: string, body: unknown, reply: (body: unknown) => void): void {
    const message = v.parse(Asked, body);
    switch (message.t) {
      case 'request':
        this.#request(from, message.ref, message.text, reply);
        return;
      case 'take':
        reply(this.#giveAway(message.ref, from));
        return;
      case 'state':
        reply(this.#stateOf(message.ref, from));
        return;
      case 'resumed': {
        const { user, ref, entry, survivors } = message;
        const standIn = this.#standIns.known(user, { ref, entry });
        if (entry.epoch < standIn.epoch) {
          // It has moved on since.
          reply({ calls: [] });
          return;
        }
        this.#standIns.link(standIn, from);
        void this.#catchUp(standIn, survivors && new Map(survivors)).then((calls) => {
          reply({ calls });
        });
        return;
      }
    }
  }

  works(works: boolean): void {
    this.#workingSince = works ? this.#deps.clock.monotonic() : null;
    this.#cancelSpread();
    if (!works) {
      for (const standIn of this.#standIns.all) {
        standIn.isDoubtful = true;
      }
      return;
    }
    this.#cancelSpread = this.#deps.clock.schedule(() => {
      for (const ref of this.#homes.keys()) {
        this.#write(ref);
      }
      this.#makeUp();
    }, Math.random() * SPREAD_MS);
  }

  /** Asks and tells again what may have been lost: until there is an answer, since the other gateway may be back later than this one. */
  #makeUp(): void {
    for (const standIn of this.#standIns.all) {
      if (standIn.isDoubtful && standIn.session.legs.size > 0) {
        void this.#askState(standIn);
      }
    }
    for (const [ref, survivors] of [...this.#unresumed]) {
      this.#unresumed.delete(ref);
      const session = this.#homes.get(ref)?.session;
      if (session?.online === true) {
        void this.resumed(session, survivors);
      }
    }
  }

  /** A frame for a client of ours, of the gateway that has its call. */
  #frame(from: string, { ref, id, method, params }: Extract<Told, { t: 'frame' }>): void {
    const session = this.#homes.get(ref)?.session;
    if (!session || !isGatewayMethod(method)) {
      this.#tell(from, { t: 'gone', ref });
      return;
    }
    const callID = callIdOf(params);
    if (callID !== undefined) {
      const owner = session.elsewhere.get(callID);
      if (BEGINS.has(method)) {
        if (session.legs.has(callID) || (!owner && session.elsewhere.size >= MAX_ELSEWHERE)) {
          return;
        }
        session.elsewhere.set(callID, from);
        this.#write(ref);
      } else if (owner !== from && owner !== undefined) {
        return;
      }
    }
    const acknowledged =
      id !== undefined && CONFIRMED.has(method)
        ? () => {
            this.#tell(from, { t: 'ack', ref, id });
          }
        : undefined;
    session.send(method, params, acknowledged);
    if (method === 'bye' && callID !== undefined) {
      this.#callOver(session, callID);
    }
  }

  /** A client of a neighbour says something of a call of ours. */
  #request(from: string, ref: string, text: string, reply: (body: unknown) => void): void {
    const standIn = this.#standInOf(ref, from);
    const frame = parseClientFrame(text, telnyxDialect, {
      ...DEFAULT_FRAME_LIMITS,
      maxBytes: MAX_MESSAGE,
    });
    const isServed =
      frame.ok && frame.value.kind === 'request' && isSessionFrame(frame.value) && standIn;
    if (!isServed || !this.#host) {
      reply(failure(CALL_ERROR, 'CALL DOES NOT EXIST'));
      return;
    }
    this.#host.serve(standIn.session, frame.value as SessionFrame, (outcome) => {
      reply(
        outcome.ok
          ? { ok: true, result: named(outcome.result, ref) }
          : { ok: false, error: outcome.error },
      );
      if (outcome.after) {
        this.#deps.guard.run('frame', outcome.after);
      }
    });
  }

  /** Another gateway has the client now. Where it has calls here, it stays their party. */
  #giveAway(ref: string, to: string): v.InferOutput<typeof TakeReply> {
    const home = this.#homes.get(ref);
    if (!home || !this.#host) {
      const given = this.#given.get(ref);
      return { calls: given?.to === to ? given.calls : [] };
    }
    const { session, epoch } = home;
    const { node } = this.#deps.messages;
    const calls: Calls = [
      ...[...session.legs.keys()].map((callID): [string, string] => [callID, node]),
      ...session.elsewhere,
    ];
    this.#homes.delete(ref);
    this.#unwritten.delete(ref);
    this.#arrived.delete(ref);
    session.socket?.takenOver();
    this.#host.sessions.release(session);
    session.elsewhere.clear();
    if (session.legs.size > 0) {
      this.#park(this.#standIns.keep(ref, session, to, epoch + 1));
    }
    if (calls.length > 0) {
      this.#given.set(ref, { to, calls, at: this.#deps.clock.monotonic() });
    }
    return { calls };
  }

  #stateOf(ref: string, from: string): v.InferOutput<typeof StateReply> {
    const session = this.#homes.get(ref)?.session;
    const owed = this.#owed.get(ref) ?? [];
    return {
      online: session?.online === true,
      calls: [...(session?.elsewhere ?? [])]
        .filter(([, node]) => node === from)
        .map(([callID]) => callID),
      byes: owed
        .filter(({ node }) => node === from)
        .map(({ callID, cause }) => ({ callID, cause })),
    };
  }

  /** Messages may have been lost: what the client ended is ended, and what it does not know it is told. */
  async #askState(standIn: StandIn): Promise<void> {
    const { ref, session, node } = standIn;
    const answer = await this.#ask(node, { t: 'state', ref });
    const read = answer.ok ? v.safeParse(StateReply, answer.body) : null;
    if (read?.success !== true || standIn.node !== node) {
      return;
    }
    standIn.isDoubtful = false;
    const { online, calls, byes } = read.output;
    for (const { callID, cause } of byes) {
      const leg = session.legs.get(callID);
      if (leg) {
        this.#deps.guard.run('cluster', () => {
          this.#host?.switchboard.hangup(leg, { cause: cause as Cause }, false);
        });
      }
    }
    if (byes.length > 0) {
      this.#tell(node, { t: 'heard', ref });
    }
    if (online) {
      this.#standIns.link(standIn, node);
      await this.#catchUp(standIn, new Map(calls.map((callID) => [callID, 'live'])));
    }
  }

  async #catchUp({ session }: StandIn, survivors: Survivors): Promise<readonly string[]> {
    session.tellEnded();
    const calls = await this.#deps.guard.settle(
      'cluster',
      () => this.#host?.switchboard.resume(session, survivors) ?? Promise.resolve([]),
    );
    session.tellEnded();
    return calls ?? [];
  }

  #park(standIn: StandIn): void {
    const { session } = standIn;
    // It says how it stands when it is back.
    standIn.isDoubtful = false;
    session.park(this.#deps.clock.monotonic());
    this.#host?.switchboard.partyLost(session);
  }

  /** Only of the gateway that has the client: a former one is not heard any more. */
  #standInOf(ref: string, from: string): StandIn | null {
    const standIn = this.#standIns.get(ref);
    return standIn?.node === from ? standIn : null;
  }

  #callOver(session: Session, callID: string): void {
    if (session.elsewhere.delete(callID)) {
      session.endedElsewhere(callID);
      this.#write(refOf(session.id));
    }
  }

  #owe(session: Session, owed: Owed): void {
    const ref = refOf(session.id);
    const all = [...(this.#owed.get(ref) ?? []), owed];
    this.#owed.delete(ref);
    this.#owed.set(ref, all.slice(-MAX_ELSEWHERE));
    const [oldest] = this.#owed.keys();
    if (this.#owed.size > MAX_OWING && oldest !== undefined) {
      this.#owed.delete(oldest);
    }
  }

  #tell(node: string, message: Told): void {
    this.#deps.messages.tell(node, message);
  }

  #ask(node: string, message: Asked): Promise<Reply> {
    return new Promise((resolve) => {
      this.#deps.messages.ask(node, message, resolve);
    });
  }

  /** Writes a session where other gateways look for it: soon, and together with others. */
  #write(ref: string): void {
    this.#unwritten.add(ref);
    if (!this.#isWriting) {
      this.#isWriting = true;
      queueMicrotask(() => {
        void this.#writeAll();
      });
    }
  }

  async #writeAll(): Promise<void> {
    const { messages, register, guard } = this.#deps;
    await guard.settle('cluster', async () => {
      while (this.#unwritten.size > 0 && messages.works && !this.#closed) {
        const refs = [...this.#unwritten].slice(0, 500);
        const listings = refs.flatMap((ref) => {
          this.#unwritten.delete(ref);
          const home = this.#homes.get(ref);
          return home
            ? [
                {
                  user: home.session.user,
                  ref,
                  entry: entryOf(home.session, messages.node, home.epoch),
                },
              ]
            : [];
        });
        try {
          for (const ref of await register.put(listings)) {
            // Another gateway took it while this one could not be reached.
            this.#giveAway(ref, '');
          }
          await this.#tellArrivals(listings);
        } catch (error) {
          if (!(error instanceof RegisterError)) {
            throw error;
          }
          for (const ref of refs) {
            this.#unwritten.add(ref);
          }
          break;
        }
      }
    });
    this.#isWriting = false;
  }

  /** Gateways that call a user hear of who has just signed in. */
  async #tellArrivals(listings: readonly Listing[]): Promise<void> {
    const arrived = listings.filter(({ ref }) => this.#arrived.has(ref));
    if (arrived.length === 0) {
      return;
    }
    const callers = await this.#deps.register.callers(arrived.map(({ user }) => user));
    for (const [at, { user, ref, entry }] of arrived.entries()) {
      this.#arrived.delete(ref);
      for (const node of entry.online ? (callers[at] ?? []) : []) {
        this.#tell(node, { t: 'joined', ref, user, entry: { ...entry, calls: [] } });
      }
    }
  }

  #renew(): void {
    this.#cancelRenewal = this.#deps.clock.schedule(() => {
      for (const ref of this.#homes.keys()) {
        this.#write(ref);
      }
      if (!this.#closed) {
        this.#renew();
      }
    }, RENEW_MS);
  }

  #watch(): void {
    this.#cancelWatch = this.#deps.clock.schedule(() => {
      this.#standIns.sweep();
      this.#sweepGiven();
      if (this.#deps.messages.works) {
        this.#makeUp();
      }
      void this.#deps.guard.settle('cluster', async () => {
        await this.#lookForDead();
        if (!this.#closed) {
          this.#watch();
        }
      });
    }, WATCH_MS);
  }

  #sweepGiven(): void {
    const until = this.#deps.clock.monotonic() - GIVEN_MS;
    for (const [ref, { at }] of this.#given) {
      if (at < until) {
        this.#given.delete(ref);
      }
    }
  }

  /** Twice without a lease, while Redis works: it is dead, or taken for it. */
  async #lookForDead(): Promise<void> {
    const { clock, register } = this.#deps;
    if (this.#unwritten.size > 0) {
      for (const ref of [...this.#unwritten]) {
        this.#write(ref);
      }
    }
    const nodes = new Set<string>();
    for (const { session, node } of this.#standIns.all) {
      if (session.legs.size > 0 && session.online) {
        nodes.add(node);
      }
    }
    for (const { session } of this.#homes.values()) {
      for (const node of session.elsewhere.values()) {
        nodes.add(node);
      }
    }
    const since = this.#workingSince;
    if (nodes.size === 0 || since === null || clock.monotonic() - since < GRACE_MS) {
      this.#missing = new Set();
      return;
    }
    let living: ReadonlySet<string>;
    try {
      living = await register.living([...nodes]);
    } catch (error) {
      if (error instanceof RegisterError) {
        return;
      }
      throw error;
    }
    const missing = new Set([...nodes].filter((node) => !living.has(node)));
    for (const node of missing) {
      if (this.#missing.has(node)) {
        this.#died(node);
      }
    }
    this.#missing = missing;
  }

  #died(node: string): void {
    this.#deps.logger.warn({ node }, 'Another gateway is gone');
    for (const standIn of this.#standIns.all) {
      if (standIn.node === node && standIn.session.online) {
        this.#park(standIn);
        // It may have been frozen.
        standIn.isDoubtful = true;
      }
    }
    for (const { session } of [...this.#homes.values()]) {
      for (const [callID, owner] of [...session.elsewhere]) {
        if (owner === node) {
          const { cause } = ENDINGS.failed;
          session.send('bye', byeParams(callID, { cause }, {}));
          this.#owe(session, { node, callID, cause });
          this.#callOver(session, callID);
        }
      }
    }
  }
}

/** A session's name among gateways. Whoever reads it cannot resume by it. */
function refOf(id: string): string {
  return createHash('sha256').update(id).digest('base64url').slice(0, 32);
}

/** Every message about a call names it in one of these places. */
function callIdOf(params: unknown): string | undefined {
  const { callID, call_id, dialogParams } = params as {
    readonly callID?: unknown;
    readonly call_id?: unknown;
    readonly dialogParams?: { readonly callID?: unknown };
  };
  const id = dialogParams?.callID ?? callID ?? call_id;
  return typeof id === 'string' ? id : undefined;
}

function causeIn(params: unknown): Cause {
  const { cause, causeCode } = params as { readonly cause?: string; readonly causeCode?: number };
  return causeOf(cause, causeCode);
}

function isSessionFrame(frame: { readonly method: string }): boolean {
  return !['ping', 'login', 'anonymous_login'].includes(frame.method);
}

function isGatewayMethod(method: string): method is GatewayMethod {
  return telnyxDialect.toWire.has(method as GatewayMethod);
}

/** The owner knows the session by another name than its client. */
function asOwn(reply: v.InferOutput<typeof RequestReply>, sessid: string): Outcome<unknown> {
  if (!reply.ok) {
    return { ok: false, error: reply.error };
  }
  return { ok: true, result: named(reply.result, sessid) };
}

function named(result: unknown, sessid: string): unknown {
  const isNamed = typeof result === 'object' && result !== null && 'sessid' in result;
  return isNamed ? { ...result, sessid } : result;
}
