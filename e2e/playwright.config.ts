import { defineConfig } from '@playwright/test';

const report = process.env['OFFHOOK_TEST_REPORT'];

/** Browser tests. Audio is measured in real time, so they run one after another, and a failure is a failure. */
export default defineConfig({
  testDir: '.',
  testMatch: '*.spec.ts',
  // Has a command of its own: npm run e2e:parity.
  testIgnore: 'parity/**',
  outputDir: '../test-results',
  workers: 1,
  retries: 0,
  forbidOnly: process.env['CI'] !== undefined,
  timeout: 60_000,
  expect: { timeout: 10_000 },
  reporter: report ? [['list'], ['json', { outputFile: report }]] : [['list']],
});
