import { pino } from 'pino';
import { expect, it } from 'vitest';
import { ManualClock } from '../../signaling/testing/manual-clock.ts';
import { Doorkeeper, type DoorkeeperDeps } from './doorkeeper.ts';

it('a flood of datagrams with made-up senders keeps nobody out who is really there', () => {
  const keeper = new Doorkeeper({
    config: { realm: 'r', algorithms: ['MD5'] } as unknown as DoorkeeperDeps['config'],
    accounts: {} as DoorkeeperDeps['accounts'],
    guesses: {} as DoorkeeperDeps['guesses'],
    clock: new ManualClock(),
    logger: pino({ enabled: false }),
    count: () => undefined,
  });
  let answered = 0;
  for (let i = 0; i < 2_000; i++) {
    const address = `10.0.${String(i >> 8)}.${String(i & 255)}`;
    answered += keeper.mayAnswer({ address, isReal: false }) ? 1 : 0;
  }
  expect(answered).toBe(1_500);
  expect(keeper.mayAnswer({ address: '192.0.2.1', isReal: false })).toBe(false);
  expect(keeper.mayAnswer({ address: '192.0.2.1', isReal: true })).toBe(true);
});
