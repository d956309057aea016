import { defineConfig } from '@playwright/test';
import shared from '../playwright.config.ts';

/** The differential run and the option tests: `npm run e2e:parity`. */
export default defineConfig({
  ...shared,
  testDir: '.',
  testIgnore: [],
  outputDir: '../../test-results',
});
