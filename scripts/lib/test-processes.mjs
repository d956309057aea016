import { existsSync } from 'node:fs';
import { relative } from 'node:path';
import { constants } from 'node:os';
import { ForksPoolWorker } from 'vitest/node';
import { at, root } from './paths.mjs';

/** Signals by which the kernel ends a process for a fault of its own, and writes a core where the limit allows one. */
const WITH_CORE = new Set([
  'SIGABRT',
  'SIGBUS',
  'SIGFPE',
  'SIGILL',
  'SIGSEGV',
  'SIGSYS',
  'SIGTRAP',
]);

/**
 * Vitest's own pool of processes, which says besides how a process ended that nobody told to: Vitest's words are
 * "Worker exited unexpectedly", with neither exit code nor signal.
 * @type {import('vitest/node').PoolRunnerInitializer}
 */
export const testProcesses = {
  name: 'test-processes',
  createPoolWorker: (options) => new TestProcess(options),
};

class TestProcess extends ForksPoolWorker {
  name = testProcesses.name;
  /** @type {import('vitest/node').Vitest} */
  #vitest;
  /** @type {string[]} */
  #files = [];
  #startedAt = 0;
  #isToEnd = false;
  /** Vitest's, which hears of an end when it has been told here. @type {Set<(...args: any[]) => void>} */
  #onExit = new Set();

  /** @param {import('vitest/node').PoolOptions} options */
  constructor(options) {
    super(options);
    this.#vitest = options.project.vitest;
  }

  async start() {
    await super.start();
    this.#startedAt = performance.now();
    const { fork } = this;
    const { pid } = fork;
    fork.once('exit', (code, signal) => {
      if (this.#isToEnd) {
        return;
      }
      const tell = () => {
        this.#tell(pid, code, signal);
        for (const callback of this.#onExit) {
          callback(code, signal);
        }
      };
      // What it said before it ended may still lie in the channel, and in promises of Vitest's.
      if (fork.connected) {
        fork.once('disconnect', () => setImmediate(tell));
      } else {
        setImmediate(tell);
      }
    });
  }

  /** @param {string} event @param {(...args: any[]) => void} callback */
  on(event, callback) {
    if (event === 'exit') {
      this.#onExit.add(callback);
    } else {
      super.on(event, callback);
    }
  }

  /** @param {string} event @param {(...args: any[]) => void} callback */
  off(event, callback) {
    if (event === 'exit') {
      this.#onExit.delete(callback);
    } else {
      super.off(event, callback);
    }
  }

  /** @param {import('vitest/node').WorkerRequest} message */
  send(message) {
    if (message.type === 'run' || message.type === 'collect') {
      this.#files = message.context.files.map(({ filepath }) => filepath);
    }
    super.send(message);
  }

  async stop() {
    this.#isToEnd = true;
    await super.stop();
  }

  /** @param {number | undefined} pid @param {number | null} code @param {NodeJS.Signals | null} signal */
  #tell(pid, code, signal) {
    const files = this.#files.map((file) => relative(root, file)).join(', ') || 'no file yet';
    const how = signal
      ? `was ended by ${signal} (${String(constants.signals[signal])})`
      : `ended by itself with exit code ${String(code)}`;
    const after = ((performance.now() - this.#startedAt) / 1000).toFixed(1);
    const running = this.#running();
    const error = new Error(
      [
        `The test process ${String(pid)} of ${files} ${how} after ${after} s.`,
        ...(running.length > 0 ? [`Running, as far as it told: ${running.join('; ')}.`] : []),
        ...(signal && WITH_CORE.has(signal) ? [core()] : []),
      ].join(' '),
    );
    // Where it happened says nothing: the stack would be that of this listener.
    error.stack = '';
    console.error(`\n${error.message}`);
    this.#vitest.state.catchError(error, 'Test process');
  }

  /** Tests of its files that began and did not end; a process tells some ten times a second, so the last may be missing. */
  #running() {
    /** @type {string[]} */
    const names = [];
    const look = (task, above) => {
      const name = [...above, task.name];
      if (task.type === 'test' && task.result?.state === 'run') {
        names.push(name.join(' > '));
      }
      for (const inner of task.tasks ?? []) {
        look(inner, name);
      }
    };
    for (const file of this.#vitest.state.getFiles(this.#files)) {
      for (const task of file.tasks) {
        look(task, []);
      }
    }
    return names;
  }
}

function core() {
  const path = at('core');
  return existsSync(path)
    ? `Its memory: ${path} (gdb node_modules/node/bin/node core, then "bt").`
    : 'It left no core (ulimit -c, /proc/sys/kernel/core_pattern).';
}
