import type { Clock } from '../clock.ts';
import { MAX_AGE_MS } from './outbox.ts';
import type { Delivery, Outbox, Taken } from './outbox.ts';

/** `retried`: failed, and will be tried again. `dropped`: failed for too long, or there were too many. */
export type WebhookOutcome = 'delivered' | 'retried' | 'dropped';

export interface LaneDeps {
  readonly url: string;
  readonly outbox: Outbox;
  readonly clock: Clock;
  /** Null when it was taken; else what went wrong. Never rejects. */
  readonly post: (delivery: Delivery, signal: AbortSignal) => Promise<string | null>;
  readonly onDelivery: (outcome: WebhookOutcome, failure: string | null) => void;
  /** The outbox could not be asked. */
  readonly onTrouble: (error: unknown) => void;
  /** 0 to 1 */
  readonly random: () => number;
}

/** After so long each; then again and again after the last, until the delivery is too old. */
const RETRIES_MS = [
  1000, 5000, 30_000, 120_000, 600_000, 1_800_000, 3_600_000, 10_800_000,
] as const;
const LAST_RETRY_MS = 10_800_000;
const MAX_AT_ONCE = 4;
/** Longer than an attempt takes: what nobody settled in so long is taken again. */
const TAKEN_MS = 30_000;
/** When an outbox that failed is asked again. */
const TROUBLE_MS = 10_000;
/** The receiver wants no more of them. */
const GONE = '410';

/**
 * Takes what is due for one address out of an outbox and sees it delivered. An address that hangs holds up no other.
 *
 * ```
 *   waits ──due──► taken ──2xx──► delivered
 *     ▲              │
 *     └── later ◄────┤ failed: after 1 s, 5 s, 30 s ...; nobody came back: after 30 s
 *                    └ too old, or 410 ──► dropped
 * ```
 */
export class DeliveryLane {
  readonly #deps: LaneDeps;
  readonly #underWay = new Map<Promise<void>, AbortController>();
  #last: Pick<Taken, 'waiting' | 'oldestAt'> = { waiting: 0, oldestAt: null };
  #asking: Promise<void> | null = null;
  #askAgain = false;
  #cancel: () => void = () => undefined;
  #closed = false;

  constructor(deps: LaneDeps) {
    this.#deps = deps;
  }

  /** As of the last time that the outbox was asked. */
  get state(): Pick<Taken, 'waiting' | 'oldestAt'> {
    return this.#last;
  }

  /** Something may be due. */
  wake(): void {
    if (this.#closed) {
      return;
    }
    if (this.#asking !== null) {
      this.#askAgain = true;
      return;
    }
    this.#asking = this.#ask().finally(() => {
      this.#asking = null;
      if (this.#askAgain) {
        this.#askAgain = false;
        this.wake();
      }
    });
  }

  /** Takes no more; what is under way has so long to end, and stays in the outbox otherwise. Idempotent. */
  async close(graceMs: number): Promise<void> {
    this.#closed = true;
    this.#cancel();
    await this.#asking;
    const late = this.#deps.clock.schedule(() => {
      for (const controller of this.#underWay.values()) {
        controller.abort();
      }
    }, graceMs);
    await Promise.all(this.#underWay.keys());
    late();
  }

  async #ask(): Promise<void> {
    const { url, outbox, clock } = this.#deps;
    this.#cancel();
    const limit = MAX_AT_ONCE - this.#underWay.size;
    if (limit <= 0) {
      return;
    }
    const now = clock.now();
    let taken: Taken;
    try {
      taken = await outbox.takeDeliveries({ url, now, until: now + TAKEN_MS, limit });
    } catch (error) {
      if (!this.#closed) {
        this.#deps.onTrouble(error);
        this.#wakeIn(TROUBLE_MS);
      }
      return;
    }
    this.#last = taken;
    // What was taken while the lane was closed is taken again by whoever comes next, as after a crash.
    if (this.#closed) {
      return;
    }
    for (const delivery of taken.due) {
      this.#start(delivery);
    }
    if (taken.nextAt !== null) {
      this.#wakeIn(Math.max(taken.nextAt - clock.now(), 0));
    }
  }

  #wakeIn(ms: number): void {
    this.#cancel();
    this.#cancel = this.#deps.clock.schedule(() => {
      this.wake();
    }, ms);
  }

  #start(delivery: Delivery): void {
    const controller = new AbortController();
    const work = this.#deliver(delivery, controller.signal).finally(() => {
      this.#underWay.delete(work);
      this.wake();
    });
    this.#underWay.set(work, controller);
  }

  async #deliver(delivery: Delivery, signal: AbortSignal): Promise<void> {
    const { outbox, clock, onDelivery, onTrouble, post } = this.#deps;
    const failure = await post(delivery, signal);
    const { id, attempts, createdAt } = delivery;
    const retryMs = (RETRIES_MS[attempts - 1] ?? LAST_RETRY_MS) * (0.8 + 0.4 * this.#deps.random());
    const retryAt = clock.now() + retryMs;
    const outcome =
      failure === null
        ? 'delivered'
        : failure === GONE || retryAt > createdAt + MAX_AGE_MS
          ? 'dropped'
          : 'retried';
    try {
      const dueAt = outcome === 'retried' ? Math.round(retryAt) : null;
      await outbox.settleDelivery({ id, attempts, dueAt });
    } catch (error) {
      onTrouble(error);
    }
    onDelivery(outcome, failure);
  }
}
