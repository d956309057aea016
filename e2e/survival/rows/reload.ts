import type { Row } from '../row.ts';
import type { Seat } from '../seat.ts';
import type { Sheet } from '../sheet.ts';
import { longest, talk } from '../talk.ts';
import type { Talk } from '../talk.ts';
import type { SeatOptions } from '../world.ts';

const LIMIT_MS = 10_000;

/** Reloads the near page, which signs in by itself, and waits for the call and its audio. */
async function reload({ near, far, id, farId }: Talk, sheet: Sheet): Promise<void> {
  await far.watch(near.hz);
  const since = Date.now();
  await near.page.reload();
  await near.until('survival.loadedAt > 0', LIMIT_MS);
  const loadedAt = await near.page.evaluate<number>('survival.loadedAt');
  await near.reaches(id, 'active', LIMIT_MS);
  const watched = await far.hearsSteadily(400, LIMIT_MS);
  sheet.check(watched.toneNow, 'the far ear hears nothing');
  const back = watched.gaps.at(-1)?.to ?? loadedAt;
  sheet.measure(
    { name: 'audio after load', unit: 'ms', bound: 1500 },
    Math.max(0, back - loadedAt),
  );
  sheet.measure({ name: 'gap with the reload', unit: 'ms' }, longest(watched.gaps));
  const { state, states } = await far.call(farId);
  sheet.check(state === 'active', `the far call is ${state}`);
  sheet.check(states.filter((each) => each === 'ringing').length === 1, 'it rang again');
  const told = await near.told(since);
  sheet.check(!told.some((each) => each.state === 'ringing'), 'the near page showed ringing');
}

const hearsFar = async ({ near, far }: Talk, sheet: Sheet): Promise<void> => {
  const why = await near.hears(far.hz);
  sheet.check(why === undefined, why ?? '');
};

const once =
  (options: SeatOptions): Row['run'] =>
  async (world, sheet, { quick, repeat }) => {
    const all = await talk(world, options);
    for (let index = 0; index < (repeat ?? (quick ? 1 : 5)); index += 1) {
      await reload(all, sheet);
      await hearsFar(all, sheet);
      sheet.check((await all.near.calls()).length === 1, 'another call appeared');
    }
  };

/** Dials the tone service, and holds it. */
async function holdService(near: Seat): Promise<string> {
  const id = await near.dial('tone');
  await near.reaches(id, 'active');
  await near.invoke(id, 'hold');
  await near.reaches(id, 'held');
  return id;
}

const two: Row['run'] = async (world, sheet, { quick, repeat }) => {
  const near = await world.near({ shared: false });
  const held = await holdService(near);
  const all = await talk(world, {}, near);
  await near.invoke(all.id, 'muteAudio');
  await near.invoke(all.id, 'unmuteAudio');
  for (let index = 0; index < (repeat ?? (quick ? 1 : 3)); index += 1) {
    await reload(all, sheet);
    await near.reaches(held, 'held', LIMIT_MS).catch(async () => {
      const states = (await near.calls()).map(
        ({ id, state }) => `${id === held ? 'held' : 'other'}: ${state}`,
      );
      sheet.check(false, `the held call did not come back held (${states.join(', ')})`);
    });
  }
  await near.invoke(all.id, 'hangup');
  await near.invoke(held, 'unhold');
  await near.reaches(held, 'active');
  const why = await near.hears(1000);
  sheet.check(why === undefined, `after unhold: ${why ?? ''}`);
};

/** `NotAllowedError` of a page that nobody touched is a warning; the first gesture plays. */
const withoutFlag: Row['run'] = async (world, sheet) => {
  const all = await talk(world, { gesture: true });
  await reload(all, sheet);
  const playing = `[...document.querySelectorAll('audio')].some((each) => each.srcObject && !each.paused)`;
  const refused = !(await all.near.page.evaluate<boolean>(playing));
  sheet.note(
    refused
      ? 'playback was refused until the gesture'
      : 'the browser let a capturing page play at once',
  );
  if (refused) {
    const codes = (await all.near.told()).flatMap(({ code }) => code ?? []);
    sheet.check(codes.length > 0, 'no warning of the refused playback');
    await all.near.page.gesture();
  }
  await all.near.until(playing, 5000);
  await hearsFar(all, sheet);
};

export const reloadRows: readonly Row[] = [
  { name: 'reload-one', title: 'The page is reloaded in a call.', suite: true, run: once({}) },
  {
    name: 'reload-two',
    title: 'The page is reloaded with two calls, one held.',
    suite: true,
    run: two,
  },
  {
    name: 'reload-gesture',
    title: 'The page is reloaded where it may not play before a gesture.',
    suite: true,
    run: withoutFlag,
  },
];
