import { describe as describePage } from '../lib/audio.ts';
import type { Baresip } from '../lib/baresip.ts';
import type { CallView, Party } from '../lib/party.ts';
import { notTone, PHONE_HZ } from '../lib/phone-ear.ts';
import { QUIET_HZ, type PhoneNetwork } from '../lib/phone-network.ts';
import type { Spectrum } from '../pages/spectrum.ts';
import { both, ended, expectCause, hears, hearsNothing, type Person } from './person.ts';
import type { Step } from './steps.ts';

/** A web phone and a real phone. */
export interface Ends {
  readonly person: Person;
  readonly network: PhoneNetwork;
  readonly address: string;
  /** Signs 1002 in, at a page of its own with the SDK. */
  readonly page: () => Promise<Party>;
}

function must(heard: Spectrum, problem: string | undefined, { options }: Baresip): string {
  const what = `${options.user} hears ${describePage({ ...heard, playing: true })}`;
  if (problem !== undefined) {
    throw new Error(`${what}: ${problem}`);
  }
  return what;
}

async function phoneHears(phone: Baresip, hz: number): Promise<string> {
  const heard = await phone.hearUntil((each) => notTone(each, hz) === undefined);
  return must(heard, notTone(heard, hz), phone);
}

/** In a call that was held the phone says its tone, then what it hears. */
async function bothAreHeard({ person, network: { phone } }: Ends): Promise<string> {
  const tone = await hears(person, PHONE_HZ);
  await phone.echoes(true);
  const own = await hears(person, person.frequency);
  await phone.echoes(false);
  return `${tone}, and from 2001: ${own}`;
}

