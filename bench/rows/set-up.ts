import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import type { Page } from '@playwright/test';
import type { Context, Measure, Row } from '../lib/measure.ts';
import { together } from '../lib/measure.ts';
import { Stage } from '../lib/stage.ts';
import type { Actor } from '../lib/stage.ts';

interface Variant {
  readonly id: string;
  readonly title: string;
  /** Null: what each does by itself. */
  readonly trickle: boolean | null;
  readonly silentStun: boolean;
  /** Of the reference's time. */
  readonly bound: number;
  readonly times: number;
}

const VARIANTS: readonly Variant[] = [
  variant('default', 'as it comes', null, false, 20),
  variant('default-silent', 'as it comes, a STUN server that does not answer', null, true, 6),
  variant('trickle', 'trickle', true, false, 15),
  variant('trickle-silent', 'trickle, a STUN server that does not answer', true, true, 6),
  variant('whole', 'no trickle', false, false, 8),
  variant('whole-silent', 'no trickle, a STUN server that does not answer', false, true, 5),
];

function variant(
  id: string,
  title: string,
  trickle: boolean | null,
  silentStun: boolean,
  times: number,
): Variant {
  return { id, title, trickle, silentStun, bound: silentStun ? 0.5 : 0.8, times };
}

type Who = 'offhook' | 'reference' | 'bare';

/** From `newCall()` or `answer()` to sound. The far end is the same bare page for all. */
export const setUp: Row = {
  name: 'set-up',
  title: 'Set-up of a call',
  async run(context) {
    const stage = await Stage.open();
    const stun = createSocket('udp4').bind(0, '127.0.0.1');
    await once(stun, 'listening');
    try {
      const measures: Measure[] = [];
      const direct = await directTimes(stage, context.quick ? 4 : 15);
      for (const variant of VARIANTS) {
        const urls = `stun:127.0.0.1:${stun.address().port}`;
        const iceServers = variant.silentStun ? [{ urls }] : [];
        measures.push(...(await outbound(stage, variant, iceServers, direct, context)));
        context.log(`outbound, ${variant.title}`);
      }
      for (const variant of VARIANTS.filter(({ silentStun }) => !silentStun)) {
        measures.push(await inbound(stage, variant, context));
        context.log(`inbound, ${variant.title}`);
      }
      return measures;
    } finally {
      stun.close();
      await stage.close();
    }
  },
};

const timesOf = ({ times }: Variant, { quick }: Context): number =>
  quick ? Math.ceil(times / 5) : times;

async function directTimes(stage: Stage, times: number): Promise<number[]> {
  const page = await stage.page('direct');
  const samples: number[] = [];
  await page.evaluate(() => window.direct.run());
  for (let index = 0; index < times; index += 1) {
    samples.push(await page.evaluate(() => window.direct.run()));
  }
  await page.context().close();
  return samples;
}

async function outbound(
  stage: Stage,
  variant: Variant,
  iceServers: readonly RTCIceServer[],
  direct: readonly number[],
  context: Context,
): Promise<Measure[]> {
  // Bare peers know one way, the quickest; beside the slower ones it is not shown.
  const whos: readonly Who[] =
    variant.id === 'trickle' ? ['offhook', 'reference', 'bare'] : ['offhook', 'reference'];
  const callee = await stage.actor('bare');
  const actors = new Map<Who, Actor>();
  for (const who of whos) {
    const { trickle } = variant;
    actors.set(who, await stage.actor(who, { trickle, iceServers, client: QUIET }));
  }
  const sound: Partial<Record<Who | 'direct', number[]>> = {};
  const invite: Partial<Record<Who, number[]>> = {};
  for (let index = -1; index < timesOf(variant, context); index += 1) {
    for (const who of whos) {
      const actor = actors.get(who);
      if (!actor) {
        continue;
      }
      const times = await callOnce(actor.page, callee);
      // The first one warms up.
      if (index < 0) {
        continue;
      }
      (sound[who] ??= []).push(times.sound);
      (invite[who] ??= []).push(times.invite);
    }
  }
  for (const actor of [callee, ...actors.values()]) {
    await actor.close();
  }
  const bare =
    variant.id === 'trickle'
      ? [
          {
            text: '≤ 1.15 × bare peers through the same plane',
            against: 'bare',
            at: 'most' as const,
            bound: 1.15,
          },
        ]
      : [];
  const goal = {
    text: `≤ ${variant.bound} × reference`,
    against: 'reference',
    at: 'most',
    bound: variant.bound,
  } as const;
  return [
    {
      id: `set-up.${variant.id}.invite`,
      title: `newCall() → INVITE on the wire: ${variant.title}`,
      unit: 'ms',
      samples: invite,
    },
    {
      id: `set-up.${variant.id}.sound`,
      title: `newCall() → first sound at the far ear: ${variant.title}`,
      unit: 'ms',
      samples: variant.id === 'trickle' ? { ...sound, direct } : sound,
      goals: [goal, ...bare],
      ...grows(variant, sound),
    },
  ] as Measure[];
}

