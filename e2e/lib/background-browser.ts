import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { chromiumPath } from './browser.ts';

interface Reply {
  readonly id?: number;
  readonly result?: unknown;
  readonly error?: { readonly message: string };
}

/**
 * A Chromium whose tabs can be in the background. Playwright tells every page that it is looked at, and switches the throttling of timers off;
 * so this one speaks the DevTools protocol by itself.
 */
export class BackgroundBrowser {
  readonly #process: ChildProcess;
  readonly #folder: string;
  readonly #replies = new Map<number, (reply: Reply) => void>();
  #last = 0;

  /** @param graceSeconds in the background, after which timers run once a minute; Chromium's own is 300 */
  constructor(graceSeconds: number) {
    this.#folder = mkdtempSync(join(tmpdir(), 'offhook-e2e-background-'));
    this.#process = spawn(
      chromiumPath,
      [
        ...['--headless', '--no-sandbox', '--disable-gpu', '--no-first-run', '--mute-audio'],
        ...['--use-fake-device-for-media-stream', '--use-fake-ui-for-media-stream'],
        '--disable-background-networking',
        `--enable-features=IntensiveWakeUpThrottling:grace_period_seconds/${String(graceSeconds)}`,
        ...[`--user-data-dir=${this.#folder}`, '--remote-debugging-pipe', 'about:blank'],
      ],
      { stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'] },
    );
    let rest = '';
    (this.#process.stdio[4] as Readable).setEncoding('utf8').on('data', (text: string) => {
      const messages = (rest + text).split('\0');
      rest = messages.pop() ?? '';
      for (const message of messages) {
        const reply = JSON.parse(message) as Reply;
        this.#replies.get(reply.id ?? 0)?.(reply);
        this.#replies.delete(reply.id ?? 0);
      }
    });
  }

  /** A tab before all others, which are in the background from then on. */
  async open(url: string): Promise<Tab> {
    const { targetId } = (await this.send('Target.createTarget', { url })) as { targetId: string };
    const { sessionId } = (await this.send('Target.attachToTarget', {
      targetId,
      flatten: true,
    })) as { sessionId: string };
    return new Tab(this, targetId, sessionId);
  }

  async send(method: string, params: object = {}, sessionId?: string): Promise<unknown> {
    this.#last += 1;
    const id = this.#last;
    const replied = new Promise<Reply>((resolve) => this.#replies.set(id, resolve));
    const text = JSON.stringify({ id, method, params, ...(sessionId && { sessionId }) });
    (this.#process.stdio[3] as Writable).write(`${text}\0`);
    const { result, error } = await replied;
    if (error) {
      throw new Error(`${method}: ${error.message}`);
    }
    return result;
  }

  async close(): Promise<void> {
    const ended = new Promise((resolve) => this.#process.once('exit', resolve));
    await this.send('Browser.close');
    await ended;
    rmSync(this.#folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** One tab, which nobody looks at when another one was opened or brought to the front after it. */
export class Tab {
  readonly #browser: BackgroundBrowser;
  readonly #target: string;
  readonly #session: string;

  constructor(browser: BackgroundBrowser, target: string, session: string) {
    this.#browser = browser;
    this.#target = target;
    this.#session = session;
  }

  /** The value of an expression, or of the promise that it is. */
  async evaluate<T>(expression: string): Promise<T> {
    const { result, exceptionDetails } = (await this.#send('Runtime.evaluate', {
      expression,
      awaitPromise: true,
      returnByValue: true,
      userGesture: true,
    })) as { result: { value: T }; exceptionDetails?: { exception?: { description?: string } } };
    if (exceptionDetails) {
      throw new Error(exceptionDetails.exception?.description ?? expression);
    }
    return result.value;
  }

  async front(): Promise<void> {
    await this.#browser.send('Target.activateTarget', { targetId: this.#target });
  }

  /** As the browser does with tabs in the background to save power: nothing of the page runs. */
  async freeze(frozen: boolean): Promise<void> {
    const state = frozen ? 'frozen' : 'active';
    await this.#send('Page.setWebLifecycleState', { state });
  }

  #send(method: string, params: object): Promise<unknown> {
    return this.#browser.send(method, params, this.#session);
  }
}
