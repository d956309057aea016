import type { Logger } from 'pino';
import type { Authenticator } from '../auth/authenticator.ts';
import type { Directory } from '../directory/directory.ts';
import type { Guard } from '../guard.ts';
import type { Codec, MediaEvent, MediaPlane } from '../media/media-plane.ts';
import { serviceOffer } from '../services/index.ts';
import type { Clock } from '../clock.ts';
import type { SignalingConfig, SignalingMetrics } from '../signaling/ports.ts';
import type { Assistants, AssistantTarget } from './assistants.ts';
import type { CallObserver } from './call-observer.ts';
import { Call, type CallContext, type Device } from './call.ts';
import type { Identity } from './dialog.ts';
import { route, type Route } from './dialplan.ts';
import { ENDINGS, type Ending } from './hangup.ts';
import type { Invitation, Invite } from './invite.ts';
import { isOver, type Leg, type Party } from './leg.ts';
import type { Outside } from './outside.ts';
import { offeredCodecs } from './sdp.ts';
import type { Sleepers, WakingEnd } from './sleepers.ts';
import { Transfers, type Places } from './transfers.ts';

export interface SwitchboardDeps {
  readonly media: MediaPlane;
  readonly auth: Pick<Authenticator, 'exists' | 'user'>;
  readonly directory: Directory<Party>;
  readonly config: SignalingConfig;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly guard: Guard;
  readonly metrics: SignalingMetrics;
  readonly newId: () => string;
  readonly reports?: CallObserver;
  readonly assistants?: Assistants;
  /** Absent: nothing leads outside. */
  readonly outside?: Outside | undefined;
  /** Absent: who has no connection cannot be reached. */
  readonly sleepers?: Sleepers | undefined;
}

