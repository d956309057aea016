import { Phone } from '../lib/phone.ts';
import type { Step } from '../check/steps.ts';
import type { Visitor } from './visitor.ts';

/** Somebody at the page of the shop, and its staff at the web phone of the gateway. */
export interface Shop {
  readonly visitor: Visitor;
  readonly staff: Visitor;
  readonly gateway: string;
}

export const shopSteps: readonly Step<Shop>[] = [
  [
    'the staff signs in',
    async ({ staff, gateway }) => {
      await new Phone(staff.page).signIn(gateway, staff.user);
      return undefined;
    },
  ],
  [
    'a visitor calls by one button',
    async ({ visitor, staff }) => {
      const phone = new Phone(staff.page);
      await visitor.open();
      await visitor.press('Talk to the workshop');
      await visitor.picture('click-to-call');
      await visitor.press('Call');
      await phone.rings();
      await phone.click('answer');
      await phone.shows('active');
      await visitor.reads('Connected');
      await visitor.picture('click-to-call-call');
      const heard = [visitor.hears(staff.frequency), staff.hears(visitor.frequency)];
      return (await Promise.all(heard)).join(', ');
    },
  ],
  [
    'the visitor hangs up',
    async ({ visitor, staff }) => {
      await visitor.press('End');
      await visitor.button('Call').waitFor();
      await new Phone(staff.page).showsNoCall();
      visitor.expectNoComplaint();
      return 'no exception, no error in the console of the shop';
    },
  ],
  [
    'another site gets no token',
    async ({ visitor }) => {
      const address = new URL('/visitor-token', visitor.page.url()).href;
      const headers = { 'sec-fetch-site': 'cross-site' };
      const foreign = (await visitor.page.request.post(address, { headers })).status();
      if (foreign !== 403) {
        throw new Error(`It was answered ${String(foreign)}`);
      }
      return String(foreign);
    },
  ],
];
