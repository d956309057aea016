import { ensureDebian } from './debian.mjs';

/** sipp plays the network's end of calls in tests. A program of its own; nothing of it is part of this project. */
export async function ensureSip() {
  await ensureDebian('sip-tester', '/usr/bin/sipp');
}

/** A registrar and a phone, for the demo and the tests that have them: programs of their own too. */
export async function ensurePhoneNetwork() {
  const kind = process.arch === 'arm64' ? 'aarch64' : 'x86_64';
  const modules = `/usr/lib/${kind}-linux-gnu/kamailio/modules`;
  await ensureDebian('kamailio', '/usr/sbin/kamailio');
  await ensureDebian('kamailio-websocket-modules', `${modules}/websocket.so`);
  await ensureDebian('kamailio-tls-modules', `${modules}/tls.so`);
  await ensureDebian('baresip-core', '/usr/bin/baresip');
}
