import { describe, expect, it, onTestFinished } from 'vitest';
import { dial, hangup } from '../signaling/testing/fixture.ts';
import { LossyRelay } from './testing/lossy-relay.ts';
import { SipSetting } from './testing/setting.ts';
import { freePort, hasSipp, Sipp } from './testing/sipp.ts';
import { SkippingClock } from './testing/skipping-clock.ts';

const NUMBER = '+494011122';

/** Of a user who places many calls at once, by a trunk that takes them. */
const MANY = {
  callers: [{ users: ['1001'], routes: ['+49'], callsAtOnce: 100, callerIds: ['+4930100'] }],
};
const CALLS = 50;
const LOSS = { share: 0.2, delay: 60 };

async function relayTo(port: number): Promise<LossyRelay> {
  const relay = await LossyRelay.open(port, LOSS);
  onTestFinished(() => {
    relay.close();
  });
  return relay;
}

/** Every timer of a call is gone; the next ping's is left. */
async function nothingIsLeft(clock: SkippingClock, { fixture }: SipSetting): Promise<void> {
  await expect.poll(() => fixture.server.stats().calls, { timeout: 30_000 }).toBe(0);
  expect(fixture.media.legs.size).toBe(0);
  clock.skip(200_000);
  await expect.poll(() => clock.pending).toBeLessThanOrEqual(1);
}

describe.skipIf(!hasSipp)(
  'where every fifth datagram is lost, and they overtake each other',
  () => {
    const lossy = ['-default_behaviors', 'none', '-max_retrans', '12'];

    it(`${String(CALLS)} calls into the network are all set up and ended`, async () => {
      const [port, clock] = [await freePort(), SkippingClock.forTest()];
      const relay = await relayTo(port);
      const keys = { relay: String(relay.port) };
      const sipp = await Sipp.answering('lossy-answer', {
        port,
        keys,
        extra: lossy,
        calls: CALLS + 1,
      });
      const trunk = {
        servers: [`127.0.0.1:${String(relay.port)}`],
        pingSeconds: 3_600,
        callsAtOnce: 100,
      };
      const limits = { callsPerUser: 100 };
      const setting = await SipSetting.start(trunk, MANY, undefined, {
        clock,
        fixture: { limits },
      });
      const ann = await (await setting.up()).fixture.register('1001');
      for (let call = 0; call < CALLS; call++) {
        await dial(ann, NUMBER);
      }
      for (let call = 0; call < CALLS; call++) {
        const { params } = await ann.next('answer');
        await hangup(ann, String(params?.['callID']), 'NORMAL_CLEARING', 16);
      }
      await sipp.done();
      await nothingIsLeft(clock, setting);
      expect(relay.lost).toBeGreaterThan(CALLS);
    });

    it(`${String(CALLS)} calls from the network are all set up and ended`, async () => {
      const clock = SkippingClock.forTest();
      const trunk = { pingSeconds: 3_600, callsAtOnce: 100 };
      const setting = await (await SipSetting.start(trunk, {}, undefined, { clock })).up();
      const relay = await relayTo(setting.sip.port);
      const sipp = await Sipp.calling('lossy-call', relay.port, '+4930200', {
        calls: CALLS,
        extra: [...lossy, '-r', '25', '-deadcall_wait', '0'],
      });
      await sipp.done();
      await nothingIsLeft(clock, setting);
      expect(relay.lost).toBeGreaterThan(CALLS);
    });
  },
);

describe.skipIf(!hasSipp)('a flood of calls from a stranger', () => {
  it('is refused a few times a second, keeps nothing, and hinders no call of the trunk', async () => {
    const clock = SkippingClock.forTest();
    const setting = await (
      await SipSetting.start({ pingSeconds: 3_600 }, {}, undefined, { clock })
    ).up();
    await Sipp.calling('flood', setting.sip.port, '+4930200', {
      address: '127.0.0.9',
      calls: 1_000,
      extra: ['-r', '500', '-default_behaviors', 'none'],
    });
    await expect.poll(() => setting.refused.length, { timeout: 20_000 }).toBeGreaterThan(100);
    const call = await Sipp.calling('call', setting.sip.port, '+4930200');
    await call.done();
    // The datagrams of a flood may be more than the system keeps for us.
    await expect.poll(() => setting.refused.length, { timeout: 20_000 }).toBeGreaterThan(500);
    expect(new Set(setting.refused)).toEqual(new Set(['stranger']));
    await nothingIsLeft(clock, setting);
  });
});
