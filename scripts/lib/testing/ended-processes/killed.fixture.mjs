import { expect, it } from 'vitest';

it('goes on', () => {
  expect(process.pid).toBeGreaterThan(0);
});

it('is killed', async () => {
  process.kill(process.pid, 'SIGKILL');
  await new Promise(() => undefined);
});
