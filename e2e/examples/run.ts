/**
 * `npm run examples`: people at the pages of the examples, with browsers and tones of their own, judged by what they see and hear.
 *
 *   node e2e/examples/run.ts <JSON of a Setting>
 */
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { launch } from '../lib/browser.ts';
import { runSteps, type Step } from '../check/steps.ts';
import { assistantSteps, bookingVoice } from './assistant.ts';
import { shopSteps } from './click-to-call.ts';
import { centreSteps } from './contact-centre.ts';
import { nextSteps } from './next.ts';
import { phoneSteps } from './phone.ts';
import { tagSteps } from './script-tag.ts';
import { backendSteps } from './token-backend.ts';
import { Visitor, type Account } from './visitor.ts';

interface Setting {
  readonly chromium: string;
  readonly accounts: readonly Account[];
  /** The web address of the gateway, where its own phone is. */
  readonly gateway: string;
  /** By the name of the example. */
  readonly urls: Readonly<Record<string, string>>;
  readonly pictures?: string;
}

const setting = JSON.parse(process.argv[2] ?? '{}') as Setting;
const { chromium, accounts, gateway, urls, pictures } = setting;
const FREQUENCIES = [440, 880, 660];

/** A third browser is there only for who needs it. */
const COUNT = 'contact-centre' in urls ? 3 : 2;
const browsers = await Promise.all(FREQUENCIES.slice(0, COUNT).map((hz) => launch(hz, chromium)));

/** As many visitors of a page as are asked for, each with another account and another voice. */
function visitors(url: string, count: number): Promise<Visitor[]> {
  return Promise.all(
    Array.from({ length: count }, (_, index) => {
      const [browser, account, frequency] = [browsers[index], accounts[index], FREQUENCIES[index]];
      if (!browser || !account || frequency === undefined) {
        throw new Error(`There is no visitor ${String(index)}`);
      }
      return Visitor.at({ browser, account, frequency, url, pictures });
    }),
  );
}

/** Steps that are done, and examples that did not hold. */
let done = 0;
const failed: string[] = [];

async function drive<C>(
  name: string,
  people: readonly Visitor[],
  steps: readonly Step<C>[],
  context: C,
): Promise<void> {
  console.log(name);
  const report = async (): Promise<void> => {
    for (const { user, page, complaints } of people) {
      const path = join(tmpdir(), `offhook-example-${name}-${user}.png`);
      await page.screenshot({ path }).catch(() => undefined);
      console.error(`${user}: the screen is in ${path}\n${complaints.join('\n')}`);
    }
  };
  try {
    if (await runSteps(steps, context, report)) {
      done += steps.length;
    } else {
      failed.push(name);
    }
  } finally {
    await Promise.all(people.map((visitor) => visitor.close()));
  }
}

/** Phones that can more than the others. */
const MORE_STEPS: Readonly<Record<string, typeof phoneSteps>> = {
  next: nextSteps,
  'token-backend': backendSteps,
};

/** Two people, each with a phone. */
async function driveCalls(name: string, url: string): Promise<void> {
  const people = await visitors(url, 2);
  const [ann, bob] = people as [Visitor, Visitor];
  await drive(name, people, MORE_STEPS[name] ?? phoneSteps, { name, ann, bob });
}

async function driveCentre(name: string, url: string): Promise<void> {
  const people = await visitors(url, 3);
  const [agent, bob, cleo] = people as [Visitor, Visitor, Visitor];
  await drive(name, people, centreSteps, { agent, bob, cleo });
}

async function driveShop(name: string, url: string): Promise<void> {
  const people = await visitors(url, 2);
  const [staff, visitor] = people as [Visitor, Visitor];
  await drive(name, people, shopSteps, { staff, visitor, gateway });
}

/** The page is that of the second account. */
async function driveTag(name: string, url: string): Promise<void> {
  const people = await visitors(url, 2);
  const [staff, owner] = people as [Visitor, Visitor];
  await drive(name, people, tagSteps, { staff, owner, gateway });
}

/** Somebody who has no account, and speaks. */
async function driveAssistant(name: string, url: string): Promise<void> {
  const browser = await launch(bookingVoice(), chromium);
  try {
    const account = { user: 'visitor', password: '' };
    const visitor = await Visitor.at({ browser, account, frequency: 0, url, pictures });
    await drive(name, [visitor], assistantSteps, visitor);
  } finally {
    await browser.close();
  }
}

/** The examples that are no phones. */
const OTHERS: Readonly<Record<string, typeof driveCalls>> = {
  'contact-centre': driveCentre,
  'click-to-call': driveShop,
  'script-tag': driveTag,
  assistant: driveAssistant,
};

try {
  for (const [name, url] of Object.entries(urls)) {
    await (OTHERS[name] ?? driveCalls)(name, url);
  }
} finally {
  await Promise.all(browsers.map((browser) => browser.close()));
}
const driven = Object.keys(urls).length;
console.log(
  driven === 0
    ? 'No example could be driven.'
    : failed.length === 0
      ? `All ${String(done)} steps of ${String(driven)} examples held.`
      : `These examples failed: ${failed.join(', ')}. ${String(done)} steps of the others held.`,
);
process.exitCode = failed.length === 0 && driven > 0 ? 0 : 1;
