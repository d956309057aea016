import type { Step } from '../check/steps.ts';
import type { Visitor } from './visitor.ts';

/** Two people at an example that is a phone. */
export interface Pair {
  readonly name: string;
  readonly ann: Visitor;
  readonly bob: Visitor;
}

const inTurn = async (...heard: readonly Promise<string>[]): Promise<string> =>
  (await Promise.all(heard)).join(', ');

const bothHear = ({ ann, bob }: Pair): Promise<string> =>
  inTurn(ann.hears(bob.frequency), bob.hears(ann.frequency));

async function ring(from: Visitor, to: Visitor): Promise<void> {
  await from.call(to.user);
  await to.reads('Incoming call');
  await to.page.locator('.who').filter({ hasText: from.user }).waitFor();
}

/** What each example that is a phone can do. */
export const phoneSteps: readonly Step<Pair>[] = [
  [
    'two sign in',
    async ({ name, ann, bob }) => {
      await Promise.all([ann.open(), bob.open()]);
      await ann.picture(`${name}-sign-in`);
      await Promise.all([ann.signInTwice(), bob.signIn()]);
      await Promise.all([ann.isReady(), bob.isReady()]);
      ann.expectOneSocket();
      await ann.picture(`${name}-ready`);
      return undefined;
    },
  ],
  [
    'one calls, the other answers',
    async (pair) => {
      const { name, ann, bob } = pair;
      await ring(ann, bob);
      await ann.reads('Ringing');
      await bob.picture(`${name}-incoming`);
      await bob.press('Answer');
      await Promise.all([ann.shows('active'), bob.shows('active')]);
      const heard = await bothHear(pair);
      await ann.picture(`${name}-call`);
      return heard;
    },
  ],
  [
    'mute, and back',
    async ({ ann, bob }) => {
      await ann.press('Mute');
      const muted = await inTurn(bob.hearsNothing(), ann.hears(bob.frequency));
      await ann.press('Unmute');
      return `${muted}, then ${await bob.hears(ann.frequency)}`;
    },
  ],
  [
    'hold, and back',
    async (pair) => {
      const { ann, bob } = pair;
      await ann.press('Hold');
      await ann.reads('On hold');
      const held = await bob.hearsNothing();
      await ann.press('Resume');
      await ann.shows('active');
      return `${held}, then ${await bothHear(pair)}`;
    },
  ],
  [
    'one hangs up, both are told',
    async ({ ann, bob }) => {
      await ann.press('Hang up');
      await Promise.all([ann.reads('Call ended'), bob.reads('Call ended')]);
      return undefined;
    },
  ],
  [
    'a call is declined',
    async ({ name, ann, bob }) => {
      await ring(bob, ann);
      await ann.press('Decline');
      await bob.reads('Declined');
      await bob.picture(`${name}-ended`);
      return undefined;
    },
  ],
  [
    'a caller gives up',
    async ({ ann, bob }) => {
      await ring(ann, bob);
      await ann.press('Hang up');
      await Promise.all([ann.reads('Not answered'), bob.reads('Not answered')]);
      return undefined;
    },
  ],
  [
    'both sign out',
    async ({ ann, bob }) => {
      await Promise.all([ann.press('Sign out'), bob.press('Sign out')]);
      await Promise.all([ann, bob].map((who) => who.button('Sign in').waitFor()));
      ann.expectNoComplaint();
      bob.expectNoComplaint();
      return 'no exception, no error in either console';
    },
  ],
  [
    'a wrong password is told',
    async ({ ann }) => {
      await ann.signIn('not this one');
      await ann.page.getByRole('alert').filter({ hasText: /\w/ }).waitFor();
      return (await ann.page.getByRole('alert').filter({ hasText: /\w/ }).innerText()).trim();
    },
  ],
];
