import { defineConfig } from 'vitest/config';

// Packages are tested from their sources, through the `offhook-source` condition of their exports.
const source = {
  resolve: { conditions: ['offhook-source'] },
  ssr: { resolve: { conditions: ['offhook-source'], externalConditions: ['offhook-source'] } },
};

export default defineConfig({
  test: {
    projects: [
      { ...source, test: { name: 'protocol', include: ['packages/protocol/src/**/*.test.ts'] } },
      { ...source, test: { name: 'client', include: ['packages/client/{src,test}/**/*.test.ts'] } },
      {
        ...source,
        test: {
          name: 'react',
          environment: 'jsdom',
          include: ['packages/react/src/**/*.test.{ts,tsx}', 'apps/*/src/**/*.test.{ts,tsx}'],
        },
      },
      {
        ...source,
        test: {
          name: 'gateway',
          pool: 'forks',
          include: ['packages/gateway/{src,test}/**/*.test.ts'],
          // A nonce that is used twice throws (media/embedded/rtp/nonce-ledger.ts).
          env: { OFFHOOK_ASSERT_NONCES: '1' },
          testTimeout: 20_000,
        },
      },
    ],
  },
});
