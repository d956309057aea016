import type { BrowserContext } from '@playwright/test';
import { test as base, expect } from '@playwright/test';
import { listenable } from './browser.ts';
import { browserOf } from './browser-of.ts';
import type { BrowserOf } from './browser-of.ts';
import { Gateway } from './gateway.ts';
import { Party } from './party.ts';
import { startSite } from './site.ts';
import type { Sdk, Site } from './site.ts';

/** The voices of the demo users: far apart, none a multiple of another's neighbour, all well inside Opus and PCMU. */
const voices: Readonly<Record<string, number>> = {
  '1001': 440,
  '1002': 880,
  '1003': 660,
  '1004': 1100,
};

export interface PartyOptions {
  /** Default `offhook`. */
  readonly sdk?: Sdk;
  /** Of the microphone, in Hz; by default the user's own. */
  readonly frequency?: number;
  /** Client options beside `host` and, without `login`, a `login_token`; `false` leaves the party signed out. */
  readonly options?: object | false;
  /** All calls play in one element of the page (default), as with the reference; else each in its own. */
  readonly shared?: boolean;
  /** Another than the shared one. */
  readonly gateway?: Gateway;
}

/** Opens a page for a demo user, and signs in. */
export type OpenParty = (user: string, options?: PartyOptions) => Promise<Party>;

export interface TestFixtures {
  party: OpenParty;
  /** Fails a test in which the gateway died or logged a mistake of its own. */
  sound: undefined;
}

export interface WorkerFixtures {
  gateway: Gateway;
  site: Site;
  browserOf: BrowserOf;
}

export const test = base.extend<TestFixtures, WorkerFixtures>({
  gateway: [
    // eslint-disable-next-line no-empty-pattern -- Playwright reads the pattern
    async ({}, use) => {
      const gateway = await Gateway.start();
      await use(gateway);
      const code = await gateway.stop();
      expect(code, `exit code of the gateway\n${gateway.logs.slice(-20).join('\n')}`).toBe('0');
    },
    { scope: 'worker' },
  ],
  site: [
    // eslint-disable-next-line no-empty-pattern -- Playwright reads the pattern
    async ({}, use) => {
      const site = await startSite();
      await use(site);
      await site.close();
    },
    { scope: 'worker' },
  ],
  browserOf,
  sound: [
    async ({ gateway }, use, testInfo) => {
      const before = gateway.logs.length;
      const errors = gateway.errors.length;
      await use(undefined);
      const logs = gateway.logs.slice(before).join('\n');
      if (testInfo.status !== testInfo.expectedStatus) {
        await testInfo.attach('gateway log', { body: logs, contentType: 'text/plain' });
      }
      expect(gateway.exited, `the gateway died\n${logs}`).toBe(false);
      expect(gateway.errors.slice(errors), 'mistakes in the gateway log').toEqual([]);
    },
    { auto: true },
  ],
  party: async ({ gateway: common, site, browserOf }, use, testInfo) => {
    const parties: Party[] = [];
    const contexts: BrowserContext[] = [];
    const before = await common.metric('offhook_calls');
    await use(
      async (
        user,
        { sdk = 'offhook', frequency, options = {}, shared = true, gateway = common } = {},
      ) => {
        const voice = frequency ?? voices[user] ?? 550;
        const context = await listenable(await browserOf(voice));
        contexts.push(context);
        const page = await context.newPage();
        const party = new Party(user, voice, context, page, gateway.host);
        parties.push(party);
        await page.goto(site.url(sdk));
        if (options !== false) {
          const token = 'login' in options ? {} : { login_token: await gateway.token(user) };
          await party.signIn(
            {
              ...token,
              ...(sdk === 'reference' ? quiet : {}),
              ...options,
            },
            shared,
          );
        }
        return party;
      },
    );
    if (testInfo.status !== testInfo.expectedStatus) {
      await attach(parties, testInfo);
    }
    for (const party of parties) {
      if (!party.page.isClosed()) {
        await party.signOut();
      }
    }
    await Promise.all(contexts.map((context) => context.close()));
    // A page that vanished leaves its call waiting for it; every other call is over now.
    if (!parties.some(({ vanished }) => vanished) && !common.exited) {
      await expect.poll(() => common.metric('offhook_calls')).toBeLessThanOrEqual(before);
    }
    const crashes = parties.flatMap((party) => party.crashes);
    expect(crashes, 'exceptions that nobody caught').toEqual([]);
  },
});

/** The reference asks Telnyx's and Google's servers unless told not to; tests stay on this machine. */
const quiet = { iceServers: [], enableCallReports: false, prefetchIceCandidates: false };

async function attach(
  parties: readonly Party[],
  testInfo: {
    attach: (name: string, body: { body: string; contentType: string }) => Promise<void>;
  },
): Promise<void> {
  for (const [index, party] of parties.entries()) {
    const log = party.page.isClosed() ? [] : await party.log().catch(() => []);
    const frames = party.frames.all.map(
      ({ from, text }) => `${from === 'page' ? '→' : '←'} ${text}`,
    );
    const told = log.map(({ at, ...entry }) => `${at.toFixed(0)} ${JSON.stringify(entry)}`);
    const body = [...told, '', ...frames, '', ...party.console, ...party.crashes].join('\n');
    await testInfo.attach(`${party.user} (${String(index)})`, { body, contentType: 'text/plain' });
  }
}

export { expect } from '@playwright/test';
