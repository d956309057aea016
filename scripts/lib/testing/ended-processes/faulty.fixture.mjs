import { it } from 'vitest';

it('touches memory that is not there', async () => {
  process.kill(process.pid, 'SIGSEGV');
  await new Promise(() => undefined);
});
