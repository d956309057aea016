import { readFileSync } from 'node:fs';
import { createSecureContext } from 'node:tls';
import type { EdgeConfig } from '../edge/edge-config.ts';
import { Health } from '../edge/health.ts';
import { Guard } from '../guard.ts';
import type { Logger } from 'pino';
import { fail, ok, reasonOf, warn } from './finding.ts';
import type { Finding } from './finding.ts';

/** Looks at what `offhook edge` needs: its certificate, and whether each gateway answers. */
export async function examineEdge(config: EdgeConfig, logger: Logger): Promise<Finding[]> {
  return [
    ok('configuration', 'understood'),
    certificate(config),
    ...(await gateways(config, logger)),
  ];
}

function certificate({ tls, host }: EdgeConfig): Finding {
  if (tls === undefined) {
    return host === '127.0.0.1' || host === '::1'
      ? ok('tls', 'none; a proxy on this machine has to end it')
      : warn('tls', `none, on ${host}`, 'give tls, or leave host at 127.0.0.1 behind a proxy');
  }
  try {
    createSecureContext({ cert: readFileSync(tls.cert), key: readFileSync(tls.key) });
    return ok('tls', tls.cert);
  } catch (error) {
    return fail('tls', `${tls.cert} and its key: ${reasonOf(error)}`, 'check tls and its rights');
  }
}

async function gateways({ upstreams }: EdgeConfig, logger: Logger): Promise<Finding[]> {
  const health = new Health(upstreams, 60_000, new Guard(logger, () => undefined));
  try {
    await health.check();
    return health.names().map((name) => {
      const where = `${name} (${String(health.url(name))})`;
      const { up, draining } = health.state(name);
      if (!up) {
        return fail('gateway', `${where} does not answer`, 'start it, or check its address');
      }
      if (draining) {
        return warn('gateway', `${where} drains`, 'it takes no new clients');
      }
      return ok('gateway', `${where} answers`);
    });
  } finally {
    health.dispose();
  }
}
