import { Counter, Gauge, Histogram } from 'prom-client';
import type { Registry } from 'prom-client';

interface WebhooksWaiting {
  readonly count: number;
  readonly oldestSeconds: number;
}

/** What is counted of calls' quality and of the reports about it. */
export class ReportMetrics {
  readonly #setup: Histogram<'phase'>;
  readonly #mos: Histogram;
  readonly #uploads: Counter<'kind' | 'outcome'>;
  readonly #lost: Counter;
  readonly #webhooks: Counter<'outcome'>;
  #waiting: () => number = () => 0;
  #webhooksWaiting: () => WebhooksWaiting = () => ({ count: 0, oldestSeconds: 0 });

  constructor(registry: Registry) {
    const registers = [registry];
    this.#setup = new Histogram({
      name: 'offhook_call_setup_seconds',
      help: 'Time from an invite until its caller knows that it rings, and from an answer until media flows',
      labelNames: ['phase'],
      buckets: [0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10],
      registers,
    });
    this.#mos = new Histogram({
      name: 'offhook_call_mos',
      help: 'Mean opinion score of one end of a call, as the last part of its report has it',
      buckets: [1, 2, 2.5, 3, 3.5, 3.75, 4, 4.1, 4.2, 4.3, 4.4, 4.5],
      registers,
    });
    this.#uploads = new Counter({
      name: 'offhook_report_uploads_total',
      help: 'Reports and recordings that clients posted, by what became of them',
      labelNames: ['kind', 'outcome'],
      registers,
    });
    this.#lost = new Counter({
      name: 'offhook_report_records_lost_total',
      help: "Parts of the gateway's own view of calls that could not be stored",
      registers,
    });
    this.#webhooks = new Counter({
      name: 'offhook_webhook_deliveries_total',
      help: 'Attempts to tell others of calls that ended, by what became of them',
      labelNames: ['outcome'],
      registers,
    });
    const webhooks = (): WebhooksWaiting => this.#webhooksWaiting();
    new Gauge({
      name: 'offhook_webhooks_waiting',
      help: 'Deliveries of webhooks that are neither done nor given up',
      registers,
      collect() {
        this.set(webhooks().count);
      },
    });
    new Gauge({
      name: 'offhook_webhooks_oldest_seconds',
      help: 'Age of the oldest delivery that waits; 0 when none does',
      registers,
      collect() {
        this.set(webhooks().oldestSeconds);
      },
    });
    const waiting = (): number => this.#waiting();
    new Gauge({
      name: 'offhook_report_queue',
      help: 'Requests that wait for the report store',
      registers,
      collect() {
        this.set(waiting());
      },
    });
  }

  /** Asked at each scrape. */
  watchQueue(waiting: () => number): void {
    this.#waiting = waiting;
  }

  /** Asked at each scrape. */
  watchWebhooks(waiting: () => WebhooksWaiting): void {
    this.#webhooksWaiting = waiting;
  }

  callSetup(phase: 'ringing' | 'media', ms: number): void {
    this.#setup.observe({ phase }, ms / 1000);
  }

  callMos(mos: number): void {
    this.#mos.observe(mos);
  }

  upload(kind: 'report' | 'recording', outcome: string): void {
    this.#uploads.inc({ kind, outcome });
  }

  webhook(outcome: 'delivered' | 'retried' | 'dropped'): void {
    this.#webhooks.inc({ outcome });
  }

  recordLost(): void {
    this.#lost.inc();
  }
}
