import { createHmac, randomUUID } from 'node:crypto';
import type { Logger } from 'pino';
import { isOk, post } from '../http-post.ts';
import type { Clock } from '../clock.ts';
import type { CallRecord } from './records.ts';

export interface WebhooksDeps {
  readonly urls: readonly string[];
  /** Signs every delivery. */
  readonly secret: string;
  /** The origin of the pages, for a link to the call. */
  readonly pages?: string;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly onDelivery: (outcome: WebhookOutcome) => void;
  /** 0 to 1; default: random. */
  readonly random?: () => number;
}

/** `retried`: failed, and will be tried again. `dropped`: failed too often, or there were too many. */
export type WebhookOutcome = 'delivered' | 'retried' | 'dropped';

/** After so long each: an hour and three quarters in all. */
const RETRIES_MS = [1000, 5000, 30_000, 120_000, 600_000, 1_800_000, 3_600_000] as const;
const MAX_PENDING = 1000;
const MAX_AT_ONCE = 8;
const ANSWER_MS = 10_000;
const CLOSE_MS = 2000;
/** The receiver wants no more of them. */
const GONE = 410;

interface Delivery {
  readonly id: string;
  readonly url: string;
  readonly body: string;
  attempts: number;
}

/**
 * Posts each call that ended to other programs.
 *
 * ```
 *   call ends ──► ready ──► under way ──2xx──► delivered
 *                   ▲           │
 *                   └── waits ◄─┤ failed: after 1 s, 5 s, 30 s ...
 *                               └ failed for the last time, or 410 ──► dropped
 * ```
 *
 * A call never waits for it. What waits is in memory, at most so many; a restart forgets it.
 */
export class Webhooks {
  readonly #deps: WebhooksDeps;
  readonly #ready: Delivery[] = [];
  readonly #waits = new Map<Delivery, () => void>();
  readonly #underWay = new Map<Promise<void>, AbortController>();
  #full = false;
  #closed = false;

  constructor(deps: WebhooksDeps) {
    this.#deps = deps;
  }

  /** Deliveries that are neither done nor given up. */
  get pending(): number {
    return this.#ready.length + this.#waits.size + this.#underWay.size;
  }

  callEnded(call: CallRecord): void {
    if (this.#closed) {
      return;
    }
    for (const url of this.#deps.urls) {
      if (this.pending >= MAX_PENDING) {
        this.#drop('too many wait already');
        continue;
      }
      const id = randomUUID();
      this.#ready.push({ id, url, body: this.#body(id, call), attempts: 0 });
    }
    this.#pump();
  }

  /** Those under way get a moment to end; what waits is given up. Idempotent. */
  async close(): Promise<void> {
    this.#closed = true;
    const left = this.#ready.length + this.#waits.size;
    for (const cancel of this.#waits.values()) {
      cancel();
    }
    this.#waits.clear();
    this.#ready.length = 0;
    if (left > 0) {
      this.#deps.logger.warn({ count: left }, 'Webhooks were not delivered any more');
    }
    const late = this.#deps.clock.schedule(() => {
      for (const controller of this.#underWay.values()) {
        controller.abort();
      }
    }, CLOSE_MS);
    await Promise.all(this.#underWay.keys());
    late();
  }

  #pump(): void {
    while (this.#underWay.size < MAX_AT_ONCE) {
      const next = this.#ready.shift();
      if (next === undefined) {
        return;
      }
      this.#start(next);
    }
  }

  #start(delivery: Delivery): void {
    const controller = new AbortController();
    const work = this.#post(delivery, controller.signal)
      .then((failure) => {
        this.#settle(delivery, failure);
      })
      .finally(() => {
        this.#underWay.delete(work);
        this.#pump();
      });
    this.#underWay.set(work, controller);
  }

  /** Null when it was taken; else what went wrong. Never rejects. */
  async #post({ id, url, body }: Delivery, signal: AbortSignal): Promise<string | null> {
    const time = String(Math.floor(this.#deps.clock.now() / 1000));
    try {
      const response = await post({
        url,
        headers: {
          'content-type': 'application/json',
          'user-agent': 'offhook',
          'offhook-event': 'call.ended',
          'offhook-delivery': id,
          'offhook-signature': `t=${time},v1=${sign(this.#deps.secret, time, body)}`,
        },
        body,
        signal: AbortSignal.any([signal, AbortSignal.timeout(ANSWER_MS)]),
      });
      // What it says is not read, so the connection cannot be used again.
      response.destroy();
      return isOk(response) ? null : String(response.statusCode);
    } catch (error) {
      return (error as Error).message;
    }
  }

  #settle(delivery: Delivery, failure: string | null): void {
    if (failure === null) {
      this.#full = false;
      this.#deps.onDelivery('delivered');
      return;
    }
    const wait = RETRIES_MS[delivery.attempts];
    delivery.attempts += 1;
    if (this.#closed || wait === undefined || failure === String(GONE)) {
      this.#drop(failure, delivery.url);
      return;
    }
    this.#deps.onDelivery('retried');
    // Spread, so that what failed together does not come back together.
    const ms = wait * (0.8 + 0.4 * (this.#deps.random ?? Math.random)());
    const cancel = this.#deps.clock.schedule(() => {
      this.#waits.delete(delivery);
      this.#ready.push(delivery);
      this.#pump();
    }, ms);
    this.#waits.set(delivery, cancel);
  }

  #drop(reason: string, url?: string): void {
    this.#deps.onDelivery('dropped');
    if (url === undefined && this.#full) {
      return;
    }
    this.#full = url === undefined;
    const host = url === undefined ? {} : { host: URL.parse(url)?.host };
    this.#deps.logger.warn({ reason, ...host }, 'A webhook was given up');
  }

  #body(id: string, call: CallRecord): string {
    const { pages, clock } = this.#deps;
    const { legs, events: _, startedAt, rangAt, answeredAt, endedAt, ...rest } = call;
    return JSON.stringify({
      event: 'call.ended',
      id,
      at: iso(clock.now()),
      call: {
        ...rest,
        startedAt: iso(startedAt),
        rangAt: iso(rangAt),
        answeredAt: iso(answeredAt),
        endedAt: iso(endedAt),
        ...(pages === undefined ? {} : { page: `${pages}/quality/calls/${call.id}` }),
        legs: legs.map(({ session: __, ...leg }) => ({
          ...leg,
          startedAt: iso(leg.startedAt),
          answeredAt: iso(leg.answeredAt),
          endedAt: iso(leg.endedAt),
        })),
      },
    });
  }
}

/** HMAC-SHA256 over the time, a full stop and the body, in hexadecimal. */
export function sign(secret: string, time: string, body: string): string {
  return createHmac('sha256', secret).update(`${time}.${body}`).digest('hex');
}

function iso(ms: number | null): string | null {
  return ms === null ? null : new Date(ms).toISOString();
}
