import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { fileURLToPath } from 'node:url';
import type { RelayLimits } from './relay-limits.ts';
import type { FromRelay, ToRelay } from './relay-messages.ts';
import type { TcpEntranceCounts } from '../../media-plane.ts';

// Sources run as they are, so the program is a .ts file there and a .js file in dist/.
const PROGRAM = fileURLToPath(
  new URL(
    import.meta.url.endsWith('.ts') ? './relay-process.ts' : './relay-process.js',
    import.meta.url,
  ),
);

/** Connections on their way; beyond it the process does not keep up, or hangs. */
const MAX_ON_THEIR_WAY = 256;
/** Between the end of one process and the next. */
const RESTART_MS = 1_000;

const CHECK_MS = 1_000;
/**
 * Checks without a word from a process that hangs; more while it starts. Checks are counted, and not time: after this thread stood still
 * for long, one check comes before the words that wait.
 */
const MAX_SILENT_CHECKS = 5;
const MAX_CHECKS_AT_START = 30;

const NO_RELAY: TcpEntranceCounts = { open: 0, taken: 0, refused: 0, dropped: 0 };

/**
 * The gateway's end of the process that carries ICE over TCP. The process is started by the first connection: where nobody needs it,
 * it costs nothing. One that dies takes its connections along, and the next connection starts another; one that hangs is ended.
 */
export class RelayHandle {
  readonly #token: string;
  readonly #limits: RelayLimits;
  readonly #log: (message: string) => void;
  #ports: readonly (number | null)[] = [];
  #process: ChildProcess | null = null;
  #endedAt = -Infinity;
  #onTheirWay = 0;
  #counts = NO_RELAY;
  #checks: NodeJS.Timeout | null = null;
  #checksLeft = 0;
  #isClosed = false;

  /** @param token what media threads know the relay by */
  constructor(token: Buffer, limits: RelayLimits, log: (message: string) => void) {
    this.#token = token.toString('base64');
    this.#limits = limits;
    this.#log = log;
  }

  /** Of the process that runs now, at most a second old. */
  get counts(): TcpEntranceCounts {
    return this.#counts;
  }

  /** Null while none runs; for tests. */
  get pid(): number | null {
    return this.#process?.pid ?? null;
  }

  /** Loopback UDP ports of the media threads, by their place; null for one that is not there. */
  useThreads(ports: readonly (number | null)[]): void {
    this.#ports = ports;
    if (this.#process?.connected) {
      this.#tell(this.#process, { type: 'threads', ports });
    }
  }

  /** Hands a connection over, with what was read from it. One that cannot be is closed. */
  take(socket: Socket, first: Buffer): void {
    const process = this.#isClosed ? null : (this.#process ?? this.#start());
    if (process?.pid === undefined || !process.connected || this.#onTheirWay >= MAX_ON_THEIR_WAY) {
      socket.destroy();
      return;
    }
    this.#onTheirWay += 1;
    const message: ToRelay = { type: 'connection', first: first.toString('base64') };
    process.send(message, socket, {}, () => {
      this.#onTheirWay -= 1;
      // Ours is an empty shell now; its server has to know.
      socket.destroy();
    });
  }

  #start(): ChildProcess | null {
    if (performance.now() - this.#endedAt < RESTART_MS) {
      return null;
    }
    const process = fork(PROGRAM, [], {
      // Nothing of the gateway's own settings and secrets is for it.
      env: {},
      execArgv: ['--disable-warning=ExperimentalWarning'],
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    this.#process = process;
    process.on('message', (message: FromRelay) => {
      this.#counts = message.counts;
      this.#checksLeft = MAX_SILENT_CHECKS;
    });
    process.on('error', (error) => {
      // One that never ran does not exit either.
      if (process.pid === undefined) {
        this.#gone(`cannot be started (${error.message})`);
      } else {
        this.#log(`the process that carries media over TCP: ${error.message}`);
      }
    });
    process.once('exit', (code, signal) => {
      this.#gone(`ended (${String(code ?? signal)})`);
    });
    // A connection that is sent to a process that never ran is not closed by anybody.
    if (process.pid === undefined) {
      return null;
    }
    this.#watch(process);
    this.#tell(process, {
      type: 'start',
      token: this.#token,
      limits: this.#limits,
      ports: this.#ports,
    });
    return process;
  }

  #watch(process: ChildProcess): void {
    this.#checksLeft = MAX_CHECKS_AT_START;
    this.#checks = setInterval(() => {
      this.#checksLeft -= 1;
      if (this.#checksLeft > 0) {
        return;
      }
      this.#endChecks();
      this.#log('the process that carries media over TCP hangs');
      process.kill('SIGKILL');
    }, CHECK_MS);
    this.#checks.unref();
  }

  #endChecks(): void {
    if (this.#checks) {
      clearInterval(this.#checks);
    }
    this.#checks = null;
  }

  #gone(how: string): void {
    this.#endChecks();
    this.#process = null;
    this.#endedAt = performance.now();
    this.#onTheirWay = 0;
    this.#counts = NO_RELAY;
    if (!this.#isClosed) {
      this.#log(`the process that carries media over TCP ${how}`);
    }
  }

  #tell(process: ChildProcess, message: ToRelay): void {
    // A process that is gone says so by its exit.
    process.send(message, () => undefined);
  }

  /** Ends the process, and with it all connections. Idempotent. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#endChecks();
    const process = this.#process;
    if (process?.pid === undefined) {
      return;
    }
    const ended = once(process, 'exit');
    process.kill('SIGKILL');
    await ended;
  }
}
