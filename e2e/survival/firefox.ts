import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { bundle } from '../lib/bundle.ts';
import type { PageLike } from './seat.ts';
import type { Network } from './network.ts';

export interface AgentSetup {
  readonly path: string;
  /** Of the fake microphone. */
  readonly hz: number;
  /** Address whose pages may capture although they are plain http. */
  readonly trusted: string;
  readonly scripts: readonly string[];
}

export type AgentCommand =
  | { readonly do: 'start'; readonly setup: AgentSetup }
  | { readonly do: 'evaluate' | 'goto'; readonly text: string }
  | { readonly do: 'reload' | 'gesture' };

export interface AgentAnswer {
  readonly id: number;
  readonly value?: unknown;
  readonly error?: string;
}

export const firefoxPath = process.env['OFFHOOK_FIREFOX'] ?? '/usr/bin/firefox-esr';

/** A page of a Firefox behind the network, driven by a program of ours beside it. */
export class FirefoxPage implements PageLike {
  readonly #agent: ChildProcess;
  readonly #waiting = new Map<number, (answer: AgentAnswer) => void>();
  #lastId = 0;

  static async open(network: Network, hz: number): Promise<FirefoxPage> {
    const page = new FirefoxPage(network);
    const scripts = [await bundle('pages/ear.ts'), await bundle('pages/survival.ts')];
    await page.#ask({
      do: 'start',
      setup: { path: firefoxPath, hz, trusted: network.server, scripts },
    });
    return page;
  }

  private constructor(network: Network) {
    const { command, args } = network.inside(process.execPath);
    const flags = ['--conditions=offhook-source', '--disable-warning=ExperimentalWarning'];
    const program = fileURLToPath(new URL('firefox-agent.ts', import.meta.url));
    this.#agent = spawn(command, [...args, ...flags, program], {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    this.#agent.on('message', (answer: AgentAnswer) => {
      this.#waiting.get(answer.id)?.(answer);
      this.#waiting.delete(answer.id);
    });
    this.#agent.on('exit', () => {
      for (const [id, settle] of this.#waiting) {
        settle({ id, error: 'Firefox is gone' });
      }
    });
  }

  async evaluate<T>(text: string): Promise<T> {
    return (await this.#ask({ do: 'evaluate', text })) as T;
  }

  async goto(text: string): Promise<void> {
    await this.#ask({ do: 'goto', text });
  }

  async reload(): Promise<void> {
    await this.#ask({ do: 'reload' });
  }

  async gesture(): Promise<void> {
    await this.#ask({ do: 'gesture' });
  }

  async close(): Promise<void> {
    if (!this.#agent.connected) {
      return;
    }
    const gone = once(this.#agent, 'exit');
    this.#agent.disconnect();
    await gone;
  }

  #ask(command: AgentCommand): Promise<unknown> {
    const id = ++this.#lastId;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, ({ value, error }) => {
        if (error === undefined) {
          resolve(value);
        } else {
          reject(new Error(error));
        }
      });
      this.#agent.send({ id, command });
    });
  }
}
