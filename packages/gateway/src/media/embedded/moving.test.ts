import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

const run = promisify(execFile);
const program = fileURLToPath(new URL('testing/moving.fixture.ts', import.meta.url));
const flags = ['--conditions=offhook-source', '--disable-warning=ExperimentalWarning'];

it('addresses that a real machine gets and loses are named from then on, or no more; a call that stands goes on', async (context) => {
  const namespace = ['--map-root-user', '--net'];
  try {
    await run('unshare', [...namespace, 'ip', 'link', 'show', 'lo']);
  } catch {
    context.skip('no network namespace can be made here');
  }
  const { stdout } = await run('unshare', [...namespace, process.execPath, ...flags, program]);
  const told = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as unknown);
  expect(told).toEqual([
    { what: 'at the start', addresses: ['198.18.0.1'] },
    { what: 'two came', addresses: ['198.18.0.1', '198.18.1.1', '2001:2::1'] },
    { what: 'one went', addresses: ['198.18.0.1', '2001:2::1'] },
    { what: 'the call goes on' },
  ]);
}, 120_000);
