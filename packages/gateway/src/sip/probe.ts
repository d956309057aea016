import type { TrunkHealth } from '@offhook/protocol';
import type { Logger } from 'pino';
import type { Clock } from '../clock.ts';
import { Guard } from '../guard.ts';
import { SipGateway } from './sip-gateway.ts';
import type { SipConfig } from './trunk-schema.ts';

const PROBE_MS = 6_000;
const LOOK_MS = 50;

/**
 * Asks each trunk by OPTIONS whether it is there. From another port than the gateway's, which may be running, and without registering:
 * that would take its registration's place.
 */
export async function probeTrunks(
  config: SipConfig,
  clock: Clock,
  logger: Logger,
): Promise<readonly TrunkHealth[]> {
  const { devices: _, ...rest } = config;
  const trunks = config.trunks.map((trunk) => ({ ...trunk, register: false }));
  const guard = new Guard(logger, () => undefined);
  const gateway = new SipGateway({
    config: { ...rest, port: 0, trunks },
    domains: [],
    clock: guard.clock(clock),
    logger,
    guard,
    metrics: { refused: () => undefined, signIn: () => undefined },
  });
  try {
    await gateway.start(null);
    const until = clock.monotonic() + PROBE_MS;
    while (clock.monotonic() < until) {
      if (gateway.states.every(({ state }) => state !== 'starting')) {
        break;
      }
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    }
    return gateway.states;
  } finally {
    await gateway.close();
  }
}
