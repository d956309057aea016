import { expect, it } from 'vitest';
import { offhook } from './testing/run.ts';

it('another machine is loaded only when that is asked for', async () => {
  const { code, stderr } = await offhook(['load', 'wss://phone.example.com', '--demo']);
  expect(code).toBe(2);
  expect(stderr).toContain('--allow-remote');
});

it.each([
  ['--clients', '0'],
  ['--clients', '1.5'],
  ['--clients', '20001'],
  ['--calls-per-second', '-1'],
  ['--time', '2h'],
])('%s %s is out of bounds', async (...option) => {
  const { code, stderr } = await offhook(['load', 'ws://127.0.0.1:9', '--demo', ...option]);
  expect(code).not.toBe(0);
  expect(stderr).toMatch(/give a number|an hour at most/);
});

it('a gateway that does not answer is said, with its address', async () => {
  const { code, stderr } = await offhook(['load', 'ws://127.0.0.1:9', '--demo']);
  expect(code).toBe(2);
  expect(stderr).toContain('does not answer');
});
