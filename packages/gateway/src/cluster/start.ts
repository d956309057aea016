import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import type { Logger } from 'pino';
import type { Clock } from '../clock.ts';
import type { Config } from '../config.ts';
import type { Guard } from '../guard.ts';
import type { ClusterMetrics } from '../metrics/cluster-metrics.ts';
import { StartError } from '../start-error.ts';
import type { KeptCalls } from '../signaling/kept-calls.ts';
import { Neighbours } from './neighbours.ts';
import { Revival } from './revival.ts';
import type { RedisOptions } from './redis/redis-link.ts';

export interface StartClusterDeps {
  readonly config: Pick<Config, 'redis' | 'edge'>;
  readonly clock: Clock;
  readonly guard: Guard;
  readonly logger: Logger;
  readonly metrics: ClusterMetrics;
}

export interface Cluster {
  readonly neighbours: Neighbours;
  readonly kept: KeptCalls;
  /** Others see at once that this gateway is gone. */
  close(): Promise<void>;
}

/** A gateway waits no longer for Redis before it starts without. */
const START_MS = 2000;

/** Null: this gateway is alone. @throws {StartError} when the certificates cannot be read */
export async function startCluster({
  config,
  clock,
  guard,
  logger,
  metrics,
}: StartClusterDeps): Promise<Cluster | null> {
  const options = redisOptions(config);
  if (!options) {
    return null;
  }
  // A gateway without Redis does not load what speaks with it.
  const [{ RedisLink }, { RedisMessages }, { RedisRegister }, { RedisCallRecords }] =
    await Promise.all([
      import('./redis/redis-link.ts'),
      import('./redis/redis-messages.ts'),
      import('./redis/redis-register.ts'),
      import('./redis/redis-call-records.ts'),
    ]);
  const name = config.edge?.node ?? hostname();
  const link = new RedisLink({ options, name, clock, logger });
  const messages = new RedisMessages({ link, clock, guard, metrics });
  const register = new RedisRegister(link);
  const neighbours = new Neighbours({ messages, register, clock, guard, logger });
  metrics.show(() => neighbours.counts);
  await link.start(START_MS);
  const kept = new Revival({ records: new RedisCallRecords(link), node: link.node, clock, guard });
  return { neighbours, kept, close: () => link.close() };
}

/** @throws {StartError} when the certificates cannot be read */
export function redisOptions({ redis }: Pick<Config, 'redis'>): RedisOptions | null {
  if (!redis) {
    return null;
  }
  const { ca, ...options } = redis;
  try {
    return { ...options, ca: ca === undefined ? undefined : readFileSync(ca, 'utf8') };
  } catch (error) {
    throw new StartError(`redis.ca ${String(ca)} cannot be read: ${(error as Error).message}`, {
      cause: error,
    });
  }
}
