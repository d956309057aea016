import { createHmac, randomUUID } from 'node:crypto';
import type { Logger } from 'pino';
import { isOk, post } from '../http-post.ts';
import type { Clock } from '../clock.ts';
import { DeliveryLane } from './delivery-lane.ts';
import type { WebhookOutcome } from './delivery-lane.ts';
import { MemoryOutbox } from './memory-outbox.ts';
import type { Delivery, NewDelivery, Outbox } from './outbox.ts';
import type { CallRecord } from './records.ts';

export interface WebhooksDeps {
  readonly urls: readonly string[];
  /** Signs every delivery. */
  readonly secret: string;
  /** The origin of the pages, for a link to the call. */
  readonly pages?: string;
  /** Where deliveries wait until they were taken. */
  readonly outbox: Outbox;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly onDelivery: (outcome: WebhookOutcome) => void;
  /** 0 to 1; default: random. */
  readonly random?: () => number;
}

const ANSWER_MS = 10_000;
const CLOSE_MS = 2000;

/** Keeps deliveries together with the call that they tell of; settles with how many there was no room for. */
export type KeepDeliveries = (deliveries: readonly NewDelivery[]) => Promise<number>;

/**
 * Posts each call that ended to other programs, at least once. What waits is kept with the call and outlives the process; what the disk does
 * not take waits in memory. A call never waits for it.
 */
export class Webhooks {
  readonly #deps: WebhooksDeps;
  readonly #memory = new MemoryOutbox();
  readonly #kept: readonly DeliveryLane[];
  readonly #unkept: readonly DeliveryLane[];
  #full = false;
  #troubled = false;

  constructor(deps: WebhooksDeps) {
    this.#deps = deps;
    const lanesOf = (outbox: Outbox): DeliveryLane[] =>
      deps.urls.map((url) => this.#laneOf(url, outbox));
    this.#kept = lanesOf(deps.outbox);
    this.#unkept = lanesOf(this.#memory);
  }

  /** Delivers what an earlier run left. */
  start(): void {
    wake(this.#kept);
  }

  /** Deliveries that are neither done nor given up, and the age of the oldest. */
  get waiting(): { readonly count: number; readonly oldestSeconds: number } {
    const states = [...this.#kept, ...this.#unkept].map(({ state }) => state);
    const now = this.#deps.clock.now();
    const ages = states.map(({ oldestAt }) => (oldestAt === null ? 0 : now - oldestAt));
    return {
      count: states.reduce((sum, { waiting }) => sum + waiting, 0),
      oldestSeconds: Math.max(0, ...ages) / 1000,
    };
  }

  /**
   * @param keep default: into the outbox, by themselves
   * @throws what `keep` does; what it did not take is delivered all the same
   */
  async callEnded(call: CallRecord, keep?: KeepDeliveries): Promise<void> {
    const { urls, clock, outbox } = this.#deps;
    const deliveries = urls.map((url) => {
      const id = randomUUID();
      return { id, call: call.id, url, body: this.#body(id, call), createdAt: clock.now() };
    });
    try {
      const dropped = await (keep?.(deliveries) ?? outbox.addDeliveries(deliveries));
      this.#noRoom(dropped);
      wake(this.#kept);
    } catch (error) {
      this.#noRoom(await this.#memory.addDeliveries(deliveries));
      wake(this.#unkept);
      throw error;
    }
  }

  /** Those under way get a moment to end; what waits is there for the next run. Idempotent. */
  async close(): Promise<void> {
    await Promise.all([...this.#kept, ...this.#unkept].map((lane) => lane.close(CLOSE_MS)));
    const left = this.#memory.all;
    if (left.length === 0) {
      return;
    }
    await this.#deps.outbox.addDeliveries(left).catch((error: unknown) => {
      this.#deps.logger.error(
        { error, count: left.length },
        'Webhooks are lost: the disk does not take what was not delivered',
      );
    });
  }

  #laneOf(url: string, outbox: Outbox): DeliveryLane {
    const { clock, logger, random = Math.random } = this.#deps;
    return new DeliveryLane({
      url,
      outbox,
      clock,
      random,
      post: (delivery, signal) => this.#post(url, delivery, signal),
      onDelivery: (outcome, failure) => {
        this.#deps.onDelivery(outcome);
        this.#full &&= outcome !== 'delivered';
        this.#troubled = false;
        if (outcome === 'dropped') {
          logger.warn({ reason: failure, host: URL.parse(url)?.host }, 'A webhook was given up');
        }
      },
      onTrouble: (error) => {
        if (!this.#troubled) {
          this.#troubled = true;
          logger.error({ error }, 'Webhooks wait: the report store cannot be asked for them');
        }
      },
    });
  }

  async #post(url: string, { id, body }: Delivery, signal: AbortSignal): Promise<string | null> {
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

  /** Said once, until something is delivered again. */
  #noRoom(count: number): void {
    for (let each = 0; each < count; each += 1) {
      this.#deps.onDelivery('dropped');
    }
    if (count > 0 && !this.#full) {
      this.#full = true;
      this.#deps.logger.warn('Webhooks are given up: too many wait already');
    }
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

function wake(lanes: readonly DeliveryLane[]): void {
  for (const lane of lanes) {
    lane.wake();
  }
}

/** HMAC-SHA256 over the time, a full stop and the body, in hexadecimal. */
export function sign(secret: string, time: string, body: string): string {
  return createHmac('sha256', secret).update(`${time}.${body}`).digest('hex');
}

function iso(ms: number | null): string | null {
  return ms === null ? null : new Date(ms).toISOString();
}
