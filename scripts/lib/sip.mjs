import { existsSync } from 'node:fs';
import { ensureDebian } from './debian.mjs';
import { run } from './run.mjs';

/** sipp plays the network's end of calls in tests. A program of its own; nothing of it is part of this project. */
export async function ensureSip() {
  await ensureDebian('sip-tester', '/usr/bin/sipp');
}

const KAMAILIO = '/usr/sbin/kamailio';

/** A registrar and a phone, for the demo and the tests that have them: programs of their own too. */
export async function ensurePhoneNetwork() {
  const kind = process.arch === 'arm64' ? 'aarch64' : 'x86_64';
  const modules = `/usr/lib/${kind}-linux-gnu/kamailio/modules`;
  const isNew = !existsSync(KAMAILIO);
  await ensureDebian('kamailio', KAMAILIO);
  // Debian starts what it installs; ours is started when it is needed, and port 5060 is for whoever chooses it.
  if (isNew && existsSync('/run/systemd/system')) {
    await run('systemctl', ['disable', '--now', 'kamailio'], { quiet: true });
  }
  await ensureDebian('kamailio-websocket-modules', `${modules}/websocket.so`);
  await ensureDebian('kamailio-tls-modules', `${modules}/tls.so`);
  await ensureDebian('baresip-core', '/usr/bin/baresip');
}

/** A second make of phone, for its test in a browser. */
export async function ensureLinphone() {
  await ensureDebian('linphone-cli', '/usr/bin/linphonec');
}

const RTPENGINE = '/usr/bin/rtpengine';

/** A media relay for the tests that have one. */
export async function ensureRtpengine() {
  const isNew = !existsSync(RTPENGINE);
  await ensureDebian('rtpengine-daemon', RTPENGINE);
  if (isNew && existsSync('/run/systemd/system')) {
    await run('systemctl', ['disable', '--now', 'rtpengine-daemon'], { quiet: true });
  }
}
