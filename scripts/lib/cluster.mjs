import { existsSync } from 'node:fs';
import { ensureDebian } from './debian.mjs';
import { run } from './run.mjs';

/** Debian starts what it installs; ours are started by whoever needs them, on ports of their own. */
async function ensureUnstarted(name, file, service = name) {
  const isNew = !existsSync(file);
  await ensureDebian(name, file);
  if (isNew && existsSync('/run/systemd/system')) {
    await run('systemctl', ['disable', '--now', service], { quiet: true });
  }
}

/** What stands before several gateways. */
export const ensureHaproxy = () => ensureUnstarted('haproxy', '/usr/sbin/haproxy');

/** What several gateways share. */
export const ensureRedis = () => ensureUnstarted('redis-server', '/usr/bin/redis-server');

/** All that a cluster is made of beside gateways. */
export async function ensureCluster() {
  await ensureHaproxy();
  await ensureRedis();
  await ensureUnstarted('rtpengine-daemon', '/usr/bin/rtpengine');
  await ensureUnstarted('postgresql', '/usr/bin/pg_lsclusters');
}
