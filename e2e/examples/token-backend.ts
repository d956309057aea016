import type { Step } from '../check/steps.ts';
import { phoneSteps, type Pair } from './phone.ts';

/** What the page of the backend can do: all that the other phones can, and to know who is there. */
export const backendSteps: readonly Step<Pair>[] = [
  ...phoneSteps,
  [
    'a reload asks for no password',
    async ({ ann }) => {
      await ann.signIn();
      await ann.isReady();
      await ann.page.reload();
      await ann.isReady();
      return undefined;
    },
  ],
  [
    'a stranger and another site get no token',
    async ({ ann }) => {
      const address = new URL('/token', ann.page.url());
      const { status } = await fetch(address, { method: 'POST' });
      const foreign = await ann.page.request.post(address.href, {
        headers: { 'sec-fetch-site': 'cross-site' },
      });
      const own = await ann.page.request.post(address.href);
      const statuses = [status, foreign.status(), own.status()].join(', ');
      if (statuses !== '401, 403, 200') {
        throw new Error(`Answered ${statuses}`);
      }
      return `${statuses} for a stranger, another site, the page`;
    },
  ],
];
