import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser } from '@playwright/test';
import type { Hearing } from '../lib/audio.ts';
import { describe, hearSilence, hearTone, isSilent, notTone } from '../lib/audio.ts';
import { launch, listenable } from '../lib/browser.ts';
import { FrameLog } from '../lib/frames.ts';
import { Phone } from '../lib/phone.ts';

/** Somebody at a web phone, with a browser and a tone of their own. */
export interface Person {
  readonly user: string;
  readonly frequency: number;
  readonly browser: Browser;
  readonly phone: Phone;
  readonly frames: FrameLog;
  readonly complaints: string[];
}

export async function person(user: string, frequency: number, chromium: string): Promise<Person> {
  const browser = await launch(frequency, chromium);
  const context = await listenable(browser, { viewport: { width: 420, height: 860 } });
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(error.stack ?? error.message));
  page.on('console', (message) => {
    if (message.type() === 'error') {
      complaints.push(message.text());
    }
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
  if (problem !== undefined) {
    throw new Error(`${who.user} hears ${describe(hearing)}: ${problem}`);
  }
  return `${who.user} hears ${describe(hearing)}`;
}

export async function hears(who: Person, frequency: number): Promise<string> {
  const hearing = await hearTone(who.phone.page, frequency);
  return must(hearing, notTone(hearing, frequency), who);
}

export async function hearsNothing(who: Person): Promise<string> {
  const hearing = await hearSilence(who.phone.page);
  return must(hearing, isSilent(hearing) ? undefined : 'wanted silence', who);
}

export const both = async (one: Promise<string>, other: Promise<string>): Promise<string> =>
  (await Promise.all([one, other])).join(', ');

/** The bye that ended the last call, as the phone was told. */
function causeAt(who: Person): string {
  const bye = who.frames.received('telnyx_rtc.bye').at(-1);
  return bye ? `${String(bye['cause'])} (${String(bye['causeCode'])})` : 'no bye';
}

export function expectCause(who: Person, cause: string): string {
  const told = causeAt(who);
  if (!told.startsWith(`${cause} `)) {
    throw new Error(`${who.user} was told ${told}, not ${cause}`);
  }
  return `${who.user} is told ${told}`;
}

export const ended = (...people: Person[]) =>
  Promise.all(people.map(({ phone }) => phone.showsNoCall()));

/** What they saw, when a step failed. */
export async function report(people: readonly Person[]): Promise<void> {
  for (const { user, phone, complaints, frames } of people) {
    const path = join(tmpdir(), `offhook-check-${user}.png`);
    await phone.page.screenshot({ path }).catch(() => undefined);
    console.error(`\n${user}: its screen is in ${path}; the last frames:`);
    for (const { from, text } of frames.all.slice(-6)) {
      console.error(`  ${from === 'page' ? '→' : '←'} ${text.slice(0, 200)}`);
    }
    for (const complaint of complaints) {
      console.error(`  ! ${complaint}`);
    }
  }
}