async function goes(phone: Baresip, direction: string): Promise<string> {
  const until = Date.now() + 5_000;
  while ((await phone.direction()) !== direction && Date.now() < until) {
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  const now = await phone.direction();
  if (now !== direction) {
    throw new Error(`2001 is ${now}, not ${direction}`);
  }
  return `2001 is ${now}`;
}

/** Calls the phone and holds it. */
async function hold(who: Party, phone: Baresip): Promise<CallView> {
  const call = await who.dial(phone.options.user);
  await call.reaches('active');
  await call.invoke('hold');
  await goes(phone, 'recvonly');
  return call;
}

/** Both of its calls have ended, since their far parties were joined. */
async function isOut(...calls: readonly [CallView, CallView]): Promise<string> {
  for (const call of calls) {
    const { cause } = await call.ended();
    if (cause !== 'ATTENDED_TRANSFER') {
      throw new Error(`${call.party.user} is told ${String(cause)}, not ATTENDED_TRANSFER`);
    }
  }
  return `${calls[0].party.user} is out`;
}

const talk = ({ person, network: { phone } }: Ends): Promise<string> =>
  both(hears(person, PHONE_HZ), phoneHears(phone, person.frequency));

/** `1001 is told NO_ANSWER (19)` for a call that comes to nothing. */
async function comesToNothing(
  { person }: Ends,
  number: string,
  cause: string,
  meanwhile?: () => Promise<unknown>,
): Promise<string> {
  await person.phone.dial(number);
  await meanwhile?.();
  await ended(person);
  return expectCause(person, cause);
}

/** What the page and a phone go through. Phones sign in at Kamailio, which sends their calls to the gateway and the gateway's to them. */
export const sipSteps: readonly Step<Ends>[] = [
  [
    '1001 signs in',
    async ({ person, address }) => {
      await person.phone.signIn(address, person.user);
      return undefined;
    },
  ],
  [
    '1001 calls the phone 2001, which answers',
    async ({ person }) => {
      await person.phone.dial('2001');
      await person.phone.shows('active');
      return undefined;
    },
  ],
  ['both hear each other', talk],
  [
    '1001 presses digits',
    async ({ person, network: { phone } }) => {
      await person.phone.press('159#');
      await phone.gets('159#');
      return '2001 gets 159#';
    },
  ],
  [
    '2001 presses digits',
    async ({ person, network: { phone } }) => {
      await phone.press('73');
      const until = Date.now() + 5000;
      while (person.frames.digits !== '73' && Date.now() < until) {
        await person.phone.page.waitForTimeout(20);
      }
      if (person.frames.digits !== '73') {
        throw new Error(`1001 got the digits "${person.frames.digits}", not "73"`);
      }
      return '1001 gets 73';
    },
  ],
  [
    '1001 holds',
    async ({ person, network: { phone } }) => {
      await person.phone.click('hold');
      await person.phone.shows('held');
      return both(hearsNothing(person), goes(phone, 'recvonly'));
    },
  ],
  [
    '1001 takes the call back',
    async (ends) => {
      await ends.person.phone.click('hold');
      await ends.person.phone.shows('active');
      await goes(ends.network.phone, 'sendrecv');
      return bothAreHeard(ends);
    },
  ],
  [
    '2001 holds',
    async ({ person, network: { phone } }) => {
      await phone.command('hold');
      await person.phone.page
        .locator('[data-testid="call-card"][data-remote-held="true"]')
        .waitFor();
      return hearsNothing(person);
    },
  ],
  [
    '2001 takes the call back',
    async (ends) => {
      await ends.network.phone.command('resume');
      return bothAreHeard(ends);
    },
  ],
  [
    '1001 hangs up',
    async ({ person, network: { phone } }) => {
      const since = phone.events.length;
      await person.phone.click('hangup');
      await ended(person);
      await phone.told('CALL_CLOSED', since);
      return '2001 is told';
    },
  ],
  [
    '2001 calls 1001, and hangs up',
    async (ends) => {
      const { person, network } = ends;
      await network.phone.dial(person.user);
      await person.phone.rings();
      await person.phone.click('answer');
      await person.phone.shows('active');
      const heard = await talk(ends);
      await network.phone.command('hangup');
      await ended(person);
      return `${heard}, ${expectCause(person, 'NORMAL_CLEARING')}`;
    },
  ],
  [
    '1001 calls 2002, which is busy',
    (ends) =>
      comesToNothing(ends, '2002', 'USER_BUSY', async () => {
        const { quiet } = ends.network;
        await quiet.told('CALL_INCOMING');
        await quiet.command('hangup');
      }),
  ],
  ['1001 calls 2002, and nobody answers', (ends) => comesToNothing(ends, '2002', 'NO_ANSWER')],
  [
    '1001 calls 2999, which is no number',
    (ends) => comesToNothing(ends, '2999', 'UNALLOCATED_NUMBER'),
  ],
  [
    '1002 calls 2001, and hands it over to 2002',
    async ({ network: { phone, quiet }, page }) => {
      const bob = await page();
      const call = await bob.dial('2001');
      await call.reaches('active');
      const since = quiet.events.length;
      const handed = call.invoke('transfer', '2002');
      await quiet.told('CALL_INCOMING', since);
      await quiet.command('accept');
      await handed;
      const { cause } = await call.ended();
      const heard = await both(phoneHears(phone, QUIET_HZ), phoneHears(quiet, PHONE_HZ));
      const closed = quiet.events.length;
      await phone.command('hangup');
      await quiet.told('CALL_CLOSED', closed);
      return `${heard}, 1002 is told ${String(cause)}`;
    },
  ],
  [
    '1002 calls 2001, and hands it over to 1001',
    async ({ network: { phone }, person, page }) => {
      const bob = await page();
      const call = await bob.dial('2001');
      await call.reaches('active');
      const handed = call.invoke('transfer', person.user);
      await person.phone.rings();
      await person.phone.click('answer');
      await handed;
      await person.phone.shows('active');
      const heard = await both(hears(person, PHONE_HZ), phoneHears(phone, person.frequency));
      await person.phone.click('hangup');
      await ended(person);
      return heard;
    },
  ],
  [
    '1002 holds 2001, calls 1001, and joins the two',
    async (ends) => {
      const { person, page } = ends;
      const { phone } = ends.network;
      const bob = await page();
      const held = await hold(bob, phone);
      const asked = await bob.dial(person.user);
      await person.phone.rings();
      await person.phone.click('answer');
      await person.phone.shows('active');
      await asked.reaches('active');
      const before = await hears(person, bob.frequency);
      await held.handOver(asked);
      const told = await isOut(held, asked);
      const after = await bothAreHeard(ends);
      const since = phone.events.length;
      await person.phone.click('hangup');
      await ended(person);
      await phone.told('CALL_CLOSED', since);
      return `${before}; ${told}; ${after}`;
    },
  ],
  [
    '1002 holds 2001, calls 2002, and joins the two',
    async ({ network: { phone, quiet }, page }) => {
      const bob = await page();
      const held = await hold(bob, phone);
      const since = quiet.events.length;
      const asked = await bob.dial('2002');
      await quiet.told('CALL_INCOMING', since);
      await quiet.command('accept');
      await asked.reaches('active');
      const before = await phoneHears(quiet, bob.frequency);
      await held.handOver(asked);
      const told = await isOut(held, asked);
      const tone = await phoneHears(quiet, PHONE_HZ);
      await phone.echoes(true);
      const own = await phoneHears(quiet, QUIET_HZ);
      await phone.echoes(false);
      const closed = quiet.events.length;
      await phone.command('hangup');
      await quiet.told('CALL_CLOSED', closed);
      return `${before}; ${told}; ${tone}, and from 2001: ${own}`;
    },
  ],
  [
    'the page did not complain',
    ({ person: { complaints } }) => {
      if (complaints.length > 0) {
        throw new Error(complaints.join('\n'));
      }
      return Promise.resolve('no exception, no error in the console');
    },
  ],
];
