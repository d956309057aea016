import type { ChildProcess } from 'node:child_process';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { pause } from './seat.ts';

export interface StormSetup {
  readonly host: string;
  readonly tokens: readonly string[];
}

export interface StormReport {
  readonly registered: number;
  /** When each client was ready last. */
  readonly readyAt: readonly number[];
  /** When sockets were opened. */
  readonly opened: readonly number[];
}

/** Many idle clients in a process of their own, which ends with us. */
export class Storm {
  readonly #process: ChildProcess;
  #lastId = 0;

  static async start(setup: StormSetup): Promise<Storm> {
    const storm = new Storm();
    await storm.#ask(setup);
    return storm;
  }

  private constructor() {
    const execArgv = ['--conditions=offhook-source', '--disable-warning=ExperimentalWarning'];
    this.#process = fork(fileURLToPath(new URL('storm.ts', import.meta.url)), {
      execArgv,
      // 1,000 clients that lose their gateway say so 1,000 times.
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    });
  }

  report(): Promise<StormReport> {
    return this.#ask();
  }

  /** Waits until so many are registered at once, all of them ready after `since`. */
  async allReady(count: number, since: number, ms: number): Promise<StormReport> {
    const until = Date.now() + ms;
    for (;;) {
      const report = await this.report();
      const ready = report.readyAt.filter((time) => time >= since).length;
      if ((report.registered >= count && ready >= count) || Date.now() > until) {
        return report;
      }
      await pause(50);
    }
  }

  stop(): void {
    if (this.#process.connected) {
      this.#process.disconnect();
    }
  }

  async #ask(start?: StormSetup): Promise<StormReport> {
    const id = ++this.#lastId;
    this.#process.send({ id, start });
    for (;;) {
      const [answer] = (await once(this.#process, 'message')) as [
        { id: number; report: StormReport },
      ];
      if (answer.id === id) {
        return answer.report;
      }
    }
  }
}
