import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, hearSilence, isSilent } from '../lib/audio.ts';
import { launch, listenable } from '../lib/browser.ts';
import { describeVoice, isVoice, Visitor } from '../lib/visitor.ts';
import { writeVoice } from '../lib/voice.ts';
import { runSteps, type Step } from './steps.ts';

interface Context {
  readonly visitor: Visitor;
  readonly address: string;
  readonly complaints: readonly string[];
}

/** Says "book a table" once the greeting is under way, and then nothing for longer than the check takes. */
const MICROPHONE_SECONDS = [4, 90] as const;
const recording = fileURLToPath(new URL('../voices/book-a-table.wav', import.meta.url));

async function answersTo(
  { visitor }: Context,
  text: string,
  field: 'people' | 'date' | 'name',
): Promise<string> {
  await visitor.types(text);
  return `"${text}" fills in ${await visitor.filled(field)}`;
}

const steps: readonly Step<Context>[] = [
  [
    'a visitor talks to the assistant',
    async ({ visitor, address }) => {
      await visitor.open(address);
      await visitor.start();
      return 'no login';
    },
  ],
  [
    'the greeting is heard',
    async ({ visitor }) => {
      const hearing = await visitor.hearsVoice();
      if (!isVoice(hearing)) {
        throw new Error(`The visitor hears ${describeVoice(hearing)}`);
      }
      return describeVoice(hearing);
    },
  ],
  [
    'a spoken sentence interrupts it',
    async ({ visitor }) => {
      await visitor.card.locator('li.assistant .cut').first().waitFor();
      // What was spoken is answered before something is typed: else its answer would come in between.
      await visitor.card.locator('li.user ~ li.assistant').first().waitFor();
      const [heard = ''] = await visitor.card.locator('li.assistant .text').allInnerTexts();
      return `it got as far as "${heard}"`;
    },
  ],
  [
    'it fills in the form on the page',
    async (context) =>
      [
        await answersTo(context, 'book a table for 4 people', 'people'),
        await answersTo(context, 'tomorrow', 'date'),
        await answersTo(context, 'Maria', 'name'),
      ].join(', '),
  ],
  [
    'the booking is confirmed',
    async ({ visitor }) => {
      await visitor.types('yes');
      await visitor.isBooked();
      await visitor.isTold('It is booked');
      return undefined;
    },
  ],
  [
    'the transcript is on the page',
    async ({ visitor }) => {
      const lines = await visitor.transcript();
      const all = lines.join('\n');
      for (const text of ['Hello! I am', 'tomorrow', 'Maria', 'Filled in the form']) {
        if (!all.includes(text)) {
          throw new Error(`"${text}" is not there:\n${all}`);
        }
      }
      return `${String(lines.length)} lines`;
    },
  ],
  [
    'the visitor hangs up',
    async ({ visitor }) => {
      const quiet = await hearSilence(visitor.page);
      if (!isSilent(quiet)) {
        throw new Error(`The visitor still hears ${describe(quiet)}`);
      }
      await visitor.button('End').click();
      await visitor.button('Talk again').waitFor();
      return undefined;
    },
  ],
  [
    'the page did not complain',
    ({ complaints }) => {
      if (complaints.length > 0) {
        throw new Error(complaints.join('\n'));
      }
      return Promise.resolve('no exception, no error in the console');
    },
  ],
];

export const ASSISTANT_STEPS = steps.length;

/** A visitor of the demo's assistant: greeting, interruption by voice, a tool of the page, transcript. @returns whether all held */
export async function checkAssistant(
  address: string,
  chromium: string,
  first: number,
): Promise<boolean> {
  const voice = writeVoice('book-a-table', recording, MICROPHONE_SECONDS);
  const browser = await launch(voice, chromium);
  try {
    const context = await listenable(browser, { viewport: { width: 1180, height: 860 } });
    const page = await context.newPage();
    const complaints: string[] = [];
    page.on('pageerror', (error) => complaints.push(error.stack ?? error.message));
    page.on('console', (message) => {
      if (message.type() === 'error') {
        complaints.push(message.text());
      }
    });
    const visitor = new Visitor(page);
    const failed = async (): Promise<void> => {
      const path = join(tmpdir(), 'offhook-check-assistant.png');
      await page.screenshot({ path }).catch(() => undefined);
      console.error(`\nThe visitor's screen is in ${path}; the transcript:`);
      for (const line of await visitor.transcript().catch(() => [])) {
        console.error(`  ${line}`);
      }
      for (const complaint of complaints) {
        console.error(`  ! ${complaint}`);
      }
    };
    return await runSteps(steps, { visitor, address, complaints }, failed, first);
  } finally {
    await browser.close();
  }
}
