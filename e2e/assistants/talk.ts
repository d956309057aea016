import type { BrowserContext, Page } from '@playwright/test';
import { bundle } from '../lib/bundle.ts';
import { listenable, launch } from '../lib/browser.ts';
import type { LogEntry } from '../pages/driver.ts';
import type { Lab } from './lab.ts';
import type { Timeline } from './timeline.ts';

/** A visitor who talks to an assistant in a browser of their own. */
export class Talk {
  readonly page: Page;
  readonly callId: string;
  readonly #close: () => Promise<void>;

  private constructor(page: Page, callId: string, close: () => Promise<void>) {
    this.page = page;
    this.callId = callId;
    this.#close = close;
  }

  static async start(lab: Lab, assistant: string, microphone: string, dial = ''): Promise<Talk> {
    const browser = await launch(microphone);
    try {
      const context = await listenable(browser);
      const page = await visit(lab, context);
      await signIn(page, lab, assistant);
      const callId = await page.evaluate(
        (destinationNumber) => window.driver.dial({ destinationNumber }),
        dial,
      );
      await page.waitForFunction(
        (id) => window.driver.calls().find((call) => call.id === id)?.state === 'active',
        callId,
        { timeout: 20_000 },
      );
      await page.evaluate(() => window.timeline.start());
      return new Talk(page, callId, () => browser.close());
    } catch (error) {
      await browser.close();
      throw error;
    }
  }

  /** The events of the conversation so far. */
  async events(): Promise<Record<string, unknown>[]> {
    const log = await this.page.evaluate(() => [...window.driver.log]);
    return log.flatMap((entry) => conversationOf(entry));
  }

  /** Until an event holds that; returns it. */
  async until(
    what: string,
    holds: (event: Record<string, unknown>) => boolean,
    ms = 20_000,
  ): Promise<Record<string, unknown>> {
    const late = Date.now() + ms;
    for (;;) {
      const events = await this.events();
      const found = events.find((event) => holds(event));
      if (found) {
        return found;
      }
      if (Date.now() > late) {
        const types = events.map(({ type }) => String(type)).join(', ');
        throw new Error(`not within ${String(ms)} ms: ${what}; there were: ${types}`);
      }
      await this.page.waitForTimeout(50);
    }
  }

  invoke(method: string, ...args: unknown[]): Promise<unknown> {
    return this.page.evaluate(([id, name, given]) => window.driver.invoke(id, name, given), [
      this.callId,
      method,
      args,
    ] as const);
  }

  async end(): Promise<Timeline> {
    const timeline = await this.page.evaluate(() => window.timeline.stop());
    await this.invoke('hangup');
    await this.page.evaluate(() => window.driver.signOut());
    await this.#close();
    return timeline;
  }

  async abandon(): Promise<void> {
    await this.#close();
  }
}

async function visit(lab: Lab, context: BrowserContext): Promise<Page> {
  await context.addInitScript({ content: await bundle('assistants/timeline.ts') });
  const page = await context.newPage();
  await page.goto(lab.site.url('offhook'));
  return page;
}

function signIn(page: Page, lab: Lab, assistant: string): Promise<void> {
  return page.evaluate(
    ([host, id]) =>
      window.driver.signIn({
        host,
        anonymous_login: { target_id: id, target_type: 'ai_assistant' },
      }),
    [lab.gateway.host, assistant] as const,
  );
}

function conversationOf({ event, detail }: LogEntry): Record<string, unknown>[] {
  if (event !== 'ai.conversation') {
    return [];
  }
  const { params } = detail as { readonly params?: Record<string, unknown> };
  return params ? [params] : [];
}

/** What a visitor is told who asks for an assistant that is not for visitors. */
export async function refusedFor(lab: Lab, assistant: string, microphone: string): Promise<string> {
  const browser = await launch(microphone);
  try {
    const page = await visit(lab, await listenable(browser));
    return await signIn(page, lab, assistant).then(
      () => 'let in',
      (error: unknown) => String(error),
    );
  } finally {
    await browser.close();
  }
}
