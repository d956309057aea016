import type { Step } from '../check/steps.ts';
import { phoneSteps, type Pair } from './phone.ts';

/** All that the other phones can, and a page that is there before any script. */
export const nextSteps: readonly Step<Pair>[] = [
  [
    'the server renders the page',
    async ({ ann }) => {
      await ann.open();
      const html = await (await fetch(ann.page.url())).text();
      for (const text of ['<h1>Phone</h1>', 'Password', 'Sign in</button>']) {
        if (!html.includes(text)) {
          throw new Error(`"${text}" is not in what the server sends:\n${html.slice(0, 2000)}`);
        }
      }
      return `${String(html.length)} characters, with the form`;
    },
  ],
  ...phoneSteps,
];
