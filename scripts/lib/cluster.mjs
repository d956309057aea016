import { ensureUnstarted } from './debian.mjs';

/** What stands before several gateways. */
export const ensureHaproxy = () => ensureUnstarted('haproxy', '/usr/sbin/haproxy');

/** What several gateways share. */
export const ensureRedis = () => ensureUnstarted('redis-server', '/usr/bin/redis-server');

/** Where several gateways have their users. */
export const ensurePostgres = () => ensureUnstarted('postgresql', '/usr/bin/pg_lsclusters');

/** All that a cluster is made of beside gateways. */
export async function ensureCluster() {
  await ensureHaproxy();
  await ensureRedis();
  await ensureUnstarted('rtpengine-daemon', '/usr/bin/rtpengine');
  await ensurePostgres();
}
