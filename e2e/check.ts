/**
 * `npm run demo -- --check`: two people at two web phones, each with a browser and a tone of their own, go through what the
 * phone can do, and a visitor talks to the assistant; every step is judged by what a person would hear or see.
 *
 *   node e2e/check.ts <url of a demo gateway> <path of Chromium>
 */
import { join } from 'node:path';
import { tmpdir } from 'node:os';
import type { Browser } from '@playwright/test';
import { ASSISTANT_STEPS, checkAssistant } from './check/assistant.ts';
import { runSteps, type Step } from './check/steps.ts';
import type { Hearing } from './lib/audio.ts';
import { describe, hearSilence, hearTone, isSilent, notTone } from './lib/audio.ts';
import { launch, listenable } from './lib/browser.ts';
import { FrameLog } from './lib/frames.ts';
import { Phone } from './lib/phone.ts';

interface Person {
  readonly user: string;
  readonly frequency: number;
  readonly browser: Browser;
  readonly phone: Phone;
  readonly frames: FrameLog;
  readonly complaints: string[];
}

const [url, chromium] = process.argv.slice(2);
if (url === undefined || chromium === undefined) {
  console.error('Usage: node e2e/check.ts <url of a demo gateway> <path of Chromium>');
  process.exit(2);
}
const address = url;

async function person(user: string, frequency: number): Promise<Person> {
  const browser = await launch(frequency, chromium);
  const context = await listenable(browser, { viewport: { width: 420, height: 860 } });
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(error.stack ?? error.message));
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(message.text());
  });
  return {
    user,
    frequency,
    browser,
    phone: new Phone(page),
    frames: new FrameLog(page),
    complaints,
  };
}

function must(hearing: Hearing, problem: string | undefined, who: Person): string {
  if (problem !== undefined) throw new Error(`${who.user} hears ${describe(hearing)}: ${problem}`);
  return `${who.user} hears ${describe(hearing)}`;
}

async function hears(who: Person, frequency: number): Promise<string> {
  const hearing = await hearTone(who.phone.page, frequency);
  return must(hearing, notTone(hearing, frequency), who);
}

async function hearsNothing(who: Person): Promise<string> {
  const hearing = await hearSilence(who.phone.page);
  return must(hearing, isSilent(hearing) ? undefined : 'wanted silence', who);
}

const both = async (one: Promise<string>, other: Promise<string>): Promise<string> =>
  (await Promise.all([one, other])).join(', ');

async function connect(from: Person, to: Person): Promise<void> {
  await from.phone.dial(to.user);
  await to.phone.rings();
  await to.phone.click('answer');
  await Promise.all([from.phone.shows('active'), to.phone.shows('active')]);
}

/** The bye that ended the last call, as the phone was told. */
function causeAt(who: Person): string {
  const bye = who.frames.received('telnyx_rtc.bye').at(-1);
  return bye ? `${String(bye['cause'])} (${String(bye['causeCode'])})` : 'no bye';
}

function expectCause(who: Person, cause: string): string {
  const told = causeAt(who);
  if (!told.startsWith(`${cause} `)) throw new Error(`${who.user} was told ${told}, not ${cause}`);
  return `${who.user} is told ${told}`;
}

const ended = (...people: Person[]) => Promise.all(people.map(({ phone }) => phone.showsNoCall()));

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
      if (complaints.length > 0) throw new Error(complaints.join('\n'));
      return Promise.resolve('no exception, no error in either console');
    },
  ],
];

async function report(people: readonly Person[]): Promise<void> {
  for (const { user, phone, complaints, frames } of people) {
    const path = join(tmpdir(), `offhook-check-${user}.png`);
    await phone.page.screenshot({ path }).catch(() => undefined);
    console.error(`\n${user}: its screen is in ${path}; the last frames:`);
    for (const { from, text } of frames.all.slice(-6)) {
      console.error(`  ${from === 'page' ? '→' : '←'} ${text.slice(0, 200)}`);
    }
    for (const complaint of complaints) console.error(`  ! ${complaint}`);
  }
}

const start = performance.now();
const people = [await person('1001', 440), await person('1002', 880)] as const;
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
