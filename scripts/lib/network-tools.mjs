import { ensureDebian } from './debian.mjs';

/** What makes the networks of the survival tests. Only root can use it, so nobody else is asked for it. */
export async function ensureNetworkTools() {
  if (process.getuid?.() !== 0) {
    return;
  }
  await ensureDebian('iproute2', '/usr/sbin/ip');
  await ensureDebian('iptables', '/usr/sbin/iptables');
}
