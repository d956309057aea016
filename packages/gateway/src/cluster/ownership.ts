import type { Clock } from '../clock.ts';
import { LEASE_MS, type CallEpoch, type CallRecords, type Taken } from './call-records.ts';
import { RegisterError } from './register.ts';

/**
 * Which calls are this gateway's, and whether it may say so now.
 *
 * A call has one owner: the gateway that its record names, with an epoch that grows with every takeover. An owner's lease is renewed
 * twice a second and ends after 2 s of silence; then the next gateway that a party of the call comes back to takes the call.
 *
 * ```
 *               renewed, the lease never ended        renewed, and all calls looked at
 *                      ┌──────┐                   ┌──────────────────────────────────────┐
 *                      ▼      │                   │                                      ▼
 *   unsure ──renewed──► checking ─────────────────┘                                     sure
 *     ▲                    │ no answer, or too late                                      │
 *     └────────────────────┴──────────── the lease may have ended (by our clock) ────────┘
 * ```
 *
 * | state | what it does |
 * | --- | --- |
 * | sure | writes records, takes calls |
 * | checking | asks which of its calls somebody took meanwhile, and lets go of them |
 * | unsure | nothing; changes wait. Calls go on for the parties that are here |
 *
 * `sure` is decided again before every act, by the time since the last renewal that was answered was *sent*, less a margin for clocks
 * that do not run alike. The monotonic and the wall clock must agree on it: a machine that slept may have stopped one of them. A
 * gateway that wakes up after its lease is therefore unsure before it acts.
 *
 * A takeover whose answer got lost may have been done: until it is given back, nobody else could take the call.
 */
export interface OwnershipDeps {
  readonly clock: Clock;
  readonly records: CallRecords;
  /** This gateway, and this start of it. */
  readonly node: string;
  /** Another gateway took the call: let go of it without a word. */
  readonly onLost: (id: string) => void;
  /** What did not come from Redis being away. */
  readonly onDefect: (error: unknown) => void;
}

interface Mine {
  epoch: number;
  revision: number;
  text: string;
  sessions: readonly string[];
  /** The revision that is written. */
  written: number;
  writing: boolean;
}

export interface TakenCall extends CallEpoch {
  readonly text: string;
}

const RENEW_MS = LEASE_MS / 4;
/** Longest time after sending a renewal in which the lease surely runs: clocks may differ by a tenth. */
const SURE_MS = LEASE_MS * 0.9;
/** Two clocks that went so far apart since then: one of them stood still or jumped. */
const APART_MS = 200;

export class Ownership {
  readonly #deps: OwnershipDeps;
  readonly #mine = new Map<string, Mine>();
  /** When the renewal was sent on which the lease rests. */
  #leased: Moment | null = null;
  /** The lease may have ended since the calls were looked at. */
  #unchecked = true;
  #isRenewing = false;
  /** Takeovers of which no certain answer came: the call may be ours without our knowing. By id. */
  readonly #uncertain = new Map<string, number>();
  readonly #taking = new Set<string>();
  readonly #writes = new Set<Promise<void>>();
  #attempts = 0;
  #cancel: () => void = () => undefined;
  #closed = false;

  constructor(deps: OwnershipDeps) {
    this.#deps = deps;
  }

  /** Settles after the first attempt. */
  start(): Promise<void> {
    return this.#beat();
  }

  isSure(): boolean {
    const lasts = this.#lasts(this.#leased);
    if (!lasts) {
      this.#unchecked = true;
    }
    return lasts && !this.#unchecked;
  }

  /** The call is this gateway's, without doubt. */
  mayAct(id: string): boolean {
    return this.isSure() && this.#mine.has(id);
  }

  has(id: string): boolean {
    return this.#mine.has(id);
  }

  /** The call as of now. Written at once or, while nothing can be, as soon as it can. */
  keep(id: string, text: string, sessions: readonly string[]): void {
    const known = this.#mine.get(id);
    const mine = known ?? { ...NEW, epoch: 1, text, sessions };
    if (known?.text === text) {
      return;
    }
    Object.assign(mine, { text, sessions, revision: mine.revision + 1 });
    this.#mine.set(id, mine);
    this.#write(id, mine);
  }

  /** The call has ended. */
  end(id: string): void {
    const mine = this.#mine.get(id);
    if (mine?.written === 0 && !mine.writing) {
      this.#mine.delete(id);
    } else if (mine && mine.text !== '') {
      mine.text = '';
      mine.revision++;
      this.#write(id, mine);
    }
  }

  /** @throws RegisterError */
  find(session: string): Promise<readonly CallEpoch[]> {
    return this.#deps.records.find(session);
  }

  /**
   * Takes a call whose owner is gone.
   * - `later`: its owner lives, or this gateway cannot be sure at the moment
   * @throws RegisterError
   */
  async take(call: CallEpoch): Promise<TakenCall | 'later' | 'none'> {
    if (this.#mine.has(call.id) || this.#closed) {
      return 'none';
    }
    if (!this.isSure() || this.#taking.has(call.id)) {
      return 'later';
    }
    const { records, node } = this.#deps;
    const attempt = ++this.#attempts;
    this.#uncertain.delete(call.id);
    this.#taking.add(call.id);
    let taken: Taken | 'owned' | 'none';
    try {
      taken = await records.take(node, call, attempt);
    } catch (error) {
      this.#doubt(call.id, attempt);
      throw error;
    } finally {
      this.#taking.delete(call.id);
    }
    if (typeof taken === 'object' && !this.isSure()) {
      this.#doubt(call.id, attempt);
      return 'later';
    }
    if (typeof taken === 'string') {
      return taken === 'none' ? 'none' : 'later';
    }
    const { epoch, revision, text } = taken;
    const mine = { ...NEW, epoch, revision, written: revision, text };
    this.#mine.set(call.id, mine);
    return { id: call.id, epoch, text };
  }

