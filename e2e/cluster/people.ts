import type { Browser } from '@playwright/test';
import { launch, listenable } from '../lib/browser.ts';
import { Party } from '../lib/party.ts';
import { startSite } from '../lib/site.ts';
import type { Site } from '../lib/site.ts';
import type { Cluster } from './cluster.ts';

/** Pages of people who come through the cluster's door, each with a voice that can be told from the others'. */
export class People {
  /** Where they sign in; given once it runs. */
  cluster: Cluster | null = null;
  readonly #site: Site;
  readonly #browsers: Browser[] = [];
  #voice = 440;

  static async start(): Promise<People> {
    return new People(await startSite());
  }

  private constructor(site: Site) {
    this.#site = site;
  }

  /** Of their pages. */
  get origin(): string {
    return new URL(this.#site.url('offhook')).origin;
  }

  /** Somebody who is signed in. */
  async join(user: string): Promise<Party> {
    const cluster = this.#there();
    const frequency = this.#voice;
    this.#voice += 220;
    const browser = await launch(frequency);
    this.#browsers.push(browser);
    const context = await listenable(browser);
    const page = await context.newPage();
    const party = new Party(user, frequency, context, page, cluster.host);
    await page.goto(this.#site.url('offhook'));
    await party.signIn({ login_token: cluster.issuer.token(user) });
    return party;
  }

  /** Two at two gateways, whose names are told: as many join as it takes. */
  async strangers(): Promise<{ near: Party; far: Party; nearAt: string; farAt: string }> {
    const first = await this.#joinSomewhere('user0');
    for (let tries = 1; tries <= this.#there().gateways.length; tries += 1) {
      const second = await this.#joinSomewhere(`user${String(tries)}`);
      if (second.at !== first.at) {
        return { near: first.party, far: second.party, nearAt: first.at, farAt: second.at };
      }
    }
    throw new Error('All came to one gateway.');
  }

  /** Somebody, with the name of the gateway that the door chose. */
  async #joinSomewhere(user: string): Promise<{ party: Party; at: string }> {
    const cluster = this.#there();
    const before = await cluster.clients();
    const party = await this.join(user);
    const after = await cluster.clients();
    const at = [...after.keys()].find((name) => (after.get(name) ?? 0) > (before.get(name) ?? 0));
    if (at === undefined) {
      throw new Error(`${party.user} is at no gateway.`);
    }
    return { party, at };
  }

  /** Two at one gateway, whose name is told: as many join as it takes. */
  async neighbours(): Promise<{ near: Party; far: Party; at: string }> {
    const cluster = this.#there();
    const homes = new Map<string, Party>();
    for (let tries = 0; tries <= cluster.gateways.length; tries += 1) {
      const { party: far, at } = await this.#joinSomewhere(`user${String(tries)}`);
      const near = homes.get(at);
      if (near !== undefined) {
        return { near, far, at };
      }
      homes.set(at, far);
    }
    throw new Error('No two came to one gateway.');
  }

  #there(): Cluster {
    if (this.cluster === null) {
      throw new Error('There is no cluster yet.');
    }
    return this.cluster;
  }

  async stop(): Promise<void> {
    await Promise.all(this.#browsers.map((browser) => browser.close()));
    await this.#site.close();
  }
}
