import type { LegRecord } from '@offhook/protocol';
import type { CallObserver } from '../calls/call-observer.ts';
import type { Ending } from '../calls/hangup.ts';
import type { Leg, WireMessage } from '../calls/leg.ts';
import type { MediaEvent } from '../media/media-plane.ts';
import type { Clock } from '../clock.ts';
import { sessionHash } from './keys.ts';
import type { MessageLog } from './message-log.ts';
import type { CallEvent, CallRecord } from './records.ts';

export interface TrackerDeps {
  readonly clock: Pick<Clock, 'now'>;
  /** A call's state as of now; with its events when it has ended. Must not throw. */
  readonly save: (call: CallRecord) => void;
  /** Keeps what went over the wire. */
  readonly log: MessageLog;
  /** How long callers waited to be told that it rings, and how long media took after an answer. */
  readonly onSetup: (phase: 'ringing' | 'media', ms: number) => void;
}

type Changing<T> = { -readonly [K in keyof T]: T[K] };

interface LiveLeg extends Changing<LegRecord> {
  mediaUp: boolean;
  state: Leg['state'];
  away: boolean;
}

/** A call that lives, with where its legs stand. */
export interface LiveCallState extends Omit<CallRecord, 'legs'> {
  readonly legs: readonly (LegRecord & {
    readonly state: Leg['state'];
    /** Its socket is gone; it may come back. */
    readonly away: boolean;
  })[];
}

interface LiveCall extends Changing<Omit<CallRecord, 'legs' | 'events'>> {
  readonly legs: Map<string, LiveLeg>;
  readonly events: CallEvent[];
  dirty: boolean;
}

/** Of one call: hours with holds and reconnects. */
const MAX_EVENTS = 500;

/** The gateway's own view of the calls that live now. It hands each over at every turn, and once more with its events. */
export class CallTracker implements CallObserver {
  readonly #deps: TrackerDeps;
  readonly #calls = new Map<string, LiveCall>();

  constructor(deps: TrackerDeps) {
    this.#deps = deps;
  }

  /** Ids of the calls that live now. */
  ids(): IterableIterator<string> {
    return this.#calls.keys();
  }

  has(call: string): boolean {
    return this.#calls.has(call);
  }

