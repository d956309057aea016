import type { Browser } from '@playwright/test';
import { launch } from './browser.ts';

/** The browser whose microphone has this frequency. */
export type BrowserOf = (frequency: number) => Promise<Browser>;

/** A fixture of Playwright's: one browser a voice, kept for the worker. */
export const browserOf: [
  (none: object, use: (browserOf: BrowserOf) => Promise<void>) => Promise<void>,
  { scope: 'worker' },
] = [
  // eslint-disable-next-line no-empty-pattern -- Playwright reads the pattern
  async ({}, use) => {
    const browsers = new Map<number, Promise<Browser>>();
    await use((frequency) => {
      const browser = browsers.get(frequency) ?? launch(frequency);
      browsers.set(frequency, browser);
      return browser;
    });
    for (const browser of browsers.values()) {
      await (await browser).close();
    }
  },
  { scope: 'worker' },
];
