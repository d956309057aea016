import { RequestError } from '../calls/ports.ts';
import { Timer } from '../timer.ts';
import type { SignalingContext, Tell } from './context.ts';
import type { Gateway } from './gateway.ts';

/** Milliseconds. */
interface Cadence {
  /** Nothing heard, or nothing of ours answered, for so long: ping. The path out may be dead while frames still come in. */
  readonly silence: number;
  readonly unanswered: number;
  /** A ping must be answered within this, or the path is dead. */
  readonly limit: number;
}

/** Towards gateways that do not announce `ping` (wire spec 6). */
const PATIENT: Cadence = { silence: 20_000, unanswered: 35_000, limit: 5_000 };
/** Towards gateways that do, without a call. */
const WATCHFUL: Cadence = { silence: 15_000, unanswered: 15_000, limit: 5_000 };
/** Towards gateways that do, in a call: a dead path is noticed within 5 s. */
const IN_CALL: Cadence = { silence: 2_000, unanswered: 2_000, limit: 2_500 };

/** A timer this late means that the page slept: what was unanswered then says nothing. */
const DRIFT_MS = 2_000;

/**
 * The one liveness rule of a socket: when nothing was heard, or nothing of ours was answered, for the cadence's time, a ping goes
 * out; when no ping is answered within the limit (twice it while other frames keep coming), the path is dead. One timer.
 */
export class Health {
  readonly #context: SignalingContext;
  readonly #gateway: Gateway;
  readonly #tell: Tell;
  readonly #timer: Timer;
  #startedAt = 0;
  /** When the oldest ping without a reply went out. */
  #pingedAt: number | undefined;
  #running = false;
  /** Milliseconds since the epoch. */
  lastHeardAt = 0;

  constructor(context: SignalingContext, gateway: Gateway, tell: Tell) {
    this.#context = context;
    this.#gateway = gateway;
    this.#tell = tell;
    this.#timer = new Timer(context.platform);
  }

  start(): void {
    this.#running = true;
    this.#startedAt = this.lastHeardAt = this.#context.platform.now();
    this.#pingedAt = undefined;
    this.recheck();
  }

  stop(): void {
    this.#running = false;
    this.#timer.stop();
  }

  /** Any frame came in. */
  heard(): void {
    this.lastHeardAt = this.#context.platform.now();
  }

  /** Asks now: the network may have changed, the page woke, or the gateway pinged and this is our answer. */
  probe(): void {
    if (!this.#running) return;
    const sentAt = this.#context.platform.now();
    this.#pingedAt ??= sentAt;
    const answered = (): void => {
      if ((this.#pingedAt ?? Infinity) > sentAt) return;
      this.#pingedAt = undefined;
      this.recheck();
    };
    this.#gateway.ping().then(answered, (error: unknown) => {
      // A refusal is an answer: the path lives. A time-out is judged by the timer, a lost socket by its close.
      if (error instanceof RequestError && error.code === 'rejected') answered();
    });
    this.recheck();
  }

  /** The cadence may have changed: a call began or ended. */
  recheck(): void {
    if (!this.#running) return;
    const now = this.#context.platform.now();
    const dueAt = Math.max(this.#dueAt(), now);
    this.#timer.start(dueAt - now, () => {
      this.#check(dueAt);
    });
  }

  #dueAt(): number {
    const { features, rpc } = this.#gateway;
    const inCall = this.#context.calls().hasActiveCall();
    const { silence, unanswered, limit } = !features.ping ? PATIENT : inCall ? IN_CALL : WATCHFUL;
    if (this.#pingedAt === undefined) {
      const answeredAt = Math.max(rpc.answeredAt, this.#startedAt);
      return Math.min(this.lastHeardAt + silence, answeredAt + unanswered);
    }
    return this.#pingedAt + (this.lastHeardAt > this.#pingedAt ? 2 : 1) * limit;
  }

  #check(expected: number): void {
    const now = this.#context.platform.now();
    const slept = now - expected > DRIFT_MS;
    if (slept) this.#pingedAt = undefined;
    if (!slept && now < this.#dueAt()) this.recheck();
    else if (this.#pingedAt === undefined) this.probe();
    else {
      this.stop();
      this.#tell({ is: 'dead' });
    }
  }
}
