import type { BrowserContext, Page } from '@playwright/test';
import { expect } from '@playwright/test';
import type { CallRecord, LogEntry } from '../pages/driver.ts';
import type { Hearing } from './audio.ts';
import { FrameLog } from './frames.ts';
import { describe, hearSilence, hearTone, isSilent, notTone } from './audio.ts';

/** One person at one page: a browser of their own, a tone as their voice, an SDK. */
export class Party {
  readonly user: string;
  readonly frequency: number;
  readonly page: Page;
  readonly frames: FrameLog;
  /** Exceptions that nobody caught. */
  readonly crashes: string[] = [];
  readonly console: string[] = [];
  vanished = false;
  readonly #context: BrowserContext;
  readonly #host: string;
  readonly #taken = new Set<string>();

  constructor(user: string, frequency: number, context: BrowserContext, page: Page, host: string) {
    this.user = user;
    this.frequency = frequency;
    this.page = page;
    this.#context = context;
    this.#host = host;
    page.on('pageerror', (error) => this.crashes.push(error.stack ?? error.message));
    page.on('console', (message) => this.console.push(`${message.type()}: ${message.text()}`));
    this.frames = new FrameLog(page);
  }

  /** Connects and waits for `telnyx.ready`; fails with the SDK's error. @param shared see {@link PartyOptions} */
  async signIn(options: object, shared = true): Promise<void> {
    const all = [{ host: this.#host, ...options }, shared] as const;
    await this.page.evaluate(([given, element]) => window.driver.signIn(given, element), all);
  }

  async signOut(): Promise<void> {
    await this.page.evaluate(() => window.driver.signOut());
  }

  async dial(destinationNumber: string, options: object = {}): Promise<CallView> {
    const all = { destinationNumber, callerName: `User ${this.user}`, ...options };
    const id = await this.page.evaluate((given) => window.driver.dial(given), all);
    this.#taken.add(id);
    return new CallView(this, id);
  }

  /** The next inbound call that nobody asked for before. */
  async incoming(): Promise<CallView> {
    const taken = [...this.#taken];
    const handle = await this.page.waitForFunction(
      (known) =>
        window.driver
          .calls()
          .find((call) => call.states.includes('ringing') && !known.includes(call.id))?.id,
      taken,
    );
    const id = await handle.jsonValue();
    if (id === undefined) {
      throw new Error('No inbound call.');
    }
    this.#taken.add(id);
    return new CallView(this, id);
  }

  calls(): Promise<CallRecord[]> {
    return this.page.evaluate(() => window.driver.calls());
  }

  log(): Promise<LogEntry[]> {
    return this.page.evaluate(() => [...window.driver.log]);
  }

  /** Codes of `telnyx.error` and `telnyx.warning` so far. */
  async codes(): Promise<number[]> {
    return (await this.log()).flatMap(({ code }) => (code === undefined ? [] : [code]));
  }

  async hears(who: Party | number, peer?: number): Promise<Hearing> {
    const frequency = typeof who === 'number' ? who : who.frequency;
    const hearing = await hearTone(this.page, frequency, peer);
    expect(notTone(hearing, frequency), `${this.user} hears ${describe(hearing)}`).toBeUndefined();
    return hearing;
  }

  async hearsSilence(peer?: number): Promise<Hearing> {
    const hearing = await hearSilence(this.page, peer);
    expect(isSilent(hearing), `${this.user} hears ${describe(hearing)}`).toBe(true);
    return hearing;
  }

  /** The tab is gone: no good-bye. */
  async vanish(): Promise<void> {
    this.vanished = true;
    await this.#context.close();
  }
}

/** A call as one party's page knows it. */
export class CallView {
  readonly party: Party;
  readonly id: string;

  constructor(party: Party, id: string) {
    this.party = party;
    this.id = id;
  }

  async record(): Promise<CallRecord> {
    const found = (await this.party.calls()).find(({ id }) => id === this.id);
    if (!found) {
      throw new Error(`${this.party.user} knows no call ${this.id}.`);
    }
    return found;
  }

  /** Waits until the call was told to the application in this state; fails when it ends first. */
  async reaches(state: string, timeout = 10_000): Promise<void> {
    await this.party.page.waitForFunction(
      ([id, wanted]) => {
        const states = window.driver.calls().find((call) => call.id === id)?.states ?? [];
        if (states.at(-1) === wanted || (wanted === 'destroy' && states.includes(wanted))) {
          return true;
        }
        if (states.includes('destroy')) {
          throw new Error(`The call went ${states.join(' → ')}.`);
        }
        return false;
      },
      [this.id, state] as const,
      { timeout },
    );
  }

  /** Waits for the end and returns what the application can read then. */
  async ended(timeout = 10_000): Promise<CallRecord> {
    await this.reaches('destroy', timeout);
    return this.record();
  }

  invoke(method: string, ...args: unknown[]): Promise<unknown> {
    const all = [this.id, method, args] as const;
    return this.party.page.evaluate(
      ([id, name, given]) => window.driver.invoke(id, name, given),
      all,
    );
  }

  /** Hands the far party over to that of another call. */
  handOver(other: CallView): Promise<unknown> {
    return this.party.page.evaluate(([id, to]) => window.driver.handOver(id, to), [
      this.id,
      other.id,
    ] as const);
  }

  answer(...args: unknown[]): Promise<unknown> {
    return this.invoke('answer', ...args);
  }

  hangup(...args: unknown[]): Promise<unknown> {
    return this.invoke('hangup', ...args);
  }
}
