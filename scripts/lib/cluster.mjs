import { ensureUnstarted } from './debian.mjs';
import { ensureRtpengine } from './sip.mjs';

/** What stands before several gateways. */
export const ensureHaproxy = () => ensureUnstarted('haproxy', '/usr/sbin/haproxy');

/** What several gateways share. */
export const ensureRedis = () => ensureUnstarted('redis-server', '/usr/bin/redis-server');

/** Where several gateways have their users. */
export const ensurePostgres = () => ensureUnstarted('postgresql', '/usr/bin/pg_lsclusters');

/** What may stand before one gateway. */
export const ensureCaddy = () => ensureUnstarted('caddy', '/usr/bin/caddy');

/** All that a cluster is made of beside gateways. */
export async function ensureCluster() {
  await ensureHaproxy();
  await ensureRedis();
  await ensureRtpengine();
  await ensurePostgres();
}