/** What a client that came back says of its calls; null: it does not say. */
export type Survivors = ReadonlyMap<string, 'live' | 'gone'> | null;

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
      observer: deps.reports,
      onAnswered: (call, user) => {
        this.#answered(call, user);
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
        this.#deps.guard.run(
          'frame',
          () => {
            this.#route(entry, invite, codecs);
          },
          () => call.end(ENDINGS.failed),
        );
      },
    };
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
    // Who is not called signs in even while the directory of users fails.
    for (const call of this.#calling.get(party.user) ?? []) {
      call.join({ party, own: this.#identityOf(party.user) }, MAX_FORK);
    }
  }

  /**
   * A phone of a user can be called where it could not before: what rings the user rings there too.
   * @param reach makes its party in one call, in which `inCall` talk; null: it talks there itself
   */
  phoneRegistered(user: string, reach: (inCall: readonly Party[]) => Party | null): void {
    if (this.#draining) {
      return;
    }
    for (const call of this.#calling.get(user) ?? []) {
      const talking = call.legs.filter((leg) => leg.answered || leg === call.caller);
      const party = reach(talking.map((leg) => leg.party));
      if (party) {
        call.join({ party, own: this.#identityOf(user) }, MAX_FORK);
      }
    }
  }

  /** The party lost its socket: its legs are parked. */
  partyLost(party: Party): void {
    for (const leg of party.legs.values()) {
      leg.watch.partyLost();
      this.#deps.reports?.legAway(leg, true);
    }
  }

  /** The party has a socket again. Settles when every leg has been told what it missed; returns the callIDs kept. */
  async resume(party: Party, survivors: Survivors): Promise<readonly string[]> {
    const legs = [...party.legs.values()];
    for (const leg of legs) {
      this.#deps.reports?.legAway(leg, false);
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
      routeOf: (party, destination) => this.#destinationOf(party, destination),
      devicesOf: (user, callers) => this.#devicesOf(user, callers),
      identityOf: (user) => this.#identityOf(user),
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

  #identityOf(user: string): Identity {
    return { name: this.#deps.auth.user(user)?.displayName ?? user, number: user };
  }

  /** Devices of that user that sign in while the call rings, ring too. Returns its undo. */
  #callsTo(user: string, call: Call): () => void {
    const calling = this.#calling.get(user) ?? new Set();
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
  message(from: Party, to: string, body: string): number {
    const devices = this.#deps.directory.sessionsOf(to);
    for (const device of devices) {
      device.text(from.user, to, body);
    }
    return devices.length;
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

  #route(entry: CallEntry, invite: Invite, codecs: readonly Codec[]): void {
    const { call } = entry;
    // It may have ended while its result was being sent.
    if (call.state !== 'routing') {
      return;
    }
    const { config, metrics } = this.#deps;
    const { party } = call.caller;
    const most = party.callsAtOnce ?? config.limits.callsPerUser;
    if (this.#draining) {
      call.end(ENDINGS.failed);
    } else if (this.#loadOf(party.user) > most) {
      call.end(ENDINGS.tooManyCalls);
    } else if (codecs.length === 0) {
      call.end(ENDINGS.noCodec);
    } else if (invite.users !== undefined) {
      metrics.callStarted('user');
      this.#ringTogether(entry, invite.users, invite.sdp, codecs);
    } else {
      const to = this.#destinationOf(party, invite.destination);
      if (to.kind !== 'none') {
        metrics.callStarted(to.kind);
      }
      this.#follow(entry, to, invite, codecs);
    }
  }

  #destinationOf({ guestOf }: Pick<Party, 'guestOf'>, destination: string): Route {
    // Whatever a guest dials.
    if (guestOf !== null) {
      return { kind: 'assistant', target: guestOf };
    }
    const { auth, config, assistants } = this.#deps;
    return route(destination, {
      // Who is known by his tokens only is forgotten by a restart; his devices are not.
      exists: (user) => auth.exists(user) || this.#deps.sleepers?.has(user) === true,
      domains: config.domains,
      services: config.services ?? {},
      assistant: (name) => assistants?.dialled(name) ?? null,
    });
  }

  #follow(entry: CallEntry, to: Route, invite: Invite, codecs: readonly Codec[]): void {
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
        this.#deps.reports?.callServed(call.id, to.service);
        call.serve(serviceOffer(to.service), sdp, codec);
        return;
      case 'assistant':
        this.#assist(call, to.target, sdp, codec);
        return;
      case 'user': {
        const found = this.#devicesOf(to.user, [call.caller.party]);
        const waitMs = this.#waitMs([to.user]);
        if ('cause' in found && !(found === ENDINGS.notRegistered && waitMs > 0)) {
          call.end(found);
          return;
        }
        this.#charge(entry, to.user);
        this.#callsTo(to.user, call);
        const own = this.#identityOf(to.user);
        const devices = 'cause' in found ? [] : found.map((party) => ({ party, own }));
        call.ring(devices, own.name, sdp, codecs, waitMs);
        this.#wake(to.user, call);
        return;
      }
    }
  }

  /** Several users ring, or the best reason why nobody of them does. */
  #ringTogether(
    entry: CallEntry,
    users: readonly string[],
    sdp: string | null,
    codecs: readonly Codec[],
  ): void {
    const { call } = entry;
    const devices: Device[] = [];
    const called: string[] = [];
    let ending: Ending = ENDINGS.notRegistered;
    // One of many devices takes no place from the members behind him.
    const most = Math.max(1, Math.floor(MAX_FORK / users.length));
    for (const user of users) {
      const found = this.#devicesOf(user, [call.caller.party]);
      const own = this.#identityOf(user);
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
    const { assistants, reports } = this.#deps;
    const { user, address, guestOf } = call.caller.party;
    const caller = { call: call.id, user, address, isGuest: guestOf !== null };
    const admission = assistants?.admit(target, caller);
    if (admission?.ok === true) {
      reports?.callServed(call.id, `assistant:${target.assistant}`);
      call.serve(admission.offer, sdp, codec);
      return;
    }
    if (admission) {
      call.caller.tell({ kind: 'conversation', event: admission.event });
    }
    call.end({ cause: admission?.cause ?? ENDINGS.unknownNumber.cause });
  }

  /** Who rings for a user, or why nobody does. */
  #devicesOf(user: string, callers: readonly Party[]): readonly Party[] | Ending {
    const { clock, directory, outside } = this.#deps;
    const sessions = directory.sessionsOf(user).filter((session) => !isOver(session, clock));
    const phones = outside?.phones(user, callers) ?? [];
    const others = [...sessions.filter((session) => !callers.includes(session)), ...phones];
    // Whoever calls his own number means his other devices. With none he is on the phone already, with this very call.
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
    for (const leg of this.#vacant) {
      if (leg.call === call) {
        this.#vacant.delete(leg);
      }
    }
    this.#deps.metrics.callEnded(ending.cause, talkedSeconds);
    this.#deps.reports?.callEnded(call.id, ending);
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
