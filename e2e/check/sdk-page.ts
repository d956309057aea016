import type { Browser } from '@playwright/test';
import { launch, listenable } from '../lib/browser.ts';
import { Party } from '../lib/party.ts';
import { startSite, type Site } from '../lib/site.ts';

const USER = '1002';
const HZ = 880;

/** Demo user 1002 at an application's own page with the SDK; opened when it is first asked for. */
export class SdkPage {
  readonly #address: string;
  readonly #chromium: string;
  #opened: Promise<{ party: Party; browser: Browser; site: Site }> | null = null;

  constructor(address: string, chromium: string) {
    this.#address = address;
    this.#chromium = chromium;
  }

  async party(): Promise<Party> {
    this.#opened ??= this.#open();
    return (await this.#opened).party;
  }

  async close(): Promise<void> {
    const opened = await this.#opened?.catch(() => null);
    await opened?.browser.close();
    await opened?.site.close();
  }

  async #open(): Promise<{ party: Party; browser: Browser; site: Site }> {
    const site = await startSite();
    const browser = await launch(HZ, this.#chromium);
    const context = await listenable(browser);
    const page = await context.newPage();
    const host = this.#address.replace(/^http/, 'ws');
    const party = new Party(USER, HZ, context, page, host);
    await page.goto(site.url('offhook'));
    const response = await fetch(`${this.#address}/demo/session`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', origin: this.#address },
      body: JSON.stringify({ user: USER }),
    });
    const { login_token: token } = (await response.json()) as { login_token: string };
    await party.signIn({ login_token: token });
    return { party, browser, site };
  }
}
