import type { Browser, Page } from '@playwright/test';
import { launch } from '../../e2e/lib/browser.ts';
import type { PartyOptions } from '../pages/party.ts';
import { BenchGateway } from './gateway.ts';
import { BenchSite } from './site.ts';
import type { PageName } from './site.ts';

/** A page of somebody who is signed in. */
export interface Actor {
  readonly page: Page;
  readonly user: string;
  close(): Promise<void>;
}

/** A gateway, a browser and pages in it: what every browser row needs. */
export class Stage {
  readonly gateway: BenchGateway;
  readonly browser: Browser;
  readonly #site: BenchSite;

  /** @param more of the gateway's configuration, by path */
  static async open(more: Readonly<Record<string, string>> = {}): Promise<Stage> {
    const site = await BenchSite.start();
    const settings = { origins: site.origin, ...more };
    const gateway = await BenchGateway.start({ media: true, settings });
    return new Stage(site, gateway, await launch(440));
  }

  private constructor(site: BenchSite, gateway: BenchGateway, browser: Browser) {
    this.#site = site;
    this.gateway = gateway;
    this.browser = browser;
  }

  /** A page in a context, and so in a process, of its own. */
  async page(name: PageName | 'blank'): Promise<Page> {
    const context = await this.browser.newContext();
    const page = await context.newPage();
    await page.goto(`${this.#site.origin}/${name}`);
    if (name === 'direct') {
      await page.waitForFunction(() => 'direct' in window);
    } else if (name !== 'blank') {
      await page.waitForFunction(() => 'party' in window);
    }
    return page;
  }

  async actor(
    name: Exclude<PageName, 'direct'>,
    options: Partial<PartyOptions> = {},
  ): Promise<Actor> {
    const page = await this.page(name);
    const { name: user, loginToken: token } = await this.gateway.token();
    const host = this.gateway.url.href;
    const given = { host, token, trickle: true, iceServers: [], ...options };
    await page.evaluate((all) => window.party.signIn(all), given);
    return {
      page,
      user,
      async close() {
        await page.evaluate(() => window.party.signOut());
        await page.context().close();
      },
    };
  }

  async close(): Promise<void> {
    await this.browser.close();
    await Promise.all([this.gateway.stop(), this.#site.close()]);
  }
}
