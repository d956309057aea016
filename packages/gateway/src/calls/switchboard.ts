import type { Logger } from 'pino';
import { DirectoryError, type Directory } from '../directory/directory.ts';
import type { Guard } from '../guard.ts';
import type { Codec, MediaEvent, MediaPlane } from '../media/media-plane.ts';
import { serviceOffer } from '../services/index.ts';
import type { Clock } from '../clock.ts';
import type { SignalingConfig, SignalingMetrics } from '../signaling/ports.ts';
import { all, when, type Soon } from '../soon.ts';
import type { Assistants, AssistantTarget } from './assistants.ts';
import type { CallKeeper, CallRecord } from './call-record.ts';
import type { CallObserver } from './call-observer.ts';
import { Call, type CallContext, type Device } from './call.ts';
import type { Identity } from './dialog.ts';
import { route } from './dialplan.ts';
import { ENDINGS, type Ending } from './hangup.ts';
import type { Invitation, Invite } from './invite.ts';
import { isOver, type Leg, type Party } from './leg.ts';
import type { Outside } from './outside.ts';
import type { Survivors } from './resume.ts';
import { offeredCodecs } from './sdp.ts';
import type { Sleepers, WakingEnd } from './sleepers.ts';
import { Transfers } from './transfers.ts';
import type { Called, Found, Places } from './places.ts';

/** The users, as far as a call's way depends on them. */
export interface KnownPeople {
  exists(user: string): Soon<boolean>;
  user(user: string): Soon<{ readonly displayName: string } | null>;
}

export interface SwitchboardDeps {
  readonly media: MediaPlane;
  readonly auth: KnownPeople;
  readonly directory: Directory<Party>;
  readonly config: SignalingConfig;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly guard: Guard;
  readonly metrics: SignalingMetrics;
  readonly newId: () => string;
  readonly observer?: CallObserver;
  readonly assistants?: Assistants;
  /** Absent: a call ends with this gateway. */
  readonly keeper?: CallKeeper | undefined;
  /** Absent: nothing leads outside. */
  readonly outside?: Outside | undefined;
  /** Absent: who has no connection cannot be reached. */
  readonly sleepers?: Sleepers | undefined;
}

interface CallEntry {
  readonly call: Call;
  /** Whose limit it counts for: the caller's, and that of who is called. */
  readonly users: string[];
}

/** Devices that one call rings at most. */
const MAX_FORK = 16;
/** How somebody ends a call who was called and wants none: on one of his devices he has said no. */
const REFUSALS: ReadonlySet<string> = new Set(['USER_BUSY', 'CALL_REJECTED']);

/** Knows every call. Decides where an invite goes, and who is told what of the media plane. */
export class Switchboard {
  readonly transfers: Transfers;
  readonly #deps: SwitchboardDeps;
  readonly #context: CallContext;
  readonly #calls = new Map<string, CallEntry>();
  /** Calls to each user who has any. */
  readonly #calling = new Map<string, Set<Call>>();
  /** Live calls of each user who has any. */
  readonly #load = new Map<string, number>();
  /** Ended legs whose place is kept; a handful at most, each for seconds. */
  readonly #vacant = new Set<Leg>();
  readonly #unsubscribe: () => void;
  readonly #onIdle = new Set<() => void>();
  #draining = false;

