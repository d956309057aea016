/**
 * `npm run demo -- --check`: two people at two web phones, each with a browser and a tone of their own, go through what the
 * phone can do, and a visitor talks to the assistant; every step is judged by what a person would hear or see.
 *
 *   node e2e/check.ts <url of a demo gateway> <path of Chromium>
 */
import { ASSISTANT_STEPS, checkAssistant } from './check/assistant.ts';
import {
  both,
  ended,
  expectCause,
  hears,
  hearsNothing,
  person,
  report,
  type Person,
} from './check/person.ts';
import { runSteps, type Step } from './check/steps.ts';

const [url, chromium] = process.argv.slice(2);
if (url === undefined || chromium === undefined) {
  console.error('Usage: node e2e/check.ts <url of a demo gateway> <path of Chromium>');
  process.exit(2);
}
const address = url;

async function connect(from: Person, to: Person): Promise<void> {
  await from.phone.dial(to.user);
  await to.phone.rings();
  await to.phone.click('answer');
  await Promise.all([from.phone.shows('active'), to.phone.shows('active')]);
}

async function digitsArrive(from: Person, to: Person, digits: string): Promise<string> {
  await from.phone.press(digits);
  const until = Date.now() + 5000;
  while (to.frames.digits !== digits && Date.now() < until) {
    await to.phone.page.waitForTimeout(20);
  }
  if (to.frames.digits !== digits) {
    throw new Error(`${to.user} got the digits "${to.frames.digits}", not "${digits}"`);
  }
  return `${to.user} gets ${digits}`;
}

const steps: readonly Step<readonly [Person, Person]>[] = [
  [
    'both sign in',
    async ([a, b]) => {
      await Promise.all([a.phone.signIn(address, a.user), b.phone.signIn(address, b.user)]);
      return undefined;
    },
  ],
  ['1001 calls 1002, who answers', ([a, b]) => connect(a, b).then(() => undefined)],
  ['both hear each other', ([a, b]) => both(hears(a, b.frequency), hears(b, a.frequency))],
  [
    '1001 mutes',
    async ([a, b]) => {
      await a.phone.click('mute');
      return both(hearsNothing(b), hears(a, b.frequency));
    },
  ],
  [
    '1001 unmutes',
    async ([a, b]) => {
      await a.phone.click('mute');
      return hears(b, a.frequency);
    },
  ],
  [
    '1001 holds',
    async ([a, b]) => {
      await a.phone.click('hold');
      await a.phone.shows('held');
      return both(hearsNothing(a), hearsNothing(b));
    },
  ],
  [
    '1001 takes the call back',
    async ([a, b]) => {
      await a.phone.click('hold');
      await a.phone.shows('active');
      return both(hears(a, b.frequency), hears(b, a.frequency));
    },
  ],
  ['1001 presses digits', ([a, b]) => digitsArrive(a, b, '159#')],
  [
    '1001 hangs up',
    async ([a, b]) => {
      await a.phone.click('hangup');
      await ended(a, b);
      return expectCause(b, 'NORMAL_CLEARING');
    },
  ],
  [
    '1002 calls 1001 and is hung up on',
    async ([a, b]) => {
      await connect(b, a);
      const heard = await both(hears(a, b.frequency), hears(b, a.frequency));
      await a.phone.click('hangup');
      await ended(a, b);
      return `${heard}, ${expectCause(b, 'NORMAL_CLEARING')}`;
    },
  ],
  [
    '1002 rejects a call',
    async ([a, b]) => {
      await a.phone.dial(b.user);
      await b.phone.rings();
      await b.phone.click('reject');
      await ended(a, b);
      return expectCause(a, 'CALL_REJECTED');
    },
  ],
  [
    '1001 calls echo',
    async ([a]) => {
      await a.phone.dial('echo');
      await a.phone.shows('active');
      const heard = await hears(a, a.frequency);
      await a.phone.click('hangup');
      await ended(a);
      return heard;
    },
  ],
  [
    '1001 calls 1002, who has signed out',
    async ([a, b]) => {
      await b.phone.click('signout');
      await b.phone.at(`signin-${b.user}`).waitFor();
      await a.phone.dial(b.user);
      await ended(a);
      return expectCause(a, 'SUBSCRIBER_ABSENT');
    },
  ],
  [
    '1001 calls a number that is nobody',
    async ([a]) => {
      await a.phone.dial('7777');
      await ended(a);
      return expectCause(a, 'UNALLOCATED_NUMBER');
    },
  ],
  [
    'neither page complained',
    ([a, b]) => {
      const complaints = [...a.complaints, ...b.complaints];
      if (complaints.length > 0) {
        throw new Error(complaints.join('\n'));
      }
      return Promise.resolve('no exception, no error in either console');
    },
  ],
];

const start = performance.now();
const people = [await person('1001', 440, chromium), await person('1002', 880, chromium)] as const;
const called = await runSteps(steps, people, () => report(people)).finally(() =>
  Promise.all(people.map(({ browser }) => browser.close())),
);
const held = called && (await checkAssistant(address, chromium, steps.length + 1));
const took = `${((performance.now() - start) / 1000).toFixed(1)} s`;
console.log(
  held
    ? `All ${String(steps.length + ASSISTANT_STEPS)} steps held, in ${took}.`
    : `The check failed after ${took}.`,
);
process.exitCode = held ? 0 : 1;
