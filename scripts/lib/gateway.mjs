import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createSocket } from 'node:dgram';
import { createServer } from 'node:net';
import { createInterface } from 'node:readline';
import { at, node, root } from './paths.mjs';
import { StepError, environment } from './run.mjs';

/** How long a gateway may take to start, and how long it may take to end before it is killed. */
const START_MS = 30_000;
const STOP_MS = 10_000;

/** A port that nobody listens on now. @param {string} [host] @returns {Promise<number>} */
export async function freePort(host = '127.0.0.1') {
  const server = createServer();
  server.listen(0, host);
  await once(server, 'listening');
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
  server.close();
  await once(server, 'close');
  return port;
}

/** @param {number} port @param {string} [host] @returns {Promise<boolean>} */
export async function portFree(port, host = '127.0.0.1') {
  const server = createServer();
  return await new Promise((resolve) => {
    server.once('error', () => resolve(false));
    server.listen(port, host, () => server.close(() => resolve(true)));
  });
}

/** The same for datagrams. @param {number} port @param {string} [host] @returns {Promise<boolean>} */
export async function datagramPortFree(port, host = '127.0.0.1') {
  const socket = createSocket('udp4');
  return await new Promise((resolve) => {
    socket.once('error', () => resolve(false));
    socket.bind({ port, address: host, exclusive: true }, () => socket.close(() => resolve(true)));
  });
}

/**
 * The built gateway in demo mode, as a child that ends with us: it has a process group of its own, so that a Ctrl-C of the
 * terminal reaches it once, through us, and it watches the channel to us, so that it ends when we are killed.
 * @param {{ port: number, onLine?: (line: string) => void, settings?: Record<string, string> }} options onLine gets what the gateway logs
 */
export async function startDemoGateway({ port, onLine = () => {}, settings = {} }) {
  const child = spawn(
    node,
    [
      '--disable-warning=ExperimentalWarning',
      '--import',
      at('scripts/lib/end-with-parent.mjs'),
      at('packages/gateway/dist/cli/offhook.js'),
      'serve',
      '--demo',
      '--json',
      '--port',
      String(port),
    ],
    {
      cwd: root,
      env: environment({
        OFFHOOK_LOG_LEVEL: process.env.OFFHOOK_LOG_LEVEL ?? 'warn',
        ...settings,
      }),
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      detached: true,
    },
  );
  const running = () => child.exitCode === null && child.signalCode === null;
  const ended = new Promise((resolve) => {
    child.once('error', () => resolve(1));
    child.once('exit', (code, signal) => resolve(code ?? (signal ? 1 : 0)));
  });
  const kill = () => void (running() && child.kill('SIGKILL'));
  const stop = async () => {
    if (running()) {
      child.kill('SIGTERM');
    }
    const late = setTimeout(kill, STOP_MS);
    const code = await ended;
    clearTimeout(late);
    return code;
  };

  createInterface({ input: child.stderr }).on('line', onLine);
  const ready = new Promise((resolve) => {
    createInterface({ input: child.stdout }).on('line', (line) => {
      const said = readyLine(line);
      if (said) {
        resolve(said);
      } else {
        onLine(line);
      }
    });
  });
  let late;
  const inTime = new Promise((resolve) => (late = setTimeout(resolve, START_MS)));
  const said = await Promise.race([ready, ended.then(() => undefined), inTime]);
  clearTimeout(late);
  if (!said) {
    await stop();
    throw new StepError('The gateway did not start: see above.');
  }
  return {
    url: `http://localhost:${said.port}`,
    users: said.users,
    adminLink: said.adminLink,
    ended,
    stop,
    kill,
  };
}

/** @param {string} line @returns {{ port: number, users: { user: string, password: string }[], adminLink: string } | undefined} */
function readyLine(line) {
  try {
    const said = JSON.parse(line);
    return said.ready === true ? said : undefined;
  } catch {
    return undefined;
  }
}
