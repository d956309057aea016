import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

const program = fileURLToPath(new URL('testing/allocations.fixture.ts', import.meta.url));
const flags = [
  '--conditions=offhook-source',
  '--disable-warning=ExperimentalWarning',
  '--expose-gc',
  '--min-semi-space-size=256',
  '--max-semi-space-size=256',
];

/**
 * A budget, not a time: nearly the same on every machine. 3.5 KiB of it are objects, most of them of Node's two ciphers, which
 * cannot be used again for another packet; 311 bytes are what was decrypted and what is sent.
 */
it('a packet that is relayed costs a bounded amount of memory', async () => {
  // What a gateway does: no ledger of nonces.
  const env = { ...process.env, OFFHOOK_TEST_ASSERT_NONCES: '0' };
  const { stdout } = await promisify(execFile)(process.execPath, [...flags, program], { env });
  const { heap, buffers, ...counts } = JSON.parse(stdout) as Record<string, number>;
  expect(counts).toEqual({ relayed: 10_000, collections: 0 });
  expect(heap).toBeLessThanOrEqual(4096);
  expect(buffers).toBeLessThanOrEqual(320);
}, 60_000);
