/**
 * The seam between `webhooks.ts` and where deliveries wait until they were taken. Times are epoch milliseconds.
 */

/** One address that is to be told of one event. */
export interface NewDelivery {
  /** The same in every attempt: by it a receiver drops doubles. */
  readonly id: string;
  /** Deliveries of one call to one address leave one after the other, in the order in which they were added. */
  readonly call: string;
  readonly url: string;
  readonly body: string;
  readonly createdAt: number;
}

export interface Delivery {
  readonly id: string;
  readonly body: string;
  readonly createdAt: number;
  /** This one included. */
  readonly attempts: number;
}

export interface TakeRequest {
  readonly url: string;
  readonly now: number;
  /** When others may take them again: whoever took them did not come back. */
  readonly until: number;
  readonly limit: number;
}

export interface Taken {
  /** In the order in which they were added. */
  readonly due: readonly Delivery[];
  /** When the next one of this address is due, those that were taken now included; null: none waits. */
  readonly nextAt: number | null;
  /** Deliveries to this address that are not done, and when the oldest of them came to be. */
  readonly waiting: number;
  readonly oldestAt: number | null;
}

export interface SettleRequest {
  readonly id: string;
  /** Of whoever settles; when somebody else has taken it since, nothing is changed. */
  readonly attempts: number;
  /** When it is to be tried again; null: done, or given up. */
  readonly dueAt: number | null;
}

/** So many may wait for one address: a receiver that is away for days must not fill the disk. */
export const MAX_WAITING = 5000;
/** What is not taken in so long is given up. */
export const MAX_AGE_MS = 3 * 24 * 3600 * 1000;

/** What an outbox does, each with one request. */
export interface OutboxVerbs {
  /** @returns how many there was no room for */
  addDeliveries(deliveries: readonly NewDelivery[]): number;
  /** Hands out what is due, to nobody else before `until`. */
  takeDeliveries(request: TakeRequest): Taken;
  settleDelivery(request: SettleRequest): void;
}

export type Outbox = {
  readonly [V in keyof OutboxVerbs]: (
    request: Parameters<OutboxVerbs[V]>[0],
  ) => Promise<ReturnType<OutboxVerbs[V]>>;
};
