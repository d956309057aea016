import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@playwright/test';

/** The short form of `npm run e2e:assistants`. */
test('visitors talk to an assistant of each engine, interrupt it, and reach nothing else', async () => {
  test.setTimeout(180_000);
  const run = fileURLToPath(new URL('assistants/run.ts', import.meta.url));
  const flags = ['--conditions=offhook-source', '--disable-warning=ExperimentalWarning'];
  const child = spawn(process.execPath, [...flags, run, '--quick'], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => (output += text));
  }
  const [code] = (await once(child, 'close')) as [number | null];
  expect(code, output).toBe(0);
});
