import { isIP } from 'node:net';
import { availableParallelism } from 'node:os';
import { SURROUNDINGS, parseStunEntry } from './addresses.ts';
import type { AddressOptions, Addresses, Surroundings } from './addresses.ts';
import type { Thresholds } from './context.ts';
import { LEG_LIMITS } from './leg-limits.ts';
import type { LegLimitOptions, Refusals } from './leg-limits.ts';
import type { WorkerSettings } from './messages.ts';
import type { Reach } from './reach.ts';
import { RELAY_LIMITS } from './tcp/relay-limits.ts';
import type { RelayLimits } from './tcp/relay-limits.ts';

export interface EmbeddedMediaOptions {
  /** Media threads. Default: one a core. */
  readonly workers?: number;
  /**
   * Local addresses to send and receive on, IPv4 and IPv6. Default: all addresses of this machine but loopback and
   * link-local ones, as they come and go; loopback when there are no others.
   */
  readonly bind?: readonly string[];
  /**
   * Serves browsers on this machine and nobody else: packets from other addresses than its own are dropped. Binds, beside
   * loopback, the machine's other addresses too, since Firefox reaches nothing at loopback. `bind` is not looked at.
   */
  readonly localOnly?: boolean;
  /**
   * What ICE candidates name beside the bound addresses: what clients reach this machine by when it is behind a one-to-one NAT
   * or in a container. Addresses, host names, and `stun:host:port` for what that server sees; the last two are asked again every
   * minute. Ports are forwarded unchanged. Default: none.
   */
  readonly publicAddresses?: readonly string[];
  /** First and last UDP port. Each worker takes one port, the same on all addresses. Default: the system chooses. */
  readonly portMin?: number;
  readonly portMax?: number;
  /** A leg that nothing came from for this long is `disconnected`, in milliseconds. Default 5000. */
  readonly disconnectedMs?: number;
  /** The same for `failed`; also the time to connect. Default 30000. */
  readonly failedMs?: number;
  /** A connected party that sends nothing for this long is replaced by silence. Default 500, above an Opus pause (400). */
  readonly fillMs?: number;
  /** Legs a worker takes; beyond that, offers fail with `no_capacity`. Default 400. */
  readonly maxLegsPerWorker?: number;
  /** A worker whose event loop is later than this, on average, for three seconds takes no new calls; milliseconds. Default 200. */
  readonly maxLagMs?: number;
  /** What the party of a leg may send. */
  readonly limits?: Partial<LegLimitOptions>;
  /** What carries media over TCP. */
  readonly tcpLimits?: Partial<RelayLimits>;
  readonly counters?: MediaCounters;
  readonly logger?: MediaLogger;
  /** Told at start, and when they changed. */
  readonly onAddresses?: (addresses: Addresses) => void;
  /** Default: the real ones. */
  readonly surroundings?: Surroundings;
}

/** New legs that were refused: all threads have as many as they may (`legs`), or are late (`lag`). */
export type PlaneRefusals = Readonly<Record<'legs' | 'lag', number>>;

/** Where the plane counts what an operator wants to see. */
export interface MediaCounters {
  /** What the limits refused: of legs once a second where they did, of the plane at once. */
  refused(refusals: Partial<Refusals & PlaneRefusals>): void;
  /** A media thread died or hung. */
  threadLost(): void;
}

/** The part of a logger that the plane uses; a pino logger is one. */
export interface MediaLogger {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

export interface ResolvedOptions {
  readonly workers: number;
  readonly maxLegsPerWorker: number;
  readonly maxLagMs: number;
  readonly tcpLimits: RelayLimits;
  readonly counters: MediaCounters;
  readonly addresses: AddressOptions;
  readonly surroundings: Surroundings;
  settingsOf(worker: number, reach: Reach, relayToken: Uint8Array): WorkerSettings;
}

/** @throws RangeError for an option that cannot be */
export function resolveOptions(options: EmbeddedMediaOptions): ResolvedOptions {
  const workers = options.workers ?? availableParallelism();
  if (!Number.isInteger(workers) || workers < 1 || workers > 256) {
    throw new RangeError('workers must be an integer from 1 to 256');
  }
  const bind = options.bind ?? [];
  const localOnly = options.localOnly === true;
  const publicAddresses = options.publicAddresses ?? [];
  for (const address of bind) {
    if (isIP(address) === 0) {
      throw new RangeError(`${address} is not an IP address`);
    }
  }
  for (const entry of publicAddresses) {
    if (entry.startsWith('stun:') && !parseStunEntry(entry)) {
      throw new RangeError(`${entry} does not name a STUN server: stun:host:port`);
    }
  }
  const thresholds: Thresholds = {
    disconnectedMs: options.disconnectedMs ?? 5_000,
    failedMs: options.failedMs ?? 30_000,
    fillMs: options.fillMs ?? 500,
  };
  if (thresholds.failedMs <= thresholds.disconnectedMs) {
    throw new RangeError('failedMs must be greater than disconnectedMs');
  }
  const ports = portList(options.portMin, options.portMax, workers);
  return {
    workers,
    maxLegsPerWorker: options.maxLegsPerWorker ?? 400,
    maxLagMs: options.maxLagMs ?? 200,
    tcpLimits: { ...RELAY_LIMITS, ...options.tcpLimits },
    counters: options.counters ?? { refused: () => {}, threadLost: () => {} },
    addresses: { bind, localOnly, publicAddresses },
    surroundings: options.surroundings ?? SURROUNDINGS,
    settingsOf: (worker, reach, relayToken) => ({
      place: worker,
      reach,
      mustBindAll: !localOnly && bind.length > 0,
      localOnly,
      relayToken,
      // Each worker starts at its own place, so that a restarted one finds its port again.
      ports: ports.length === 1 ? ports : [...ports.slice(worker), ...ports.slice(0, worker)],
      thresholds,
      limits: { ...LEG_LIMITS, ...options.limits },
    }),
  };
}

function portList(min: number | undefined, max: number | undefined, workers: number): number[] {
  if (min === undefined && max === undefined) {
    return [0];
  }
  const first = min ?? 1024;
  const last = max ?? 65_535;
  if (!Number.isInteger(first) || !Number.isInteger(last) || first < 1 || last > 65_535) {
    throw new RangeError('portMin and portMax must be ports');
  }
  if (last - first + 1 < workers) {
    throw new RangeError('there must be at least one port a worker from portMin to portMax');
  }
  return Array.from({ length: last - first + 1 }, (_, index) => first + index);
}