  /** The calls that live now, the newest first, each with its state as of now. */
  live(): readonly LiveCallState[] {
    const calls = [...this.#calls.values()].map((live) => ({
      ...recordOf(live),
      legs: [...live.legs.values()].map(({ mediaUp: _, ...leg }) => ({ ...leg })),
    }));
    return calls.sort((a, b) => b.startedAt - a.startedAt);
  }

  legStarted(leg: Leg): void {
    const { call, party, callID, role, own, remote, id } = leg;
    const startedAt = this.#deps.clock.now();
    let live = this.#calls.get(call.id);
    if (!live) {
      live = newCall(call.id, remote.number, startedAt);
      this.#calls.set(call.id, live);
      this.#deps.log.begin(call.id);
    }
    live.legs.set(id, {
      id,
      session: sessionHash(party.id),
      via: party.via,
      callId: callID,
      user: party.user,
      number: own.number,
      role,
      startedAt,
      answeredAt: null,
      endedAt: null,
      cause: null,
      endedBy: null,
      media: null,
      mediaUp: false,
      state: leg.state,
      away: false,
    });
    this.#note(live, { t: startedAt, leg: id, type: 'started', name: role });
    this.#touch(live);
  }

  legMoved(leg: Leg, event: string): void {
    const found = this.#find(leg.call.id, leg.id);
    if (!found) {
      return;
    }
    const { live, record } = found;
    const t = this.#deps.clock.now();
    record.state = leg.state;
    this.#note(live, { t, leg: leg.id, type: 'moved', name: leg.state });
    if (event !== 'answered') {
      return;
    }
    record.answeredAt = t;
    if (record.mediaUp) {
      this.#deps.onSetup('media', 0);
    }
    if (record.role === 'caller' && live.answeredAt === null) {
      live.answeredAt = t;
      if (live.service !== null) {
        this.#deps.onSetup('ringing', t - live.startedAt);
      }
    }
    this.#touch(live);
  }

  legEnded(leg: Leg, { cause }: Ending, told: boolean): void {
    const found = this.#find(leg.call.id, leg.id);
    if (!found) {
      return;
    }
    const { live, record } = found;
    const t = this.#deps.clock.now();
    record.endedAt = t;
    record.state = 'ended';
    record.cause = cause;
    record.endedBy = told ? 'party' : 'gateway';
    this.#note(live, { t, leg: leg.id, type: 'ended', name: cause });
    this.#touch(live);
  }

  legTold(leg: Leg, method: string): void {
    const found = this.#find(leg.call.id, leg.id);
    if (!found) {
      return;
    }
    const { live } = found;
    const t = this.#deps.clock.now();
    this.#note(live, { t, leg: leg.id, type: 'told', name: method });
    if (live.rangAt !== null || leg.role !== 'caller') {
      return;
    }
    if (method !== 'ringing' && method !== 'media') {
      return;
    }
    live.rangAt = t;
    this.#deps.onSetup('ringing', t - live.startedAt);
    this.#touch(live);
  }

  legMessage(leg: Leg, message: WireMessage): void {
    this.#deps.log.add(leg.call.id, leg.id, message);
  }

  legAsked(leg: Leg, name: string, detail?: string): void {
    const live = this.#calls.get(leg.call.id);
    const t = this.#deps.clock.now();
    const more = detail === undefined ? {} : { detail: detail.slice(0, 32) };
    if (live) {
      this.#note(live, { t, leg: leg.id, type: 'asked', name, ...more });
    }
  }

  legAway(leg: Leg, away: boolean): void {
    const live = this.#calls.get(leg.call.id);
    const t = this.#deps.clock.now();
    const record = live?.legs.get(leg.id);
    if (record) {
      record.away = away;
    }
    if (live) {
      this.#note(live, { t, leg: leg.id, type: away ? 'away' : 'back' });
    }
  }

  callServed(call: string, service: string): void {
    const live = this.#calls.get(call);
    if (live) {
      live.service = service;
    }
  }

  callEnded(call: string, { cause }: Ending): void {
    const live = this.#calls.get(call);
    if (!live) {
      return;
    }
    this.#calls.delete(call);
    live.endedAt = this.#deps.clock.now();
    live.cause = cause;
    live.dirty = false;
    this.#deps.save({ ...recordOf(live), events: live.events });
    this.#deps.log.callEnded(call);
  }

  onMedia(event: MediaEvent): void {
    if (event.type !== 'state') {
      return;
    }
    const found = this.#find(event.call, event.leg);
    if (!found) {
      return;
    }
    const { live, record } = found;
    const t = this.#deps.clock.now();
    this.#note(live, { t, leg: event.leg, type: 'media', name: event.state });
    if (event.state !== 'connected' || record.mediaUp) {
      return;
    }
    record.mediaUp = true;
    if (record.answeredAt !== null) {
      this.#deps.onSetup('media', t - record.answeredAt);
    }
  }

  #find(call: string, leg: string): { live: LiveCall; record: LiveLeg } | null {
    const live = this.#calls.get(call);
    const record = live?.legs.get(leg);
    return live && record ? { live, record } : null;
  }

  #note(live: LiveCall, event: CallEvent): void {
    if (live.events.length < MAX_EVENTS) {
      live.events.push(event);
    } else {
      live.droppedEvents += 1;
    }
  }

  /** One step of a call often changes several legs: they are handed over together. */
  #touch(live: LiveCall): void {
    if (live.dirty) {
      return;
    }
    live.dirty = true;
    queueMicrotask(() => {
      if (!live.dirty) {
        return;
      }
      live.dirty = false;
      this.#deps.save(recordOf(live));
    });
  }
}

function newCall(id: string, destination: string, startedAt: number): LiveCall {
  return {
    id,
    startedAt,
    rangAt: null,
    answeredAt: null,
    endedAt: null,
    cause: null,
    destination,
    service: null,
    droppedEvents: 0,
    legs: new Map(),
    events: [],
    dirty: false,
  };
}

function recordOf({ legs, events: _, dirty: __, ...call }: LiveCall): CallRecord {
  return {
    ...call,
    legs: [...legs.values()].map(({ mediaUp: ___, state: ____, away: _____, ...leg }) => leg),
  };
}