  #doubt(id: string, attempt: number): void {
    if (!this.#mine.has(id)) {
      this.#uncertain.set(id, Math.max(attempt, this.#uncertain.get(id) ?? 0));
    }
  }

  /** Writes what can be written within the time, and ends the lease. */
  async close(waitMs: number): Promise<void> {
    this.#closed = true;
    this.#cancel();
    const { clock, records, node } = this.#deps;
    await new Promise<void>((resolve) => {
      const cancel = clock.schedule(resolve, waitMs);
      void this.#lastWrites().then(() => {
        cancel();
        resolve();
      });
    });
    if (this.isSure()) {
      await records.release(node).catch(this.#away);
    }
    this.#leased = null;
  }

  /** One write may be followed by another one of the same call. */
  async #lastWrites(): Promise<void> {
    while (this.#writes.size > 0 && this.isSure()) {
      await Promise.all(this.#writes);
    }
  }

  async #beat(): Promise<void> {
    const { clock } = this.#deps;
    this.#cancel = clock.schedule(() => {
      void this.#beat();
    }, RENEW_MS);
    if (this.#isRenewing) {
      return;
    }
    this.#isRenewing = true;
    try {
      await this.#renew();
    } catch (error) {
      // It may have come through after the lease's end: who knows.
      this.#unchecked = true;
      this.#away(error);
    } finally {
      this.#isRenewing = false;
    }
  }

  async #renew(): Promise<void> {
    const { records, node } = this.#deps;
    const sent = this.#now();
    const wasLeased = await records.renew(node);
    // Until this very moment it must have lasted by our clock too: an earlier renewal may have arrived late, and hidden the gap.
    if (!wasLeased || !this.#lasts(this.#leased)) {
      this.#unchecked = true;
    }
    this.#leased = sent;
    if (this.isSure()) {
      this.#writeAll();
    } else {
      await this.#check(sent);
    }
    await this.#giveBack();
  }

  /** Nobody could take what is ours without our knowing. */
  async #giveBack(): Promise<void> {
    const { records, node } = this.#deps;
    for (const [id, attempt] of this.#uncertain) {
      await records.giveBack(node, id, attempt);
      if (this.#uncertain.get(id) === attempt) {
        this.#uncertain.delete(id);
      }
    }
  }

  /** With the lease in place nobody can take a call any more: those that are ours now stay so until it ends. */
  async #check(sent: Moment): Promise<void> {
    const { records, node, onLost } = this.#deps;
    const calls = [...this.#mine].map(([id, { epoch }]) => ({ id, epoch }));
    for (let from = 0; from < calls.length; from += BATCH) {
      const lost = await records.lost(node, calls.slice(from, from + BATCH));
      for (const id of lost) {
        this.#mine.delete(id);
        onLost(id);
      }
    }
    if (this.#leased === sent && this.#lasts(sent)) {
      this.#unchecked = false;
      this.#writeAll();
    }
  }

  #writeAll(): void {
    for (const [id, mine] of this.#mine) {
      if (isOpen(mine)) {
        this.#write(id, mine);
      }
    }
  }

  #write(id: string, mine: Mine): void {
    if (mine.writing || !this.mayAct(id)) {
      return;
    }
    mine.writing = true;
    const writing = this.#writeOne(id, mine).finally(() => {
      this.#writes.delete(writing);
    });
    this.#writes.add(writing);
  }

  async #writeOne(id: string, mine: Mine): Promise<void> {
    const { records, node, onLost } = this.#deps;
    const { epoch, revision, text, sessions } = mine;
    try {
      const kept = await records.write({ id, node, epoch, revision, text, sessions });
      mine.writing = false;
      if (this.#mine.get(id) !== mine) {
        return;
      }
      if (!kept) {
        this.#mine.delete(id);
        onLost(id);
      } else if (text === '') {
        this.#mine.delete(id);
      } else {
        mine.written = revision;
        if (isOpen(mine)) {
          this.#write(id, mine);
        }
      }
    } catch (error) {
      // With the next renewal it is tried again.
      mine.writing = false;
      this.#away(error);
    }
  }

  readonly #away = (error: unknown): void => {
    if (!(error instanceof RegisterError)) {
      this.#deps.onDefect(error);
    }
  };

  #now(): Moment {
    const { clock } = this.#deps;
    return { monotonic: clock.monotonic(), wall: clock.now() };
  }

  #lasts(since: Moment | null): boolean {
    if (!since) {
      return false;
    }
    const { monotonic, wall } = this.#now();
    const [ran, passed] = [monotonic - since.monotonic, wall - since.wall];
    return Math.max(ran, passed) < SURE_MS && Math.abs(ran - passed) < APART_MS;
  }
}

interface Moment {
  readonly monotonic: number;
  readonly wall: number;
}

const NEW: Mine = { epoch: 1, revision: 0, text: '', sessions: [], written: 0, writing: false };
/** Calls that are looked at in one step. */
const BATCH = 200;

function isOpen({ revision, written, writing }: Mine): boolean {
  return writing || revision > written;
}
