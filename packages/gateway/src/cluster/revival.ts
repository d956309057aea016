import {
  readRecord,
  recordOf,
  writeRecord,
  type KeepableCall,
  type PartyRecord,
} from '../calls/call-record.ts';
import type { Party } from '../calls/leg.ts';
import type { Clock } from '../clock.ts';
import type { Guard } from '../guard.ts';
import type { KeptCalls, KeptCallsHost } from '../signaling/kept-calls.ts';
import { Session, sessionKey } from '../signaling/session.ts';
import { LEASE_MS, type CallEpoch, type CallRecords } from './call-records.ts';
import { Ownership } from './ownership.ts';
import { RegisterError } from './register.ts';

export interface RevivalDeps {
  readonly records: CallRecords;
  /** This gateway, and this start of it. */
  readonly node: string;
  readonly clock: Clock;
  readonly guard: Guard;
}

/** A dead gateway's lease ends within this, as seen by whoever comes at once. */
const WAIT_MS = LEASE_MS + 500;
const STEP_MS = 100;
/** What ended at the very end is written within this, or else somebody finds calls of nobody. */
const LAST_WRITES_MS = 500;

/** Keeps calls where another gateway finds them, and goes on with those of gateways that died. */
export class Revival implements KeptCalls {
  readonly #deps: RevivalDeps;
  readonly #ownership: Ownership;
  #host: KeptCallsHost | null = null;
  readonly #changed = new Set<KeepableCall>();
  /** Takeovers under way, by call. */
  readonly #taking = new Map<string, Promise<boolean>>();

  constructor(deps: RevivalDeps) {
    this.#deps = deps;
    const { records, node, clock, guard } = deps;
    this.#ownership = new Ownership({
      clock,
      records,
      node,
      onLost: (id) => {
        this.#host?.letGo(id);
      },
      onDefect: (error) => {
        guard.caught('cluster', error);
      },
    });
  }

  begin(host: KeptCallsHost): void {
    this.#host = host;
    void this.#ownership.start();
  }

  close(): Promise<void> {
    return this.#ownership.close(LAST_WRITES_MS);
  }

  /** Looks at the call when the frame or event that changed it is through. */
  changed(call: KeepableCall): void {
    if (this.#changed.size === 0) {
      queueMicrotask(() => {
        const calls = [...this.#changed];
        this.#changed.clear();
        for (const each of calls) {
          this.#deps.guard.run('frame', () => {
            this.#keep(each);
          });
        }
      });
    }
    this.#changed.add(call);
  }

  ended(id: string): void {
    this.#ownership.end(id);
  }

  #keep(call: KeepableCall): void {
    const ownership = this.#ownership;
    const record = recordOf(call, (party) => partyRecord(party, this.#host));
    if (record === 'unsettled') {
      return;
    }
    const text = record && writeRecord(record);
    if (record && text !== null) {
      ownership.keep(call.id, text, [record.caller.party.session, record.partner.party.session]);
    } else {
      ownership.end(call.id);
    }
  }

  /** Settles when the calls of this session go on here, as far as their gateway is gone. Never rejects. */
  async bring(sessid: string): Promise<void> {
    const { clock } = this.#deps;
    const ownership = this.#ownership;
    const key = sessionKey(sessid);
    const until = clock.monotonic() + WAIT_MS;
    for (;;) {
      let isDone: boolean;
      try {
        const calls = await ownership.find(key);
        const done = await Promise.all(calls.map((call) => this.#take(call)));
        isDone = done.every(Boolean);
      } catch (error) {
        if (!(error instanceof RegisterError)) {
          throw error;
        }
        return;
      }
      if (isDone || clock.monotonic() >= until) {
        return;
      }
      await new Promise<void>((resolve) => {
        clock.schedule(resolve, STEP_MS);
      });
    }
  }

  /** Once, though both parties come at the same time. False: its owner lives, as yet. */
  #take(call: CallEpoch): Promise<boolean> {
    const under = this.#taking.get(call.id);
    if (under) {
      return under;
    }
    const taking = this.#takeOne(call).finally(() => {
      this.#taking.delete(call.id);
    });
    this.#taking.set(call.id, taking);
    return taking;
  }

  async #takeOne(call: CallEpoch): Promise<boolean> {
    const ownership = this.#ownership;
    const taken = await ownership.take(call);
    if (typeof taken === 'string') {
      return taken === 'none';
    }
    const record = readRecord(taken.text);
    const host = this.#host;
    if (record?.id !== call.id || !host) {
      ownership.end(call.id);
      return true;
    }
    const [caller, partner] = [record.caller, record.partner].map(({ party }) => {
      const { session, user, displayName, generateRingback, extended, guest } = party;
      const identity = { user, displayName, generateRingback, ...(guest ? { guest } : {}) };
      return host.sessions.expect(session, identity, extended);
    });
    if (caller && partner) {
      host.takeUp(record, caller, partner);
    }
    return true;
  }
}

/** Null: it cannot come back to another gateway, or has nothing to come back with. */
function partyRecord(party: Party, host: KeptCallsHost | null): PartyRecord | null {
  if (!(party instanceof Session) || party.guestOf || host?.sessions.isOwn(party) !== true) {
    return null;
  }
  const { key, user, displayName, generateRingback, extended, identity } = party;
  const guest = identity.guest === true;
  return { session: key, user, displayName, generateRingback, extended, guest };
}
