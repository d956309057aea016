import { defineConfig } from 'vitest/config';
import { testProcesses } from './scripts/lib/test-processes.mjs';

// Packages are tested from their sources, through the `offhook-source` condition of their exports.
const source = {
  resolve: { conditions: ['offhook-source'] },
  ssr: { resolve: { conditions: ['offhook-source'], externalConditions: ['offhook-source'] } },
};

/** For a test that never ends; a busy machine takes its time. Tests that may take longer say so themselves. */
const testTimeout = 60_000;

const pool = testProcesses;

/** A condition that is waited for: Vitest's second is less than a busy machine may keep a process waiting. */
const patience = { poll: { timeout: 30_000 } };

export default defineConfig({
  test: {
    projects: [
      {
        ...source,
        test: {
          name: 'scripts',
          testTimeout,
          pool,
          expect: patience,
          include: ['scripts/**/*.test.mjs'],
        },
      },
      {
        ...source,
        test: {
          name: 'protocol',
          testTimeout,
          pool,
          expect: patience,
          include: ['packages/protocol/src/**/*.test.ts'],
        },
      },
      {
        ...source,
        test: {
          name: 'client',
          testTimeout,
          pool,
          expect: patience,
          include: ['packages/client/{src,test}/**/*.test.ts'],
        },
      },
      {
        ...source,
        test: {
          name: 'react',
          testTimeout,
          pool,
          expect: patience,
          environment: 'jsdom',
          include: ['packages/react/src/**/*.test.{ts,tsx}', 'apps/*/src/**/*.test.{ts,tsx}'],
        },
      },
      {
        ...source,
        test: {
          name: 'gateway',
          pool,
          expect: patience,
          include: ['packages/gateway/{src,test}/**/*.test.ts'],
          // A nonce that is used twice throws (media/embedded/rtp/nonce-ledger.ts).
          env: { OFFHOOK_TEST_ASSERT_NONCES: '1' },
          testTimeout,
          hookTimeout: testTimeout,
        },
      },
    ],
  },
});
