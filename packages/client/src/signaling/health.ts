import type { Platform } from '../platform.ts';
import { Timer } from '../timer.ts';

/** Milliseconds. */
export interface Cadence {
  /** Nothing heard for so long: ping. */
  readonly silence: number;
  /** None of our requests answered for so long: ping. The path out may be dead while frames still come in. */
  readonly unanswered: number;
  /** A ping must be answered within this, or the path is dead. */
  readonly limit: number;
}

/** Towards gateways that do not announce `ping` (wire spec 6). */
export const PATIENT: Cadence = { silence: 20_000, unanswered: 35_000, limit: 5_000 };
/** Towards gateways that do, without a call. */
export const WATCHFUL: Cadence = { silence: 15_000, unanswered: 15_000, limit: 5_000 };
/** Towards gateways that do, in a call: a dead path is noticed within 5 s. */
export const IN_CALL: Cadence = { silence: 2_000, unanswered: 2_000, limit: 2_500 };

/** A timer this late means that the page slept: what was unanswered then says nothing. */
const DRIFT_MS = 2_000;

export interface HealthDeps {
  readonly platform: Platform;
  cadence(): Cadence;
  /** Sends a ping; settles with its reply. */
  ping(): Promise<unknown>;
  onDead(): void;
}

/**
 * The one liveness rule of a socket: when nothing was heard, or nothing of ours was answered, for the cadence's time, a ping goes
 * out; when no ping is answered within the limit (twice it while other frames keep coming), the path is dead. One timer.
 */
export class Health {
  readonly #deps: HealthDeps;
  readonly #timer: Timer;
  #heardAt = 0;
  #answeredAt = 0;
  /** When the oldest ping without a reply went out. */
  #pingedAt: number | undefined;
  #running = false;

  constructor(deps: HealthDeps) {
    this.#deps = deps;
    this.#timer = new Timer(deps.platform);
  }

  get lastHeardAt(): number {
    return this.#heardAt;
  }

  start(): void {
    this.#running = true;
    this.#heardAt = this.#answeredAt = this.#deps.platform.now();
    this.#pingedAt = undefined;
    this.#schedule();
  }

  stop(): void {
    this.#running = false;
    this.#timer.stop();
  }

  /** Any frame came in. */
  heard(): void {
    this.#heardAt = this.#deps.platform.now();
  }

  /** A request of ours was answered. */
  answered(): void {
    this.#answeredAt = this.#deps.platform.now();
  }

  /** Asks now: the network may have changed, the page woke, or the gateway pinged and this is our answer. */
  probe(): void {
    if (!this.#running) return;
    const sentAt = this.#deps.platform.now();
    this.#pingedAt ??= sentAt;
    this.#deps.ping().then(
      () => {
        if ((this.#pingedAt ?? Infinity) > sentAt) return;
        this.#pingedAt = undefined;
        if (this.#running) this.#schedule();
      },
      (error: unknown) => {
        // A refusal is an answer: the path lives. A time-out is judged by the timer, a lost socket by its close.
        if ((error as { code?: unknown }).code === 'rejected') this.#pingedAt = undefined;
      },
    );
    this.#schedule();
  }

  /** The cadence may have changed: a call began or ended. */
  recheck(): void {
    if (this.#running) this.#schedule();
  }

  #dueAt(): number {
    const { silence, unanswered, limit } = this.#deps.cadence();
    if (this.#pingedAt === undefined) {
      return Math.min(this.#heardAt + silence, this.#answeredAt + unanswered);
    }
    const heardSince = this.#heardAt > this.#pingedAt;
    return this.#pingedAt + (heardSince ? 2 * limit : limit);
  }

  #schedule(): void {
    const dueAt = this.#dueAt();
    const delay = Math.max(dueAt - this.#deps.platform.now(), 0);
    const expected = this.#deps.platform.now() + delay;
    this.#timer.start(delay, () => {
      this.#check(expected);
    });
  }

  #check(expected: number): void {
    const now = this.#deps.platform.now();
    const slept = now - expected > DRIFT_MS;
    if (this.#pingedAt !== undefined && slept) this.#pingedAt = undefined;
    if (!slept && now < this.#dueAt()) this.#schedule();
    else if (this.#pingedAt === undefined) this.probe();
    else {
      this.stop();
      this.#deps.onDead();
    }
  }
}
