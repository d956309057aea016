import { expect, it } from 'vitest';
import { at, node } from './paths.mjs';
import { run } from './run.mjs';

const FIXTURES = 'scripts/lib/testing/ended-processes';

it('a test process that ends by itself or by a signal is told with its exit code or signal, and its file', async () => {
  const vitest = [node, at('node_modules/vitest/vitest.mjs'), 'run'];
  const config = ['--config', at(FIXTURES, 'vitest.config.mjs')];
  const { code, output } = await run(
    'sh',
    // The one that faults is to leave no core in the folder.
    ['-c', 'ulimit -c 0; exec "$@"', 'sh', ...vitest, ...config],
    { quiet: true, env: { NO_COLOR: '1' } },
  );

  expect(code).toBe(1);
  const start = /^The test process \d+ of .*\/(\w+)\.fixture\.mjs /;
  const told = output.split('\n').filter((line) => start.test(line));
  const byFile = Object.fromEntries(
    told.map((line) => [start.exec(line)?.[1], line.replace(start, '')]),
  );
  expect(byFile, output).toEqual({
    killed: expect.stringMatching(/^was ended by SIGKILL \(9\) after \d+\.\d s\./),
    faulty: expect.stringMatching(/^was ended by SIGSEGV \(11\) after .* It left no core/),
    leaves: expect.stringMatching(/^ended by itself with exit code 7 after /),
  });
  expect(output).toMatch(/Tests .*1 passed/);
}, 120_000);
