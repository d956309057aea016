import { Phone } from '../lib/phone.ts';
import type { Step } from '../check/steps.ts';
import type { Visitor } from './visitor.ts';

/** Somebody at the page, whose account stands in it, and somebody at the web phone of the gateway. */
export interface Tag {
  readonly owner: Visitor;
  readonly staff: Visitor;
  readonly gateway: string;
}

export const tagSteps: readonly Step<Tag>[] = [
  [
    'a script tag with its hash is a phone',
    async ({ owner, staff, gateway }) => {
      await Promise.all([new Phone(staff.page).signIn(gateway, staff.user), owner.open()]);
      await owner.isReady();
      const integrity = await owner.page.locator('script[src]').getAttribute('integrity');
      if (!/^sha384-[\w+/]{64}$/.test(integrity ?? '')) {
        throw new Error(`The script tag says integrity="${String(integrity)}"`);
      }
      await owner.picture('script-tag-ready');
      return integrity ?? '';
    },
  ],
  [
    'it calls',
    async ({ owner, staff }) => {
      const phone = new Phone(staff.page);
      await owner.page.getByLabel('Number or name').fill(staff.user);
      await owner.press('Call');
      await phone.rings();
      await phone.click('answer');
      await owner.reads('Connected');
      await owner.picture('script-tag-call');
      const heard = [owner.hears(staff.frequency), staff.hears(owner.frequency)];
      const both = (await Promise.all(heard)).join(', ');
      await owner.press('End');
      await phone.showsNoCall();
      return both;
    },
  ],
  [
    'it is called',
    async ({ owner, staff }) => {
      const phone = new Phone(staff.page);
      await phone.dial(owner.user);
      await owner.press('Answer');
      await phone.shows('active');
      const heard = [owner.hears(staff.frequency), staff.hears(owner.frequency)];
      const both = (await Promise.all(heard)).join(', ');
      await phone.click('hangup');
      await owner.reads('Call ended');
      owner.expectNoComplaint();
      return both;
    },
  ],
  [
    'a script that is not the one of the hash does not run',
    async ({ owner }) => {
      await owner.page.route('**/offhook-phone.js', async (route) => {
        const response = await route.fetch();
        await route.fulfill({ response, body: `${await response.text()}\n// another byte` });
      });
      await owner.open();
      const isDefined = await owner.page.evaluate(
        () => customElements.get('offhook-phone') !== undefined,
      );
      if (isDefined) {
        throw new Error('It ran');
      }
      return undefined;
    },
  ],
];