  constructor(deps: SwitchboardDeps) {
    this.#deps = deps;
    this.#context = {
      media: deps.media,
      clock: deps.clock,
      timers: deps.config.timers,
      logger: deps.logger,
      guard: deps.guard,
      newId: deps.newId,
      observer: deps.observer,
      onAnswered: (call, user) => {
        this.#answered(call, user);
      },
      onChanged: (call) => {
        deps.keeper?.changed(call);
      },
      onEnded: (call, ending, talkedSeconds) => {
        this.#ended(call, ending, talkedSeconds);
      },
      transferByService: (call, user, destination) =>
        this.transfers.byService(call, user, destination),
    };
    this.transfers = new Transfers(deps, this.#placesOfTransfers());
    this.#unsubscribe = deps.media.subscribe((event) => {
      this.#onMedia(event);
    });
  }

  get calls(): number {
    return this.#calls.size;
  }

  get parkedLegs(): number {
    let parked = 0;
    for (const { call } of this.#calls.values()) {
      for (const leg of call.legs) {
        if (leg.watch.away) {
          parked++;
        }
      }
    }
    return parked;
  }

  invite(party: Party, invite: Invite): Invitation {
    const { callID, sdp, destination, identity, headers, recovers } = invite;
    if (party.legs.has(callID)) {
      return { ok: false, why: 'in_use' };
    }
    const offered = sdp === null ? (party.codecs ?? []) : offeredCodecs(sdp);
    if (offered === null) {
      return { ok: false, why: 'no_audio' };
    }
    const codecs = offered.filter((codec) => party.codecs?.includes(codec) !== false);
    if (recovers !== undefined && sdp !== null) {
      const old = this.#recoverable(party, recovers);
      if (!old) {
        return { ok: false, why: 'nothing_to_recover' };
      }
      this.#vacant.delete(old);
      return { ok: true, begin: old.call.replace(old, callID, sdp) };
    }
    if (isOver(party, this.#deps.clock)) {
      return { ok: false, why: 'expired' };
    }
    const call = new Call(this.#context, { party, callID, identity, destination, headers });
    const entry: CallEntry = { call, users: [] };
    this.#calls.set(call.id, entry);
    this.#charge(entry, party.user);
    return {
      ok: true,
      begin: () => {
        this.#soon(
          () => this.#route(entry, invite, codecs),
          () => call.end(ENDINGS.failed),
        );
      },
    };
  }

  /** Goes on with a call that another gateway had. Its parties are told when they are here. */
  takeUp(record: CallRecord, caller: Party, partner: Party): void {
    const { id } = record;
    const isInUse =
      caller.legs.has(record.caller.callID) || partner.legs.has(record.partner.callID);
    if (this.#calls.has(id) || isInUse) {
      return;
    }
    const { callID, own: identity, remote } = record.caller;
    const setup = { party: caller, callID, identity, destination: remote.number };
    const call = new Call(this.#context, { ...setup, headers: undefined }, { record, partner });
    const entry: CallEntry = { call, users: [] };
    this.#calls.set(id, entry);
    this.#charge(entry, caller.user);
    this.#charge(entry, partner.user);
  }

  /** The party's socket is another gateway's from now on, or this one's again. */
  partyMoved(party: Party): void {
    for (const leg of party.legs.values()) {
      const entry = this.#calls.get(leg.call.id);
      if (entry) {
        this.#deps.keeper?.changed(entry.call);
      }
    }
  }

  /** Another gateway has the call now. */
  letGo(id: string): void {
    const call = this.#calls.get(id)?.call;
    if (call) {
      this.#deps.guard.run('frame', () => call.letGo(ENDINGS.failed));
    }
  }

  /** A party hangs up; with `replaced` it comes back with another leg for the same call. */
  hangup(leg: Leg, ending: Ending, replaced: boolean): void {
    if (replaced && leg.call.vacate(leg)) {
      this.#vacant.add(leg);
    } else {
      leg.call.hangup(leg, ending);
    }
  }

  /** A device signed in: what rings its user rings there too. */
  joined(party: Party): void {
    if (this.#draining || isOver(party, this.#deps.clock)) {
      return;
    }
    this.#join(party.user, () => party);
  }

  /**
   * A phone of a user can be called where it could not before: what rings the user rings there too.
   * @param reach makes its party in one call, in which `inCall` talk; null: it talks there itself
   */
  phoneRegistered(user: string, reach: (inCall: readonly Party[]) => Party | null): void {
    if (this.#draining) {
      return;
    }
    this.#join(user, (call) => {
      const talking = call.legs.filter((leg) => leg.answered || leg === call.caller);
      return reach(talking.map((leg) => leg.party));
    });
  }

  /** Calls that ring for the user ring there too. Who is not called signs in even while the directory of users fails. */
  #join(user: string, reach: (call: Call) => Party | null): void {
    if (!this.#calling.has(user)) {
      return;
    }
    this.#soon(() =>
      when(this.#identityOf(user), (own) => {
        for (const call of [...(this.#calling.get(user) ?? [])]) {
          const party = reach(call);
          if (party) {
            call.join({ party, own }, MAX_FORK);
          }
        }
      }),
    );
  }

  /** The party lost its socket: its legs are parked. */
  partyLost(party: Party): void {
    for (const leg of party.legs.values()) {
      leg.watch.partyLost();
      this.#deps.observer?.legAway(leg, true);
    }
  }

  /** The party has a socket again. Settles when every leg has been told what it missed; returns the callIDs kept. */
  async resume(party: Party, survivors: Survivors): Promise<readonly string[]> {
    const legs = [...party.legs.values()];
    for (const leg of legs) {
      this.#deps.observer?.legAway(leg, false);
    }
    await Promise.all(
      legs.map((leg) =>
        leg.call.resume(
          leg,
          survivors === null ? 'untold' : (survivors.get(leg.callID) ?? 'unknown'),
        ),
      ),
    );
    return legs.filter((leg) => !leg.ended).map((leg) => leg.callID);
  }

  /** The party is gone for good. */
  partyGone(party: Party, ending: Ending): void {
    for (const leg of [...party.legs.values()]) {
      this.#deps.guard.run('frame', () => {
        leg.call.desert(leg, ending);
      });
    }
  }

  #placesOfTransfers(): Places {
    return {
      callOf: (leg) => this.#calls.get(leg.call.id)?.call ?? null,
      isDraining: () => this.#draining,
      find: (party, destination) => this.#find(party, destination),
      devicesOf: (called, callers) => this.#devicesOf(called, callers),
      callsTo: (user, call) => this.#callsTo(user, call),
      charge: (call, user) => {
        const entry = this.#calls.get(call.id);
        if (entry) {
          this.#charge(entry, user);
        }
      },
      release: (call, user) => {
        const entry = this.#calls.get(call.id);
        if (entry) {
          this.#release(entry, user);
        }
      },
    };
  }

  /** Runs what goes on now or, where something has to be looked up far away, in a while. What throws ends what it concerns. */
  #soon(work: () => Soon<void>, failed?: () => void): void {
    const { guard } = this.#deps;
    guard.run(
      'frame',
      () => {
        const done = work();
        if (done instanceof Promise) {
          void guard.settle('frame', () => done, failed);
        }
      },
      failed,
    );
  }

  #identityOf(user: string): Soon<Identity> {
    return when(this.#deps.auth.user(user), (known) => ({
      name: known?.displayName ?? user,
      number: user,
    }));
  }

  /** Who a user is, and where he is signed in. */
  #calledOf(user: string): Soon<Called> {
    const sessions = this.#everywhere(user);
    return when(this.#deps.auth.user(user), (known) =>
      when(sessions, (found) => {
        const name = known?.displayName ?? found?.[0]?.displayName ?? user;
        return { user, own: { name, number: user }, sessions: found };
      }),
    );
  }

  /** Who is known by his tokens only is known where he signed in with them. A visitor of an assistant is nobody who can be called. */
  #isSomewhere(user: string): Soon<boolean> {
    return when(
      this.#everywhere(user),
      (found) => found?.some(({ guestOf }) => guestOf === null) === true,
    );
  }

  /** Null: nobody can say. */
  #everywhere(user: string): Soon<readonly Party[] | null> {
    const found = this.#deps.directory.everywhere(user);
    return found instanceof Promise
      ? found.catch((error: unknown) => {
          if (error instanceof DirectoryError) {
            return null;
          }
          throw error;
        })
      : found;
  }

  /** Devices of that user that sign in while the call rings, ring too. Returns its undo. */
  #callsTo(user: string, call: Call): () => void {
    const calling = this.#calling.get(user) ?? new Set();
    if (calling.size === 0) {
      this.#deps.directory.awaits(user, true);
    }
    this.#calling.set(user, calling.add(call));
    return () => {
      this.#forget(user, call);
    };
  }

  /** While the call rings for the user, his devices that have no connection are asked to come; those that come ring too. */
  #wake(user: string, call: Call): void {
    const { sleepers } = this.#deps;
    if (sleepers?.has(user) === true && this.#calling.get(user)?.has(call) === true) {
      sleepers.wake(user, { id: call.id, caller: call.caller.own }, () => {
        call.ringsElsewhere();
      });
    }
  }

  /** How long a call waits for devices of these users that were asked to come; 0: there are none. */
  #waitMs(users: readonly string[]): number {
    const { sleepers } = this.#deps;
    return sleepers && users.some((user) => sleepers.has(user)) ? sleepers.waitMs : 0;
  }

  /** A call rings for a user no more. */
  #forget(user: string, call: Call, how: WakingEnd = 'over'): void {
    const calling = this.#calling.get(user);
    if (calling?.delete(call) !== true) {
      return;
    }
    if (calling.size === 0) {
      this.#calling.delete(user);
      this.#deps.directory.awaits(user, false);
    }
    this.#deps.sleepers?.ended(user, call.id, how);
  }

  /** A call counts for one user less. */
  #release({ users }: CallEntry, user: string): void {
    const place = users.indexOf(user);
    if (place === -1) {
      return;
    }
    users.splice(place, 1);
    this.#charge(null, user);
  }

  /** A text from one user to another, to all devices that are there now. Returns how many. */
  message(from: Party, to: string, body: string): Soon<number> {
    return when(this.#everywhere(to), (found) => {
      const devices = found ?? this.#deps.directory.sessionsOf(to);
      for (const device of devices) {
        device.text(from.user, to, body);
      }
      return devices.length;
    });
  }

  /** No new calls from now on. */
  drain(): void {
    this.#draining = true;
  }

  /** @returns false when there is no call of that id */
  endCall(id: string, ending: Ending): boolean {
    const call = this.#calls.get(id)?.call;
    if (call === undefined) {
      return false;
    }
    this.#deps.guard.run('frame', () => call.end(ending));
    return true;
  }

  endAll(ending: Ending): void {
    for (const { call } of [...this.#calls.values()]) {
      this.#deps.guard.run('frame', () => call.end(ending));
    }
  }

  /** Settles when there is no call, or when the signal aborts. */
  whenIdle(signal: AbortSignal): Promise<void> {
    if (this.#calls.size === 0 || signal.aborted) {
      return Promise.resolve();
    }
    return new Promise((resolve) => {
      const done = (): void => {
        this.#onIdle.delete(done);
        signal.removeEventListener('abort', done);
        resolve();
      };
      this.#onIdle.add(done);
      signal.addEventListener('abort', done);
    });
  }

  dispose(): void {
    this.#unsubscribe();
  }

  /** A leg of this very session that waits to be replaced, or that still stands. Nobody else's call can be taken over. */
  #recoverable(party: Party, callID: string): Leg | null {
    const live = party.legs.get(callID);
    if (live?.answered === true && live.call.isSeated(live)) {
      return live;
    }
    for (const leg of this.#vacant) {
      if (leg.party === party && leg.callID === callID && leg.call.awaits(leg)) {
        return leg;
      }
    }
    return null;
  }

  #route(entry: CallEntry, invite: Invite, codecs: readonly Codec[]): Soon<void> {
    const { call } = entry;
    if (!this.#mayGoOn(call)) {
      return;
    }
    const { config, metrics } = this.#deps;
    const { party } = call.caller;
    const most = party.callsAtOnce ?? config.limits.callsPerUser;
    if (this.#loadOf(party.user) > most) {
      call.end(ENDINGS.tooManyCalls);
      return;
    }
    if (codecs.length === 0) {
      call.end(ENDINGS.noCodec);
      return;
    }
    if (invite.users !== undefined) {
      metrics.callStarted('user');
      return when(all(invite.users.map((user) => this.#calledOf(user))), (called) => {
        if (this.#mayGoOn(call)) {
          this.#ringTogether(entry, called, invite.sdp, codecs);
        }
      });
    }
    return when(this.#find(party, invite.destination), (to) => {
      if (!this.#mayGoOn(call)) {
        return;
      }
      if (to.kind !== 'none') {
        metrics.callStarted(to.kind);
      }
      this.#follow(entry, to, invite, codecs);
    });
  }

  /** A call may end while its result is being sent, or while it is being looked up where it leads; or the gateway goes away meanwhile. */
  #mayGoOn(call: Call): boolean {
    if (call.state !== 'routing') {
      return false;
    }
    if (this.#draining) {
      call.end(ENDINGS.failed);
    }
    return !this.#draining;
  }

  /** Where a destination leads, and of a user where he is. Changes nothing. */
  #find({ guestOf }: Pick<Party, 'guestOf'>, destination: string): Soon<Found> {
    // Whatever a guest dials.
    if (guestOf !== null) {
      return { kind: 'assistant', target: guestOf };
    }
    const { auth, config, assistants, sleepers } = this.#deps;
    const to = route(destination, {
      // Who is known by his tokens only is forgotten by a restart; his devices are not.
      exists: (user) =>
        when(
          auth.exists(user),
          (known) => known || sleepers?.has(user) === true || this.#isSomewhere(user),
        ),
      domains: config.domains,
      services: config.services ?? {},
      assistant: (name) => assistants?.dialled(name) ?? null,
    });
    return when(to, (found) =>
      found.kind === 'user'
        ? when(this.#calledOf(found.user), (called): Found => ({ kind: 'user', called }))
        : found,
    );
  }

  #follow(entry: CallEntry, to: Found, invite: Invite, codecs: readonly Codec[]): void {
    const { call } = entry;
    const { sdp } = invite;
    const [codec = 'opus'] = codecs;
    switch (to.kind) {
      case 'none':
        this.#leave(call, invite, codecs, {
          ...(to.why === 'foreign' ? ENDINGS.foreignDomain : ENDINGS.unknownNumber),
        });
        return;
      case 'service':
        this.#deps.observer?.callServed(call.id, to.service);
        call.serve(serviceOffer(to.service), sdp, codec);
        return;
      case 'assistant':
        this.#assist(call, to.target, sdp, codec);
        return;
      case 'user': {
        const { user, own } = to.called;
        const found = this.#devicesOf(to.called, [call.caller.party]);
        const waitMs = this.#waitMs([user]);
        if ('cause' in found && !(found === ENDINGS.notRegistered && waitMs > 0)) {
          call.end(found);
          return;
        }
        this.#charge(entry, user);
        this.#callsTo(user, call);
        const devices = 'cause' in found ? [] : found.map((party) => ({ party, own }));
        call.ring(devices, own.name, sdp, codecs, waitMs);
        this.#wake(user, call);
        return;
      }
    }
  }

  /** Several users ring, or the best reason why nobody of them does. */
  #ringTogether(
    entry: CallEntry,
    users: readonly Called[],
    sdp: string | null,
    codecs: readonly Codec[],
  ): void {
    const { call } = entry;
    const devices: Device[] = [];
    const called: string[] = [];
    let ending: Ending = ENDINGS.notRegistered;
    // One of many devices takes no place from the members behind him.
    const most = Math.max(1, Math.floor(MAX_FORK / users.length));
    for (const each of users) {
      const { user, own } = each;
      const found = this.#devicesOf(each, [call.caller.party]);
      if (!('cause' in found)) {
        devices.push(...found.slice(0, most).map((party) => ({ party, own })));
      } else if (found !== ENDINGS.notRegistered) {
        ending = found;
        continue;
      }
      // Who signs in while it rings rings too.
      called.push(user);
    }
    const waitMs = this.#waitMs(called);
    if (devices.length === 0 && waitMs === 0) {
      call.end(ending);
      return;
    }
    for (const user of called) {
      this.#charge(entry, user);
      this.#callsTo(user, call);
    }
    call.ring(devices, '', sdp, codecs, waitMs);
    for (const user of called) {
      this.#wake(user, call);
    }
  }

  /** Of those who were called only who answered has a call from now on. */
  #answered(call: Call, user: string): void {
    const entry = this.#calls.get(call.id);
    if (!entry) {
      return;
    }
    const others = entry.users.slice(1).filter((each) => each !== user);
    for (const each of others) {
      this.#release(entry, each);
    }
    // It rings for nobody any more: who signs in later is not asked.
    for (const each of [user, ...others]) {
      this.#forget(each, call);
    }
  }

  /** Nobody here has that number. */
  #leave(call: Call, invite: Invite, codecs: readonly Codec[], otherwise: Ending): void {
    const { destination, identity: caller, callerNumber, sdp } = invite;
    const { party: from } = call.caller;
    const route = this.#deps.outside?.route({ from, caller, callerNumber, destination }) ?? null;
    if (route === null) {
      call.end(otherwise);
    } else if (!route.ok) {
      call.end(route.ending);
    } else {
      this.#deps.metrics.callStarted('trunk');
      const { party, callee: own } = route;
      call.ring([{ party, own }], own.name, sdp, codecs);
    }
  }

  #assist(call: Call, target: AssistantTarget, sdp: string | null, codec: Codec): void {
    const { assistants, observer } = this.#deps;
    const { user, address, guestOf } = call.caller.party;
    const caller = { call: call.id, user, address, isGuest: guestOf !== null };
    const admission = assistants?.admit(target, caller);
    if (admission?.ok === true) {
      observer?.callServed(call.id, `assistant:${target.assistant}`);
      call.serve(admission.offer, sdp, codec);
      return;
    }
    if (admission) {
      call.caller.tell({ kind: 'conversation', event: admission.event });
    }
    call.end({ cause: admission?.cause ?? ENDINGS.unknownNumber.cause });
  }

  /** Who rings for a user, or why nobody does. */
  #devicesOf(
    { user, sessions: found }: Called,
    callers: readonly Party[],
  ): readonly Party[] | Ending {
    const { clock, directory, outside } = this.#deps;
    // Some may have come while it was being looked up who is there, and are not told of the call by anybody else.
    const known = new Set([...directory.sessionsOf(user), ...(found ?? [])]);
    const sessions = [...known].filter((session) => session.online && !isOver(session, clock));
    const phones = outside?.phones(user, callers) ?? [];
    const others = [...sessions.filter((session) => !callers.includes(session)), ...phones];
    // Whoever calls his own number means his other devices. With none he is on the phone already, with this very call.
    if (others.length === 0 && found === null) {
      return ENDINGS.failed;
    }
    if (others.length === 0) {
      return callers.some((party) => party.user === user) ? ENDINGS.busy : ENDINGS.notRegistered;
    }
    const full = this.#loadOf(user) >= this.#deps.config.limits.callsPerUser;
    return full ? ENDINGS.busy : others.slice(0, MAX_FORK);
  }

  #onMedia(event: MediaEvent): void {
    const call = this.#calls.get(event.call)?.call;
    if (call === undefined) {
      return;
    }
    this.#deps.guard.run(
      'media',
      () => call.onMedia(event),
      () => call.end(ENDINGS.failed),
    );
  }

  #ended(call: Call, ending: Ending, talkedSeconds: number | null): void {
    for (const user of this.#calls.get(call.id)?.users ?? []) {
      this.#charge(null, user);
      this.#forget(user, call, REFUSALS.has(ending.cause) ? 'over' : 'missed');
    }
    this.#calls.delete(call.id);
    this.#deps.keeper?.ended(call.id);
    for (const leg of this.#vacant) {
      if (leg.call === call) {
        this.#vacant.delete(leg);
      }
    }
    this.#deps.metrics.callEnded(ending.cause, talkedSeconds);
    this.#deps.observer?.callEnded(call.id, ending);
    this.#deps.logger.info({ call: call.id, cause: ending.cause, talkedSeconds }, 'call ended');
    if (this.#calls.size === 0) {
      for (const done of [...this.#onIdle]) {
        done();
      }
    }
  }

  #loadOf(user: string): number {
    return this.#load.get(user) ?? 0;
  }

  /** One more call of a user, or with null one less. */
  #charge(entry: CallEntry | null, user: string): void {
    entry?.users.push(user);
    const calls = this.#loadOf(user) + (entry === null ? -1 : 1);
    if (calls > 0) {
      this.#load.set(user, calls);
    } else {
      this.#load.delete(user);
    }
  }
}
