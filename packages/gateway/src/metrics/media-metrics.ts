import { Counter, Gauge } from 'prom-client';
import type { Registry } from 'prom-client';
import type { NodeCounts } from '../media/rtpengine/media-node.ts';
import type { TcpEntranceCounts } from '../media/media-plane.ts';

/** What is counted of the media plane: what limits refused, where callers reach it, what comes over TCP. */
export class MediaMetrics {
  readonly #refused: Counter<'limit'>;
  readonly #lost: Counter;
  readonly #addresses: Gauge<'kind' | 'address'>;
  readonly #changes: Counter;
  #tcp: () => TcpEntranceCounts | undefined = () => undefined;
  #nodes: () => readonly NodeCounts[] = () => [];

  constructor(registry: Registry) {
    const registers = [registry];
    this.#refused = new Counter({
      name: 'offhook_media_refused_total',
      help: 'What the limits of a leg refused: packets and bytes a second, digits a second, RTP sources; packets of ours that could not be sent (unsent); new legs when all media threads are full (legs) or late (lag)',
      labelNames: ['limit'],
      registers,
    });
    this.#lost = new Counter({
      name: 'offhook_media_threads_lost_total',
      help: 'Media threads that died or hung; each took its own calls along',
      registers,
    });
    this.#addresses = new Gauge({
      name: 'offhook_media_address_info',
      help: 'Addresses that callers are told to send media to: own ones, and public ones beside them',
      labelNames: ['kind', 'address'],
      registers,
    });
    this.#changes = new Counter({
      name: 'offhook_media_address_changes_total',
      help: 'Times that the addresses for media changed since the start',
      registers,
    });
    const tcp = (): TcpEntranceCounts | undefined => this.#tcp();
    new Gauge({
      name: 'offhook_media_tcp_connections',
      help: 'Open connections that carry media over TCP',
      registers,
      collect() {
        this.set(tcp()?.open ?? 0);
      },
    });
    const counters: readonly (readonly [string, string, keyof TcpEntranceCounts])[] = [
      ['offhook_media_tcp_connections_total', 'Connections taken for media over TCP', 'taken'],
      [
        'offhook_media_tcp_refused_total',
        'Connections for media over TCP that broke a limit or were none',
        'refused',
      ],
      [
        'offhook_media_tcp_dropped_packets_total',
        'Packets dropped for callers whose connection takes them too slowly',
        'dropped',
      ],
    ];
    for (const [name, help, member] of counters) {
      new Counter({
        name,
        help,
        registers,
        collect() {
          this.reset();
          this.inc(tcp()?.[member] ?? 0);
        },
      });
    }
    const nodes = (): readonly NodeCounts[] => this.#nodes();
    new Gauge({
      name: 'offhook_media_node_up',
      help: 'Whether an rtpengine answers',
      labelNames: ['node'],
      registers,
      collect() {
        this.reset();
        for (const { node, up } of nodes()) {
          this.set({ node }, up ? 1 : 0);
        }
      },
    });
    new Gauge({
      name: 'offhook_media_node_legs',
      help: 'Browsers whose media an rtpengine carries for this gateway',
      labelNames: ['node'],
      registers,
      collect() {
        this.reset();
        for (const { node, legs } of nodes()) {
          this.set({ node }, legs);
        }
      },
    });
    new Counter({
      name: 'offhook_media_node_retries_total',
      help: 'Requests to an rtpengine that were sent again, since no answer came',
      labelNames: ['node'],
      registers,
      collect() {
        this.reset();
        for (const { node, retries } of nodes()) {
          this.inc({ node }, retries);
        }
      },
    });
  }

  refused(refusals: Readonly<Record<string, number>>): void {
    for (const [limit, count] of Object.entries(refusals)) {
      this.#refused.inc({ limit }, count);
    }
  }

  threadLost(): void {
    this.#lost.inc();
  }

  /** Asked at each scrape. */
  watchTcp(counts: () => TcpEntranceCounts | undefined): void {
    this.#tcp = counts;
  }

  /** Asked at each scrape. */
  watchNodes(counts: () => readonly NodeCounts[]): void {
    this.#nodes = counts;
  }

  addresses(addresses: {
    readonly own: readonly string[];
    readonly public: readonly string[];
  }): void {
    this.#addresses.reset();
    for (const kind of ['own', 'public'] as const) {
      for (const address of addresses[kind]) {
        this.#addresses.set({ kind, address }, 1);
      }
    }
  }

  addressesChanged(): void {
    this.#changes.inc();
  }
}
