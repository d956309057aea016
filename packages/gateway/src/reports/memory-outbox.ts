import { MAX_WAITING } from './outbox.ts';
import type { NewDelivery, Outbox, SettleRequest, TakeRequest, Taken } from './outbox.ts';

interface Waiting extends NewDelivery {
  attempts: number;
  dueAt: number;
}

/** Deliveries that the disk does not take. A restart forgets them. */
export class MemoryOutbox implements Outbox {
  readonly #waiting = new Map<string, Waiting>();

  /** Everything that waits. */
  get all(): readonly NewDelivery[] {
    return [...this.#waiting.values()].map(({ id, call, url, body, createdAt }) => ({
      id,
      call,
      url,
      body,
      createdAt,
    }));
  }

  addDeliveries(deliveries: readonly NewDelivery[]): Promise<number> {
    let dropped = 0;
    for (const delivery of deliveries) {
      if (this.#of(delivery.url).length >= MAX_WAITING) {
        dropped += 1;
      } else {
        const dueAt = delivery.createdAt;
        this.#waiting.set(delivery.id, { ...delivery, attempts: 0, dueAt });
      }
    }
    return Promise.resolve(dropped);
  }

  takeDeliveries({ url, now, until, limit }: TakeRequest): Promise<Taken> {
    const waiting = this.#of(url);
    const firsts = firstOfEachCall(waiting);
    const due = firsts.filter(({ dueAt }) => dueAt <= now).slice(0, limit);
    for (const delivery of due) {
      delivery.attempts += 1;
      delivery.dueAt = until;
    }
    const nextAt = firsts.length === 0 ? null : Math.min(...firsts.map(({ dueAt }) => dueAt));
    return Promise.resolve({
      due: due.map(({ id, body, createdAt, attempts }) => ({ id, body, createdAt, attempts })),
      nextAt,
      waiting: waiting.length,
      oldestAt: waiting[0]?.createdAt ?? null,
    });
  }

  settleDelivery({ id, attempts, dueAt }: SettleRequest): Promise<void> {
    const delivery = this.#waiting.get(id);
    if (delivery?.attempts === attempts) {
      if (dueAt === null) {
        this.#waiting.delete(id);
      } else {
        delivery.dueAt = dueAt;
      }
    }
    return Promise.resolve();
  }

  #of(url: string): Waiting[] {
    return [...this.#waiting.values()].filter((delivery) => delivery.url === url);
  }
}

function firstOfEachCall(waiting: readonly Waiting[]): Waiting[] {
  const seen = new Set<string>();
  return waiting.filter(({ call }) => {
    const isFirst = !seen.has(call);
    seen.add(call);
    return isFirst;
  });
}