/** One page makes all the calls of a variant: none may take longer than the one before. */
const grows = ({ id }: Variant, samples: Measure['samples']) =>
  id === 'default' ? { points: together(samples), xTitle: 'calls of one page', linear: true } : {};

async function callOnce(
  caller: Page,
  callee: Actor,
): Promise<{ readonly invite: number; readonly sound: number }> {
  for (const page of [caller, callee.page]) {
    await page.evaluate(() => window.probe.reset());
  }
  const answered = callee.page.evaluate(() => window.party.answerNext());
  const heard = callee.page.evaluate(() => window.probe.sound());
  const from = await caller.evaluate((to) => window.party.dial(to), callee.user);
  const sound = await within('sound at the far ear', heard);
  await within('answer', answered);
  await within(
    'active',
    caller.evaluate(() => window.party.reached('active')),
  );
  const sentAt = await caller.evaluate(
    () => window.probe.frames.find(({ method }) => method === 'invite')?.at,
  );
  await endCall(caller, callee.page);
  return { invite: (sentAt ?? Number.NaN) - from, sound: sound - from };
}

async function endCall(one: Page, other: Page): Promise<void> {
  await one.evaluate(() => window.party.hangup());
  for (const page of [one, other]) {
    await within(
      'the end of the call',
      page.evaluate(() => window.party.reached('over')),
    );
  }
}

async function inbound(stage: Stage, variant: Variant, context: Context): Promise<Measure> {
  const whos: readonly Who[] =
    variant.id === 'trickle' ? ['offhook', 'reference', 'bare'] : ['offhook', 'reference'];
  const caller = await stage.actor('bare');
  const samples: Partial<Record<Who, number[]>> = {};
  const actors = new Map<Who, Actor>();
  for (const who of whos) {
    actors.set(who, await stage.actor(who, { trickle: variant.trickle, client: QUIET }));
  }
  for (let index = -1; index < timesOf(variant, context); index += 1) {
    for (const who of whos) {
      const actor = actors.get(who);
      if (!actor) {
        continue;
      }
      const ms = await answerOnce(caller, actor);
      if (index >= 0) {
        (samples[who] ??= []).push(ms);
      }
    }
  }
  for (const actor of [caller, ...actors.values()]) {
    await actor.close();
  }
  return {
    id: `set-up.inbound.${variant.id}`,
    title: `answer() → sound both ways: ${variant.title}`,
    unit: 'ms',
    samples: samples,
    ...grows(variant, samples),
    goals: [
      { text: '≤ 0.8 × reference', against: 'reference', at: 'most', bound: 0.8 },
      ...(variant.id === 'trickle'
        ? [{ text: '≤ 1.15 × bare peers', against: 'bare', at: 'most' as const, bound: 1.15 }]
        : []),
    ],
  };
}

async function answerOnce(caller: Actor, callee: Actor): Promise<number> {
  const pages = [caller.page, callee.page];
  for (const page of pages) {
    await page.evaluate(() => window.probe.reset());
  }
  const answered = callee.page.evaluate(() => window.party.answerNext());
  const heard = pages.map((page) => page.evaluate(() => window.probe.sound()));
  await caller.page.evaluate((to) => window.party.dial(to), callee.user);
  const from = await within('ringing', answered);
  const at = await within('sound both ways', Promise.all(heard));
  for (const page of pages) {
    await within(
      'active',
      page.evaluate(() => window.party.reached('active')),
    );
  }
  await endCall(caller.page, callee.page);
  return Math.max(...at) - from;
}

/** What is compared is the set-up; what runs beside it in a call has rows of its own. */
const QUIET = { enableCallReports: false };

const PATIENCE_MS = 30_000;

/** A contestant that hangs fails the row, and says where. */
async function within<T>(what: string, promise: Promise<T>): Promise<T> {
  let late: NodeJS.Timeout | undefined;
  const timeout = new Promise<never>((_, reject) => {
    late = setTimeout(() => {
      reject(new Error(`Not within ${PATIENCE_MS / 1000} s: ${what}`));
    }, PATIENCE_MS);
  });
  try {
    return await Promise.race([promise, timeout]);
  } finally {
    clearTimeout(late);
  }
}
