import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, BrowserContext, Locator, Page, WebSocket } from '@playwright/test';
import { describe, hearSilence, hearTone, isSilent, notTone } from '../lib/audio.ts';
import { listenable } from '../lib/browser.ts';

const WAIT_MS = 15_000;
const SIZES = [
  [375, 760],
  [1280, 800],
] as const;

export interface Account {
  readonly user: string;
  readonly password: string;
}

export interface VisitorOptions {
  readonly browser: Browser;
  readonly account: Account;
  /** Of the browser's microphone, in Hz. */
  readonly frequency: number;
  readonly url: string;
  /** Where pictures go; without it none are taken. */
  readonly pictures?: string | undefined;
}

/** Somebody at the page of an example, who knows only what is on the screen and what is heard. */
export class Visitor {
  readonly user: string;
  readonly frequency: number;
  readonly page: Page;
  readonly complaints: string[] = [];
  readonly #sockets = new Set<WebSocket>();
  readonly #options: VisitorOptions;
  readonly #context: BrowserContext;

  static async at(options: VisitorOptions): Promise<Visitor> {
    const context = await listenable(options.browser, { viewport: { width: 420, height: 860 } });
    return new Visitor(options, context, await context.newPage());
  }

  private constructor(options: VisitorOptions, context: BrowserContext, page: Page) {
    this.#options = options;
    this.#context = context;
    this.page = page;
    this.user = options.account.user;
    this.frequency = options.frequency;
    page.setDefaultTimeout(WAIT_MS);
    page.on('websocket', (socket) => {
      this.#sockets.add(socket);
      socket.on('close', () => this.#sockets.delete(socket));
    });
    page.on('pageerror', (error) => this.complaints.push(error.stack ?? error.message));
    page.on('console', (message) => {
      if (message.type() === 'error') {
        this.complaints.push(message.text());
      }
    });
  }

  button(name: string): Locator {
    return this.page.getByRole('button', { name, exact: true });
  }

  async press(name: string): Promise<void> {
    await this.button(name).click();
  }

  async fill(label: string, text: string): Promise<void> {
    await this.page.getByLabel(label).fill(text);
  }

  async open(): Promise<void> {
    await this.page.goto(this.#options.url);
  }

  async signIn(password = this.#options.account.password): Promise<void> {
    await this.#enter(password);
    await this.press('Sign in');
  }

  /** As a double click on "Sign in". */
  async signInTwice(): Promise<void> {
    await this.#enter(this.#options.account.password);
    await this.button('Sign in').evaluate(({ form }: HTMLButtonElement) => {
      form?.requestSubmit();
      form?.requestSubmit();
    });
  }

  /** A page that signed in once has one connection to its gateway. */
  expectOneSocket(): void {
    if (this.#sockets.size !== 1) {
      throw new Error(`${this.user} has ${String(this.#sockets.size)} sockets`);
    }
  }

  async #enter(password: string): Promise<void> {
    await this.fill('User', this.user);
    await this.fill('Password', password);
  }

  async isReady(): Promise<void> {
    await this.reads('Ready');
  }

  async reads(text: string | RegExp): Promise<void> {
    await this.page.getByText(text, { exact: true }).first().waitFor();
  }

  async call(number: string): Promise<void> {
    await this.fill('Number', number);
    await this.press('Call');
  }

  /** A call on the screen, by its state. */
  async shows(state: string): Promise<void> {
    await this.page.locator(`[data-state="${state}"]`).filter({ visible: true }).first().waitFor();
  }

  /** @param peer which call of the page, from 0; else the last one */
  async hears(frequency: number, peer?: number): Promise<string> {
    const hearing = await hearTone(this.page, frequency, peer);
    const problem = notTone(hearing, frequency);
    if (problem !== undefined) {
      throw new Error(`${this.user} hears ${describe(hearing)}: ${problem}`);
    }
    return `${this.user} hears ${describe(hearing)}`;
  }

  async hearsNothing(): Promise<string> {
    const hearing = await hearSilence(this.page);
    if (!isSilent(hearing)) {
      throw new Error(`${this.user} hears ${describe(hearing)}, wanted silence`);
    }
    return `${this.user} hears ${describe(hearing)}`;
  }

  /** Pictures of the page as it is: narrow and wide, light and dark. */
  async picture(name: string): Promise<void> {
    const { pictures } = this.#options;
    if (pictures === undefined) {
      return;
    }
    mkdirSync(pictures, { recursive: true });
    for (const colorScheme of ['light', 'dark'] as const) {
      await this.page.emulateMedia({ colorScheme });
      for (const [width, height] of SIZES) {
        await this.page.setViewportSize({ width, height });
        const path = join(pictures, `${name}-${String(width)}-${colorScheme}.png`);
        await this.page.screenshot({ path, fullPage: true });
      }
    }
  }

  /** What the page wrote to its console as an error, and what it threw. */
  expectNoComplaint(): void {
    if (this.complaints.length > 0) {
      throw new Error(this.complaints.join('\n'));
    }
  }

  close(): Promise<void> {
    return this.#context.close();
  }
}
