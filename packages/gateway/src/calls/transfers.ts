import type { Clock } from '../clock.ts';
import type { Guard } from '../guard.ts';
import { KeyedBuckets } from '../limits/keyed-buckets.ts';
import { serviceOffer } from '../services/index.ts';
import type { ServiceOffer } from '../services/service.ts';
import { when, type Soon } from '../soon.ts';
import { HandoverError } from './arrivals.ts';
import type { Assistants, AssistantTarget } from './assistants.ts';
import type { Call } from './call.ts';
import type { CallObserver } from './call-observer.ts';
import type { TransferTo } from './handover.ts';
import { ENDINGS, type Ending } from './hangup.ts';
import { isOver, type Leg, type Party } from './leg.ts';
import type { Outside } from './outside.ts';
import type { Found, Places } from './places.ts';
import type { Replacement, TransferOrder, TransferReply } from './transfer-order.ts';

export interface TransfersDeps {
  readonly clock: Clock;
  readonly guard: Guard;
  readonly observer?: CallObserver;
  readonly assistants?: Assistants;
  readonly outside?: Outside | undefined;
}

/** Who hands over, as far as it matters for where that may lead. */
type Transferor = Pick<Party, 'user' | 'guestOf' | 'address' | 'dialling'>;

/** Transfers that one user may ask for: so many at once, and in a minute. */
const TRANSFERS_A_MINUTE = 30;
/** How often one call may be handed over. */
const MAX_TRANSFERS = 64;

/** Who may hand calls over, and to whom: a party reaches by a transfer whom it reaches by a call, and nobody else. */
export class Transfers {
  readonly #deps: TransfersDeps;
  readonly #places: Places;
  readonly #buckets: KeyedBuckets;
  /** How often each call was handed over. */
  readonly #counts = new WeakMap<Call, number>();
  /** Orders whose destination is being looked up. */
  readonly #asked = new Map<string, Promise<TransferReply>>();
  /** Orders of services so far: each has a name of its own. */
  #byServices = 0;

