import { it } from 'vitest';

it('leaves without a word', () => {
  process.reallyExit(7);
});
