import type { Seat } from './seat.ts';
import { pause } from './seat.ts';
import type { Sheet } from './sheet.ts';
import type { SeatOptions, World } from './world.ts';

/** Two people in a call, hearing each other. */
export interface Talk {
  readonly near: Seat;
  readonly far: Seat;
  /** The call as the near page knows it. */
  readonly id: string;
  readonly farId: string;
}

export async function talk(
  world: World,
  options: SeatOptions = {},
  here?: Seat,
  there?: Seat,
): Promise<Talk> {
  const [near, far] = await Promise.all([here ?? world.near(options), there ?? world.far()]);
  return { near, far, ...(await connect(near, far)) };
}

export async function connect(near: Seat, far: Seat): Promise<{ id: string; farId: string }> {
  const id = await near.dial(far.user);
  const farId = await far.ringing();
  await far.invoke(farId, 'answer');
  await Promise.all([near.reaches(id, 'active'), far.reaches(farId, 'active')]);
  const why = await far.hears(near.hz, 10_000);
  if (why !== undefined) {
    throw new Error(`No audio to begin with: ${why}`);
  }
  return { id, farId };
}

/** Packets lost at the far ear in so many ms without a fault: what a row must not exceed. */
export async function control({ near, far }: Talk, ms: number): Promise<number> {
  await far.watch(near.hz);
  await pause(ms);
  return (await far.watched()).lost;
}

/** The same call: same id, same object, still active on both sides, nobody was told of an end. */
export async function checkSame(talk: Talk, sheet: Sheet, what: string): Promise<void> {
  const [near, far] = await Promise.all([talk.near.call(talk.id), talk.far.call(talk.farId)]);
  sheet.check(near.objects === 1, `${what}: ${String(near.objects)} call objects under one id`);
  sheet.check(
    near.state === 'active',
    `${what}: the call is ${near.state} (${near.states.join(' → ')})`,
  );
  sheet.check(far.state === 'active', `${what}: the far call is ${far.state}`);
}

/** The longest stretch without the tone, in ms. */
export const longest = (gaps: readonly { from: number; to: number }[]): number =>
  Math.max(0, ...gaps.map(({ from, to }) => to - from));
