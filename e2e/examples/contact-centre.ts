import type { Locator } from '@playwright/test';
import type { Step } from '../check/steps.ts';
import type { Visitor } from './visitor.ts';

/** Three people at the board: one serves, two call. */
export interface Centre {
  readonly agent: Visitor;
  readonly bob: Visitor;
  readonly cleo: Visitor;
}

/** The call with somebody, on a board: by the user, or by a name that ends so. */
const card = ({ page }: Visitor, user: string): Locator =>
  page.getByRole('article', { name: new RegExp(`^Call with .*${user}$`) });

const press = (who: Visitor, user: string, name: string): Promise<void> =>
  card(who, user).getByRole('button', { name, exact: true }).click();

const shows = (who: Visitor, user: string, state: string): Promise<void> =>
  card(who, user)
    .and(who.page.locator(`[data-state="${state}"]`))
    .waitFor();

const together = async (...heard: readonly Promise<string>[]): Promise<string> =>
  (await Promise.all(heard)).join(', ');

async function hasNoCall({ page }: Visitor, why: string): Promise<void> {
  await page.getByRole('status').filter({ hasText: why }).waitFor();
}

/** One calls the board, and is answered there. */
async function reach(agent: Visitor, from: Visitor): Promise<void> {
  await from.call(agent.user);
  await press(agent, from.user, 'Answer');
  await shows(agent, from.user, 'active');
  await shows(from, agent.user, 'active');
}

export const centreSteps: readonly Step<Centre>[] = [
  [
    'three sign in',
    async ({ agent, bob, cleo }) => {
      const all = [agent, bob, cleo];
      await Promise.all(all.map((who) => who.open()));
      await agent.picture('contact-centre-sign-in');
      await Promise.all(all.map((who) => who.signIn()));
      await Promise.all(all.map((who) => who.isReady()));
      await agent.picture('contact-centre-ready');
      return undefined;
    },
  ],
  [
    'a call is answered',
    async ({ agent, bob }) => {
      await reach(agent, bob);
      return together(agent.hears(bob.frequency), bob.hears(agent.frequency));
    },
  ],
  [
    'a second one is: the first waits on hold',
    async ({ agent, bob, cleo }) => {
      await cleo.call(agent.user);
      await shows(agent, cleo.user, 'ringing');
      await agent.picture('contact-centre-waiting');
      await press(agent, cleo.user, 'Answer');
      await shows(agent, bob.user, 'held');
      await shows(agent, cleo.user, 'active');
      return together(agent.hears(cleo.frequency), cleo.hears(agent.frequency), bob.hearsNothing());
    },
  ],
  [
    'back to the first: the second waits',
    async ({ agent, bob, cleo }) => {
      await press(agent, bob.user, 'Resume');
      await shows(agent, cleo.user, 'held');
      await shows(agent, bob.user, 'active');
      return together(
        agent.hears(bob.frequency, 0),
        bob.hears(agent.frequency),
        cleo.hearsNothing(),
      );
    },
  ],
  [
    'the two are joined',
    async ({ agent, bob, cleo }) => {
      await press(agent, bob.user, 'Transfer');
      await agent.picture('contact-centre-transfer');
      await card(agent, bob.user)
        .getByRole('button', { name: new RegExp(`^Join with .*${cleo.user}$`) })
        .click();
      await hasNoCall(agent, 'Joined');
      await Promise.all([shows(bob, cleo.user, 'active'), shows(cleo, bob.user, 'active')]);
      const heard = await together(bob.hears(cleo.frequency), cleo.hears(bob.frequency));
      await press(bob, cleo.user, 'Hang up');
      await Promise.all([hasNoCall(bob, 'Call ended'), hasNoCall(cleo, 'Call ended')]);
      return heard;
    },
  ],
  [
    'nobody takes a call over: it is as it was',
    async ({ agent, bob, cleo }) => {
      await reach(agent, bob);
      await press(agent, bob.user, 'Transfer');
      await card(agent, bob.user).getByLabel('To another number').fill(cleo.user);
      await press(agent, bob.user, 'Hand over');
      await cleo.press('Decline');
      await agent.page
        .getByRole('alert')
        .filter({ hasText: 'Not handed over: Declined' })
        .waitFor();
      await agent.picture('contact-centre-refused');
      return together(agent.hears(bob.frequency), bob.hears(agent.frequency));
    },
  ],
  [
    'the call is handed over',
    async ({ agent, bob, cleo }) => {
      await press(agent, bob.user, 'Transfer');
      await card(agent, bob.user).getByLabel('To another number').fill(cleo.user);
      await press(agent, bob.user, 'Hand over');
      await cleo.press('Answer');
      await hasNoCall(agent, 'Handed over');
      await shows(bob, cleo.user, 'active');
      const heard = await together(bob.hears(cleo.frequency), cleo.hears(bob.frequency));
      await bob.press('Hang up');
      await Promise.all([hasNoCall(bob, 'Call ended'), hasNoCall(cleo, 'Call ended')]);
      return heard;
    },
  ],
  [
    'all sign out',
    async ({ agent, bob, cleo }) => {
      for (const who of [agent, bob, cleo]) {
        await who.press('Sign out');
        await who.button('Sign in').waitFor();
        who.expectNoComplaint();
      }
      return 'no exception, no error in any console';
    },
  ],
];
