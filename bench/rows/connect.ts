import type { Page } from '@playwright/test';
import type { Measure, Row } from '../lib/measure.ts';
import { alternate, median, together } from '../lib/measure.ts';
import { Relay } from '../lib/relay.ts';
import { Stage } from '../lib/stage.ts';
import type { FrameNote } from '../pages/probe.ts';

const WHO = ['offhook', 'reference', 'bare'] as const;
type Who = (typeof WHO)[number];
/** Each way: far more than anything here takes by itself. */
const DELAY_MS = 50;

/** From `connect()` to ready, and how often a frame waits for one from the other side on the way. */
export const connect: Row = {
  name: 'connect',
  title: 'Connecting',
  async run({ quick, log }) {
    const stage = await Stage.open();
    const relay = await Relay.to(stage.gateway.process.port);
    try {
      const pages = Object.fromEntries(
        await Promise.all(WHO.map(async (who) => [who, await stage.page(who)] as const)),
      ) as Record<Who, Page>;
      const signIn = async (who: Who, host: string): Promise<number> => {
        const { loginToken: token } = await stage.gateway.token();
        const given = { host, token, trickle: null, iceServers: [] };
        const ms = await pages[who].evaluate((options) => window.party.signIn(options), given);
        await pages[who].evaluate(() => window.party.signOut());
        return ms;
      };
      const near = stage.gateway.url.href;
      for (const who of WHO) {
        await signIn(who, near);
      }
      const ready = await alternate(WHO, quick ? 5 : 30, (who) => signIn(who, near));
      relay.delayMs = DELAY_MS;
      const far = await alternate(WHO, quick ? 2 : 5, (who) => signIn(who, relay.url));
      log('measured near and far');
      const frames: Record<string, string> = {};
      for (const who of WHO) {
        frames[who] = await framesOf(pages[who], () => signIn(who, near));
      }
      return measures(ready, far, frames);
    } finally {
      await relay.close();
      await stage.close();
    }
  },
};

function measures(
  ready: Record<Who, number[]>,
  far: Record<Who, number[]>,
  frames: Record<string, string>,
): Measure[] {
  // TCP's own handshake ends at the relay, so it is added.
  const trips = Object.fromEntries(
    WHO.map((who) => {
      const near = median(ready[who]);
      return [who, far[who].map((ms) => 1 + (ms - near) / (2 * DELAY_MS))];
    }),
  );
  return [
    {
      id: 'connect.ready',
      title: 'connect() → ready',
      unit: 'ms',
      samples: ready,
      points: together(ready),
      xTitle: 'sign-ins of one page',
      linear: true,
      goals: [{ text: '≤ 0.6 × reference', against: 'reference', at: 'most', bound: 0.6 }],
    },
    {
      id: 'connect.round-trips',
      title: 'Round trips on the wire until then',
      unit: '',
      samples: trips,
      note: `From the time it takes over a line of ${2 * DELAY_MS} ms: TCP, the WebSocket’s upgrade, and then ${WHO.map((who) => `${who}: ${frames[who] ?? ''}`).join('; ')}.`,
    },
    {
      id: 'connect.far',
      title: `connect() → ready over a line of ${2 * DELAY_MS} ms`,
      unit: 'ms',
      samples: far,
      goals: [{ text: '≤ 0.6 × reference', against: 'reference', at: 'most', bound: 0.6 }],
    },
  ];
}

/** `login → (result) ← clientReady ← ...`, as the page sees it. */
async function framesOf(page: Page, signIn: () => Promise<unknown>): Promise<string> {
  await page.evaluate(() => window.probe.reset());
  await signIn();
  const frames: FrameNote[] = await page.evaluate(() => [...window.probe.frames]);
  return frames.map(({ from, method }) => `${from === 'page' ? '→' : '←'} ${method}`).join(' ');
}
