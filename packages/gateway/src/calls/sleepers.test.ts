import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { answerNext, dial, Fixture, hangup } from '../signaling/testing/fixture.ts';
import type { WireClient } from '../signaling/testing/wire-client.ts';
import type { Sleepers, WakingCall } from './sleepers.ts';

/** Devices of 1003 and 1004 that sleep, and what they are told. */
class FakeSleepers implements Sleepers {
  readonly waitMs = 20_000;
  readonly told: string[] = [];
  readonly woken: WakingCall[] = [];
  rings: () => void = () => undefined;

  has(user: string): boolean {
    return ['1003', '1004', 'token-only'].includes(user);
  }

  wake(user: string, call: WakingCall, onRings: () => void): void {
    this.told.push(`wake ${user}`);
    this.woken.push(call);
    this.rings = onRings;
  }

  ended(user: string, _call: string, how: string): void {
    this.told.push(`${how} ${user}`);
  }
}

let sleepers: FakeSleepers;
let fixture: Fixture;
let caller: WireClient;

beforeEach(async () => {
  sleepers = new FakeSleepers();
  fixture = await Fixture.start({ sleepers });
  caller = await fixture.register('1001');
});

afterEach(async () => {
  await fixture.stop();
});

/** Waits until the gateway has done what a reply does not tell of. */
async function woken(): Promise<void> {
  await caller.barrier();
  expect(sleepers.told).toContain('wake 1003');
}

describe('a call to a user whose devices all sleep', () => {
  it('wakes them, is heard to ring when one will, and is answered by the page that signs in', async () => {
    await dial(caller, '1003');
    await woken();
    expect(sleepers.woken).toEqual([
      expect.objectContaining({ caller: expect.objectContaining({ number: '1001' }) as unknown }),
    ]);
    expect(caller.has('ringing')).toBe(false);
    sleepers.rings();
    await caller.next('ringing');
    await fixture.pass(10_000);
    const page = await fixture.register('1003');
    await answerNext(page);
    await caller.next('answer');
    expect(sleepers.told).toEqual(['wake 1003', 'over 1003']);
    // The wait is over too.
    await fixture.pass(30_000);
    expect(caller.has('bye')).toBe(false);
  });

  it('ends when none of them came in time: the call was missed', async () => {
    await dial(caller, '1003');
    await woken();
    await fixture.pass(21_000);
    expect((await caller.next('bye')).params).toMatchObject({ cause: 'NO_USER_RESPONSE' });
    expect(sleepers.told).toEqual(['wake 1003', 'missed 1003']);
  });

  it('a page that came in time rings as long as any other', async () => {
    await dial(caller, '1003');
    await woken();
    const page = await fixture.register('1003');
    await page.next('invite');
    await fixture.pass(30_000);
    expect(caller.has('bye')).toBe(false);
    await fixture.pass(31_000);
    expect((await caller.next('bye')).params).toMatchObject({ cause: 'NO_ANSWER' });
    expect(sleepers.told).toEqual(['wake 1003', 'missed 1003']);
  });

  it('a caller who gives up has been missed', async () => {
    const { callID } = await dial(caller, '1003');
    await woken();
    await hangup(caller, callID, 'USER_BUSY', 17);
    await expect.poll(() => sleepers.told).toEqual(['wake 1003', 'missed 1003']);
  });

  it('who refuses on the page that came has missed nothing', async () => {
    await dial(caller, '1003');
    await woken();
    const page = await fixture.register('1003');
    const invite = await page.next('invite');
    await hangup(page, String(invite.params?.['callID']), 'USER_BUSY', 17);
    expect((await caller.next('bye')).params).toMatchObject({ cause: 'USER_BUSY' });
    expect(sleepers.told).toEqual(['wake 1003', 'over 1003']);
  });

  it('is found also when no user of that name is known since the gateway started', async () => {
    await dial(caller, 'token-only');
    await caller.barrier();
    expect(sleepers.told).toEqual(['wake token-only']);
  });
});

describe('a call to a user with a page that is open and a device that sleeps', () => {
  it('rings both', async () => {
    const open = await fixture.register('1003');
    await dial(caller, '1003');
    await open.next('invite');
    await woken();
    const late = await fixture.register('1003');
    await answerNext(late);
    expect((await open.next('bye')).params).toMatchObject({ cause: 'LOSE_RACE' });
  });

  it('a page that vanished without a word leaves the rest of the wait to the other', async () => {
    await fixture.stop();
    fixture = await Fixture.start({ sleepers, timers: { unansweredParkSeconds: 5 } });
    caller = await fixture.register('1001');
    const open = await fixture.register('1003');
    await dial(caller, '1003');
    await open.next('invite');
    await fixture.drop(open);
    await fixture.pass(10_000);
    expect(caller.has('bye')).toBe(false);
    await answerNext(await fixture.register('1003'));
    await caller.next('answer');
  });
});

describe('a call to a user without any device', () => {
  it('ends at once, as before', async () => {
    await dial(caller, '1002');
    expect((await caller.next('bye')).params).toMatchObject({ cause: 'SUBSCRIBER_ABSENT' });
    expect(sleepers.told).toEqual([]);
  });
});
