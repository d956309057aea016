import { Counter } from 'prom-client';
import type { Registry } from 'prom-client';

/** What is counted of the media plane. */
export class MediaMetrics {
  readonly #refused: Counter<'limit'>;
  readonly #lost: Counter;

  constructor(registry: Registry) {
    const registers = [registry];
    this.#refused = new Counter({
      name: 'offhook_media_refused_total',
      help: 'What the limits of a leg refused: packets and bytes a second, digits a second, RTP sources',
      labelNames: ['limit'],
      registers,
    });
    this.#lost = new Counter({
      name: 'offhook_media_threads_lost_total',
      help: 'Media threads that died or hung; each took its own calls along',
      registers,
    });
  }

  refused(refusals: Readonly<Record<string, number>>): void {
    for (const [limit, count] of Object.entries(refusals)) this.#refused.inc({ limit }, count);
  }

  threadLost(): void {
    this.#lost.inc();
  }
}
