import type { TrunkHealth } from '@offhook/protocol';
import { Counter, Gauge, type Registry } from 'prom-client';
import type { SignIn } from '../sip/devices/doorkeeper.ts';
import type { SipMetrics } from '../sip/sip-gateway.ts';

/** Asked at each scrape. */
export interface ShownNetwork {
  readonly trunks: () => readonly TrunkHealth[];
  /** Phones that are registered. */
  readonly devices: () => number;
}

/** What is counted of the telephone network. */
export class TrunkMetrics implements SipMetrics {
  readonly #refused: Counter<'why'>;
  readonly #signIns: Counter<'outcome'>;
  #network: ShownNetwork = { trunks: () => [], devices: () => 0 };

  constructor(registry: Registry) {
    const registers = [registry];
    this.#refused = new Counter({
      name: 'offhook_sip_refused_total',
      help: 'SIP messages and calls that were not served, by why',
      labelNames: ['why'],
      registers,
    });
    this.#signIns = new Counter({
      name: 'offhook_sip_sign_ins_total',
      help: 'Requests of phones that must sign in, by outcome',
      labelNames: ['outcome'],
      registers,
    });
    const phones = new Gauge({
      name: 'offhook_sip_registrations',
      help: 'Places where phones are registered',
      registers,
      collect: () => {
        phones.set(this.#network.devices());
      },
    });
    this.#gauge(
      registry,
      'offhook_sip_trunk_up',
      '1 while a trunk answers and, where it registers, is registered',
      ({ state }) => (state === 'up' ? 1 : 0),
    );
    this.#gauge(
      registry,
      'offhook_sip_trunk_calls',
      'Live calls by a trunk, in and out',
      ({ calls }) => calls,
    );
    this.#gauge(
      registry,
      'offhook_sip_trunk_calls_limit',
      'Calls by a trunk that there may be at once (callsAtOnce)',
      ({ callsAtOnce }) => callsAtOnce,
    );
    this.#gauge(
      registry,
      'offhook_sip_trunk_rtt_seconds',
      'From the last REGISTER or OPTIONS to its answer; absent while a trunk is down',
      ({ rttMs }) => (rttMs === null ? null : rttMs / 1000),
    );
  }

  /** One value a trunk, at each scrape; null: none. */
  #gauge(
    registry: Registry,
    name: string,
    help: string,
    value: (trunk: TrunkHealth) => number | null,
  ): void {
    const gauge = new Gauge<'trunk'>({
      name,
      help,
      labelNames: ['trunk'],
      registers: [registry],
      collect: () => {
        gauge.reset();
        for (const trunk of this.#network.trunks()) {
          const now = value(trunk);
          if (now !== null) {
            gauge.set({ trunk: trunk.name }, now);
          }
        }
      },
    });
  }

  show(network: ShownNetwork): void {
    this.#network = network;
  }

  refused(why: string): void {
    this.#refused.inc({ why });
  }

  signIn(outcome: SignIn): void {
    this.#signIns.inc({ outcome });
  }
}
