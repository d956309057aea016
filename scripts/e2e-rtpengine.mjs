/**
 * `npm run e2e:rtpengine`: calls, recovery and assistants in browsers, through an rtpengine on loopback. Exits 0 only if everything held.
 *
 *   npm run e2e:rtpengine -- e2e/calls.spec.ts      only these
 */
import { spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { at, node } from './lib/paths.mjs';
import { main, run } from './lib/run.mjs';
import { ensureRtpengine } from './lib/sip.mjs';

const SPECS = ['e2e/calls.spec.ts', 'e2e/recovery.spec.ts', 'e2e/assistants.spec.ts'];
/** Of its thousand media ports. */
const FIRST_PORT = 45_000;

/** @returns {Promise<number>} */
async function freePort() {
  const socket = createSocket('udp4');
  await new Promise((resolve, reject) => {
    socket.once('error', reject);
    socket.bind(0, '127.0.0.1', () => resolve(undefined));
  });
  const { port } = socket.address();
  await new Promise((resolve) => {
    socket.close(() => resolve(undefined));
  });
  return port;
}

main(async () => {
  await ensureRtpengine();
  const port = await freePort();
  const rtpengine = spawn(
    '/usr/bin/rtpengine',
    [
      ...['--config-file=none', '--foreground', '--table=-1', '--interface=lo/127.0.0.1'],
      `--listen-ng=127.0.0.1:${String(port)}`,
      `--listen-cli=127.0.0.1:${String(await freePort())}`,
      ...[`--port-min=${String(FIRST_PORT)}`, `--port-max=${String(FIRST_PORT + 999)}`],
      ...['--num-threads=1', '--log-stderr', '--log-level=3'],
    ],
    { stdio: ['ignore', 'ignore', 'inherit'] },
  );
  try {
    const chosen = process.argv.slice(2);
    const { code } = await run(
      node,
      [at('scripts/test.mjs'), ...(chosen.length > 0 ? chosen : SPECS)],
      { env: { E2E_MEDIA_NODES: JSON.stringify([{ address: '127.0.0.1', port }]) } },
    );
    return code;
  } finally {
    rtpengine.kill('SIGKILL');
  }
});
