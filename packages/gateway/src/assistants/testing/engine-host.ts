import { lookup } from 'node:dns';
import type { ConversationItem } from '@offhook/protocol';
import type { Tool } from '../definition.ts';
import type { EngineError, EngineHost, EngineSetup } from '../engine.ts';

/** Hears everything that an engine tells, for tests. */
export class HostEar {
  /** In order, such as `responding`, `said Hello`, `voice 2400 last`. */
  readonly told: string[] = [];
  readonly responses: string[] = [];
  readonly errors: EngineError[] = [];
  readonly calls: { readonly id: string; readonly name: string; readonly args: string }[] = [];
  samples = 0;
  readonly #waiting = new Set<() => void>();

  readonly host: EngineHost = {
    responding: (id) => {
      this.responses.push(id);
      this.#note('responding');
    },
    voice: (_id, pcm, _rate, last) => {
      this.samples += pcm.length;
      this.#note(`voice${last ? ' last' : ''}`);
    },
    said: (_id, text, final) => {
      this.#note(`${final ? 'said' : 'saying'} ${text}`);
    },
    responded: (_id, status) => {
      this.#note(`responded ${status}`);
    },
    heard: (utterance, text, final) => {
      this.#note(`${final ? 'heard' : 'hearing'} ${utterance} ${text ?? '-'}`);
    },
    bargedIn: () => {
      this.#note('bargedIn');
    },
    callTool: (id, name, args) => {
      this.calls.push({ id, name, args });
      this.#note(`call ${name} ${args}`);
    },
    figures: () => undefined,
    used: ({ input, output }) => {
      this.#note(`used ${String(input)} ${String(output)}`);
    },
    failed: (error) => {
      this.errors.push(error);
      this.#note(`failed ${error.code}`);
    },
    log: (message) => {
      this.#note(`log ${message}`);
    },
    hangup: () => {
      this.#note('hangup');
    },
  };

  setup(
    more: { tools?: readonly Tool[]; history?: readonly ConversationItem[] } = {},
  ): EngineSetup {
    return {
      host: this.host,
      greeting: 'Hello there.',
      instructions: 'Be kind.',
      tools: () => more.tools ?? [],
      history: more.history ?? [],
      lookup,
      guard: {
        run: (work) => {
          work();
        },
        settle: (work) => {
          void work();
        },
      },
      clock: {
        monotonic: () => performance.now(),
        schedule: (callback, ms) => {
          const timer = setTimeout(callback, ms);
          return () => {
            clearTimeout(timer);
          };
        },
      },
    };
  }

  has(line: string | RegExp): boolean {
    return this.told.some((each) => (typeof line === 'string' ? each === line : line.test(each)));
  }

  count(line: string | RegExp): number {
    return this.told.filter((each) => (typeof line === 'string' ? each === line : line.test(each)))
      .length;
  }

  /** Until it was told so, as often as said. */
  until(line: string | RegExp, times = 1, ms = 8000): Promise<void> {
    return this.when(() => this.count(line) >= times, String(line), ms);
  }

  when(condition: () => boolean, what: string, ms = 8000): Promise<void> {
    if (condition()) {
      return Promise.resolve();
    }
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#waiting.delete(check);
        reject(new Error(`not within ${String(ms)} ms: ${what}; told: ${this.told.join(' | ')}`));
      }, ms);
      const check = (): void => {
        if (!condition()) {
          return;
        }
        clearTimeout(timer);
        this.#waiting.delete(check);
        resolve();
      };
      this.#waiting.add(check);
    });
  }

  #note(line: string): void {
    this.told.push(line);
    for (const check of [...this.#waiting]) {
      check();
    }
  }
}