  constructor(deps: TransfersDeps, places: Places) {
    this.#deps = deps;
    this.#places = places;
    this.#buckets = new KeyedBuckets(TRANSFERS_A_MINUTE / 60, TRANSFERS_A_MINUTE, () =>
      deps.clock.monotonic(),
    );
  }

  /**
   * Hands the far party of a leg over to whoever the leg's party may call. A second asking by the same name tells what became of the
   * first.
   */
  blind(leg: Leg, order: TransferOrder): Soon<TransferReply> {
    const name = `${leg.id} ${order.id}`;
    const asked = this.#asked.get(name);
    if (asked) {
      return asked;
    }
    const reply = this.#blind(leg, order);
    if (reply instanceof Promise) {
      const forget = (): void => {
        this.#asked.delete(name);
      };
      this.#asked.set(name, reply);
      reply.then(forget, forget);
    }
    return reply;
  }

  #blind(leg: Leg, order: TransferOrder): Soon<TransferReply> {
    const known = this.#places.callOf(leg)?.handover.outcomeOf(order.id) ?? null;
    if (known === 'pending') {
      return { ok: true };
    }
    if (known) {
      return { ok: false, ending: known };
    }
    const call = this.#take(leg);
    if ('cause' in call) {
      return { ok: false, ending: call };
    }
    if (!this.#pay(leg.party.user, call)) {
      return { ok: false, ending: ENDINGS.tooManyCalls };
    }
    return when(this.#places.find(leg.party, order.destination), (found): TransferReply => {
      // Meanwhile anything may have become of the call.
      const still = this.#take(leg);
      if ('cause' in still) {
        return { ok: false, ending: still };
      }
      const far = call.farOf(leg);
      const inCall = far ? [leg.party, far.party] : [leg.party];
      const to = this.#targetOf(call, leg.party, far, inCall, found, order);
      if ('cause' in to) {
        return { ok: false, ending: to };
      }
      call.handover.begin(order.id, leg, this.#counted(call, to));
      return { ok: true };
    });
  }

  /** A transfer is wanted no more, where it is not done yet. */
  cancel(leg: Leg, id: string): void {
    this.#places.callOf(leg)?.handover.cancel(leg, id);
  }

  /**
   * Joins the far parties of two legs of one user; then both legs end. `first` is told when it fails later, or when its party is
   * back. A second asking by the same name tells what became of the first.
   */
  attended(id: string, first: Leg, second: Leg): TransferReply {
    const known = this.#places.callOf(first)?.handover.outcomeOf(id) ?? null;
    if (known === 'pending') {
      return { ok: true };
    }
    if (known) {
      return { ok: false, ending: known };
    }
    if (first.call === second.call || first.party.user !== second.party.user) {
      return { ok: false, ending: { cause: 'INVALID_CALL_REFERENCE' } };
    }
    const calls = [this.#take(first), this.#take(second)] as const;
    for (const call of calls) {
      if ('cause' in call) {
        return { ok: false, ending: call };
      }
    }
    const [a, b] = calls as readonly [Call, Call];
    if (!this.#pay(first.party.user, a)) {
      return { ok: false, ending: ENDINGS.tooManyCalls };
    }
    const sides = [
      { call: a, leg: first, far: a.farOf(first) },
      { call: b, leg: second, far: b.farOf(second) },
    ] as const;
    const [to, from] = stays(sides[0].far, sides[1].far) ? sides : [sides[1], sides[0]];
    const { far: moved } = from;
    if (moved === null) {
      return { ok: false, ending: { cause: 'FACILITY_NOT_IMPLEMENTED' } };
    }
    if (moved.party.codecs?.includes(to.call.codec) === false) {
      return { ok: false, ending: ENDINGS.noCodec };
    }
    const joined = from.call.handover.giveAway(
      id,
      from.leg,
      moved,
      (parted) => to.call.handover.join(id, to.leg, moved, parted),
      () => {
        to.call.handover.turnAway(id);
      },
    );
    // Both calls have theirs by now; the first one's follows the party to another leg.
    const { joiner } = a.handover;
    const failed = (ending: Ending): void => {
      a.handover.joinFailed(id, joiner?.leg ?? first, ending);
    };
    void this.#deps.guard.settle(
      'frame',
      async () => {
        try {
          await joined;
        } catch (error) {
          if (!(error instanceof HandoverError)) {
            throw error;
          }
          failed(error.ending);
          return;
        }
        this.#count(to.call);
        this.#places.release(to.call, first.party.user);
        this.#places.charge(to.call, moved.party.user);
      },
      () => {
        failed(ENDINGS.failed);
      },
    );
    return { ok: true };
  }

  /**
   * A party comes into a call in the place of another one of its user, which leaves it (RFC 3891). Resolves with null when that is done,
   * else with why not; then nothing has changed.
   */
  async replace(old: Leg, by: Replacement): Promise<Ending | null> {
    const call = this.#take(old);
    if ('cause' in call) {
      return call;
    }
    const { user } = old.party;
    if (user !== by.party.user || !call.isSeated(old)) {
      return { cause: 'INVALID_CALL_REFERENCE' };
    }
    if (!this.#pay(user, call)) {
      return ENDINGS.tooManyCalls;
    }
    try {
      await call.handover.takeOver(old, by);
    } catch (error) {
      if (error instanceof HandoverError) {
        return error.ending;
      }
      throw error;
    }
    this.#count(call);
    return null;
  }

  /** A service hands its caller over, with the rights of `user`. Resolves with null when that is done, else with why it is not. */
  async byService(call: Call, user: string, destination: string): Promise<Ending['cause'] | null> {
    const refusal = this.#mayBegin(call);
    if (refusal) {
      return refusal.cause;
    }
    if (!this.#pay(user, call)) {
      return ENDINGS.tooManyCalls.cause;
    }
    const id = `service-${String(++this.#byServices)}`;
    const { address } = call.caller.party;
    const from = { user, guestOf: null, address, dialling: undefined };
    const looked = this.#places.find(from, destination);
    const found = looked instanceof Promise ? await looked : looked;
    const late = this.#mayBegin(call);
    if (late) {
      return late.cause;
    }
    const inCall = [call.caller.party];
    const to = this.#targetOf(call, from, call.caller, inCall, found, { id, destination });
    if ('cause' in to) {
      return to.cause;
    }
    return new Promise((resolve) => {
      const settled = (done: boolean): void => {
        to.settled(done);
        const why = call.handover.outcomeOf(id);
        const cause = why === null || why === 'pending' ? ENDINGS.failed.cause : why.cause;
        resolve(done ? null : cause);
      };
      call.handover.begin(id, null, this.#counted(call, { ...to, settled }));
    });
  }

  /** Why a call may not be handed over now. */
  #mayBegin(call: Call): Ending | null {
    if (this.#places.isDraining()) {
      return ENDINGS.failed;
    }
    if (call.state !== 'talking' || call.handover.underWay) {
      return { cause: 'FACILITY_REJECTED' };
    }
    return (this.#counts.get(call) ?? 0) >= MAX_TRANSFERS ? ENDINGS.tooManyCalls : null;
  }

  /** Takes one of the orders that a user has in a minute. A trunk and an assistant talk to many people: there each call has its own. */
  #pay(user: string, call: Call): boolean {
    const isShared = /^(?:trunk|assistant):/.test(user);
    return this.#buckets.take(isShared ? `${user} ${call.id}` : user);
  }

  /** The call was handed over once more. */
  #count(call: Call): void {
    this.#counts.set(call, (this.#counts.get(call) ?? 0) + 1);
  }

  #counted(call: Call, to: TransferTo): TransferTo {
    const settled = (done: boolean): void => {
      if (done) {
        this.#count(call);
      }
      to.settled(done);
    };
    return { ...to, settled };
  }

  /** The leg's call, which may be handed over now; or why it may not. */
  #take(leg: Leg): Call | Ending {
    const { party } = leg;
    const call = this.#places.callOf(leg);
    if (!call) {
      return ENDINGS.failed;
    }
    // Visitors reach nobody but their assistant.
    if (party.guestOf !== null) {
      return { cause: 'OUTGOING_CALL_BARRED' };
    }
    if (isOver(party, this.#deps.clock)) {
      return { cause: 'CALL_REJECTED' };
    }
    if (!leg.answered) {
      return { cause: 'FACILITY_REJECTED' };
    }
    return this.#mayBegin(call) ?? call;
  }

  /**
   * @param far who is handed over; null: a service
   * @param inCall those that talk: they are not rung
   */
  #targetOf(
    call: Call,
    party: Transferor,
    far: Leg | null,
    inCall: readonly Party[],
    to: Found,
    order: TransferOrder,
  ): TransferTo | Ending {
    const { destination, callerNumber } = order;
    const settled = (done: boolean): void => {
      if (done) {
        this.#places.release(call, party.user);
      }
    };
    switch (to.kind) {
      case 'service':
      case 'assistant': {
        // Two services have nothing to say to each other.
        if (far === null) {
          return { cause: 'FACILITY_NOT_IMPLEMENTED' };
        }
        const [offer, name] =
          to.kind === 'service'
            ? [serviceOffer(to.service), to.service]
            : [this.#admit(call, party, to.target), `assistant:${to.target.assistant}`];
        if ('cause' in offer) {
          return offer;
        }
        this.#deps.observer?.callServed(call.id, name);
        return { offer, number: destination, settled };
      }
      case 'user': {
        const { user, own } = to.called;
        const devices = this.#places.devicesOf(to.called, inCall);
        if ('cause' in devices) {
          return devices;
        }
        this.#places.charge(call, user);
        const forget = this.#places.callsTo(user, call);
        return {
          devices,
          target: own,
          user,
          settled: (done) => {
            forget();
            this.#places.release(call, done ? party.user : user);
          },
        };
      }
      case 'none': {
        const caller = far?.own ?? { name: '', number: party.user };
        const route = this.#deps.outside?.route({ from: party, caller, callerNumber, destination });
        if (!route) {
          return to.why === 'foreign' ? ENDINGS.foreignDomain : ENDINGS.unknownNumber;
        }
        if (!route.ok) {
          return route.ending;
        }
        return { devices: [route.party], target: route.callee, user: null, settled };
      }
    }
  }

  #admit(call: Call, from: Transferor, target: AssistantTarget): ServiceOffer | Ending {
    const { user, address, guestOf } = from;
    const caller = { call: call.id, user, address, isGuest: guestOf !== null };
    const admission = this.#deps.assistants?.admit(target, caller);
    if (admission?.ok === true) {
      return admission.offer;
    }
    return { cause: admission?.cause ?? ENDINGS.unknownNumber.cause };
  }
}

/** Which of two far parties stays in its call: a service, else a telephone, since a browser takes a fresh offer easily; else the first. */
function stays(first: Leg | null, second: Leg | null): boolean {
  if (first === null || second === null) {
    return first === null;
  }
  return first.party.via === 'sip' || second.party.via !== 'sip';
}
