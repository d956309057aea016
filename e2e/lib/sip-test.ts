import type { Spectrum } from '../pages/spectrum.ts';
import type { Baresip } from './baresip.ts';
import { Gateway } from './gateway.ts';
import type { Linphone } from './linphone.ts';
import { notTone, PHONE_HZ } from './phone-ear.ts';
import { PhoneNetwork } from './phone-network.ts';
import { expect, test as base } from './test.ts';

interface WorkerFixtures {
  network: PhoneNetwork;
}

/** Tests whose gateway has trunks to a telephone network. */
export const test = base.extend<object, WorkerFixtures>({
  network: [
    // eslint-disable-next-line no-empty-pattern -- Playwright reads the pattern
    async ({}, use) => {
      const network = await PhoneNetwork.start({ voice: PHONE_HZ });
      await use(network);
      await network.stop();
    },
    { scope: 'worker' },
  ],
  gateway: [
    async ({ network }, use) => {
      const gateway = await Gateway.start({ settings: { SIP: network.setting } });
      await expect.poll(() => gateway.metric('offhook_sip_trunk_up')).toBe(3);
      await use(gateway);
      expect(await gateway.stop(), gateway.logs.slice(-20).join('\n')).toBe('0');
    },
    { scope: 'worker' },
  ],
});

/** What a phone hears is this tone at the level of a voice. */
export async function phoneHears(
  phone: Pick<Baresip | Linphone, 'options' | 'hearUntil'>,
  frequency: number,
): Promise<Spectrum> {
  const heard = await phone.hearUntil((each) => notTone(each, frequency) === undefined);
  expect(notTone(heard, frequency), `${phone.options.user} hears`).toBeUndefined();
  return heard;
}

export { PHONE_HZ } from './phone-ear.ts';
export { expect } from './test.ts';
