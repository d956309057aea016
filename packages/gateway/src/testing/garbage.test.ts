import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

const fixture = fileURLToPath(new URL('./garbage.fixture.ts', import.meta.url));

it('what a thread of the compiler holds is not counted as kept, however late the thread is', async () => {
  const { stdout } = await promisify(execFile)(process.execPath, [
    '--disable-warning=ExperimentalWarning',
    // The function that is handed over is compiled on its own, and late.
    ...['--no-use-osr', '--concurrent-recompilation-delay=500'],
    fixture,
  ]);
  // The objects are 10 MB.
  expect(Number(stdout)).toBeLessThan(1_000_000);
}, 60_000);
