import { Counter, Gauge, type Registry } from 'prom-client';
import type { SipMetrics } from '../sip/sip-gateway.ts';
import type { TrunkState } from '../sip/trunk.ts';

/** What is counted of the telephone network. */
export class TrunkMetrics implements SipMetrics {
  /** Asked at each scrape. */
  trunks: () => readonly TrunkState[] = () => [];
  readonly #refused: Counter<'why'>;

  constructor(registry: Registry) {
    const registers = [registry];
    this.#refused = new Counter({
      name: 'offhook_sip_refused_total',
      help: 'SIP messages and calls that were not served, by why',
      labelNames: ['why'],
      registers,
    });
    const gauge = new Gauge<'trunk'>({
      name: 'offhook_sip_trunk_up',
      help: '1 while a trunk answers and, where it registers, is registered',
      labelNames: ['trunk'],
      registers,
      collect: () => {
        for (const { name, state } of this.trunks()) {
          gauge.set({ trunk: name }, state === 'up' ? 1 : 0);
        }
      },
    });
  }

  refused(why: string): void {
    this.#refused.inc({ why });
  }
}
