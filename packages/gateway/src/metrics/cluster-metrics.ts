import { Counter, Gauge, type Registry } from 'prom-client';

/** What several gateways share: the connection to Redis, messages between them, legs of calls whose parties are elsewhere. */
export class ClusterMetrics {
  readonly #messages: Counter<'outcome'>;
  readonly #registry: Registry;

  constructor(registry: Registry) {
    this.#registry = registry;
    this.#messages = new Counter({
      name: 'offhook_cluster_messages_total',
      help: 'Messages between gateways, by what became of them: sent, dropped, unreadable',
      labelNames: ['outcome'],
      registers: [registry],
    });
  }

  message(outcome: 'sent' | 'dropped' | 'unreadable'): void {
    this.#messages.inc({ outcome });
  }

  /** Asked at each scrape. */
  show(counts: () => { readonly works: boolean; readonly legs: number }): void {
    const registers = [this.#registry];
    new Gauge({
      name: 'offhook_redis_up',
      help: '1 while Redis is reached',
      registers,
      collect() {
        this.set(counts().works ? 1 : 0);
      },
    });
    new Gauge({
      name: 'offhook_cluster_legs',
      help: 'Legs of calls of this gateway whose parties are connected to other gateways',
      registers,
      collect() {
        this.set(counts().legs);
      },
    });
  }
}
