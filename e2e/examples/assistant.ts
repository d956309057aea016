import { fileURLToPath } from 'node:url';
import { describeVoice, isVoice } from '../lib/visitor.ts';
import { hearUntil } from '../lib/audio.ts';
import { writeVoice } from '../lib/voice.ts';
import type { Step } from '../check/steps.ts';
import type { Visitor } from './visitor.ts';

const recording = fileURLToPath(new URL('../voices/book-a-table.wav', import.meta.url));

/** The microphone of a visitor who says "book a table" once the greeting is under way, and nothing more. */
export const bookingVoice = (): string => writeVoice('book-a-table', recording, [4, 90]);

/** Types what the assistant asks for, and waits until the page shows what it made of it. */
async function tells(visitor: Visitor, text: string, shown: string | RegExp): Promise<void> {
  await visitor.fill('Message', text);
  await visitor.press('Send');
  await visitor.page.locator('.booking').getByText(shown).waitFor();
}

export const assistantSteps: readonly Step<Visitor>[] = [
  [
    'the assistant is called, and heard',
    async (visitor) => {
      await visitor.open();
      await visitor.picture('assistant-before');
      await visitor.press('Start talking');
      const hearing = await hearUntil(visitor.page, isVoice, { ms: 600 });
      if (!isVoice(hearing)) {
        throw new Error(`The visitor hears ${describeVoice(hearing)}`);
      }
      return describeVoice(hearing);
    },
  ],
  [
    'a spoken sentence interrupts it',
    async ({ page }) => {
      await page.locator('.cut').first().waitFor();
      // What was spoken is answered before something is typed: else its answer would come in between.
      await page.locator('.user ~ .assistant').first().waitFor();
      return (await page.locator('.assistant').first().innerText()).slice(0, 60);
    },
  ],
  [
    'it fills in the booking',
    async (visitor) => {
      await tells(visitor, 'book a table for 4 people', '4');
      await tells(visitor, 'tomorrow', /^\w+day, /);
      await tells(visitor, 'Maria', 'Maria');
      await tells(visitor, 'yes', 'Booked');
      await visitor.picture('assistant-booked');
      return undefined;
    },
  ],
  [
    'the visitor hangs up',
    async (visitor) => {
      await visitor.press('End');
      await visitor.button('Talk again').waitFor();
      visitor.expectNoComplaint();
      return 'no exception, no error in the console';
    },
  ],
];
