import type { Row } from '../row.ts';
import type { Seat } from '../seat.ts';
import { pause } from '../seat.ts';
import type { Sheet } from '../sheet.ts';
import { connect, talk } from '../talk.ts';
import type { Talk } from '../talk.ts';
import type { World } from '../world.ts';

/** How long a row waits for what it measures, before it says that it never came. */
const PATIENCE_MS = 12_000;
/** Of an address change. */
const GAP_MS = 3000;
/** By then a browser knows of a new interface. */
export const KNOWN_MS = 4500;

/** The call as it stands after a recovery: the same one, or the one that took its place. */
export async function survivor(near: Seat, id: string): Promise<string | undefined> {
  const calls = await near.calls();
  const live = (call: { state: string }): boolean =>
    call.state === 'active' || call.state === 'held';
  const same = calls.find((call) => call.id === id && live(call));
  return (same ?? calls.find((call) => call.recoveredCallId === id && live(call)))?.id;
}

/** Both sides still have the call; says so where one has not, and with what it ended. */
async function stands(
  { near, far, id, farId }: Talk,
  sheet: Sheet,
  what: string,
): Promise<boolean> {
  const ours = (await survivor(near, id)) !== undefined;
  const theirs = (await survivor(far, farId)) !== undefined;
  const cause = async (seat: Seat, call: string): Promise<string> =>
    (await seat.calls()).find((each) => each.id === call)?.cause ?? 'no cause';
  if (!ours) {
    sheet.check(false, `${what}: the near call is gone: ${await cause(near, id)}`);
  }
  if (!theirs) {
    sheet.check(false, `${what}: the far call is gone: ${await cause(far, farId)}`);
  }
  return ours && theirs;
}

/** The call goes on for the rest of the row, or another is placed. */
async function goOn(all: Talk): Promise<Talk> {
  const { near, far } = all;
  const id = await survivor(near, all.id);
  const farId = await survivor(far, all.farId);
  if (id !== undefined && farId !== undefined) {
    return { ...all, id, farId };
  }
  for (const seat of [near, far]) {
    for (const call of await seat.calls()) {
      if (!['hangup', 'destroy', 'purge'].includes(call.state)) {
        await seat.invoke(call.id, 'hangup');
      }
    }
  }
  if (!(await near.page.evaluate<boolean>('driver.client.connected'))) {
    await near.page.evaluate('driver.client.connect()');
    await near.readyAfter(Date.now(), PATIENCE_MS);
  }
  return { near, far, ...(await connect(near, far)) };
}

/** Waits until the far ear hears the tone again and signalling is there; returns when the audio came back. */
async function audioBack({ near, far }: Talk, sheet: Sheet, what: string): Promise<number> {
  const watched = await far.hearsSteadily(400, PATIENCE_MS);
  sheet.check(watched.toneNow, `${what}: no audio within ${String(PATIENCE_MS / 1000)} s`);
  const why = await near.hears(far.hz, PATIENCE_MS);
  sheet.check(why === undefined, `${what}: ${why ?? ''}`);
  return watched.gaps.at(-1)?.to ?? 0;
}

/** An address change of somebody whose way with it is not ours: reported, not judged. */
export async function reportAddressChange(
  world: World,
  sheet: Sheet,
  { near, far, farId }: Talk,
  patienceMs: number,
): Promise<void> {
  await far.watch(near.hz);
  const gone = world.network.swap();
  await pause(1000);
  const watched = await far.hearsSteadily(400, patienceMs);
  if (watched.toneNow) {
    const gap = (watched.gaps.at(-1)?.to ?? gone) - gone;
    sheet.measure({ name: 'address change: audio gap', unit: 'ms' }, gap);
  } else {
    const { state } = await far.call(farId);
    const seconds = String(patienceMs / 1000);
    sheet.note(`address change: no audio within ${seconds} s; the far call is ${state}`);
    sheet.note(await near.timeline(gone));
  }
}

function cut(seconds: number, repeats: number): Row {
  return {
    name: `cut-${String(seconds)}`,
    title: `Everything is cut for ${String(seconds)} s, then back.`,
    suite: seconds <= 5 ? true : 'an outage longer than 5 s',
    async run(world, sheet, { quick, repeat }) {
      let all = await talk(world);
      const times = repeat ?? (quick ? 1 : repeats);
      for (let index = 0; index < times; index += 1) {
        // In turns: a path that swallows everything, and a cable that is pulled (the browser is told of that one).
        const silent = index % 2 === 0 || !world.network.namespace;
        const what = `${silent ? 'dropped' : 'link down'} ${String(seconds)} s`;
        const failures = sheet.failures.length;
        const since = Date.now();
        await all.far.watch(all.near.hz);
        await setCut(world, silent, true);
        await pause(seconds * 1000);
        await setCut(world, silent, false);
        const back = Date.now();
        const heard = await audioBack(all, sheet, what);
        sheet.measure(
          { name: 'audio back', unit: 'ms', bound: 2000, by: 'p95' },
          Math.max(0, heard - back),
        );
        if (!(await stands(all, sheet, what)) || sheet.failures.length > failures) {
          for (const seat of [all.near, all.far]) {
            sheet.note(await seat.timeline(since));
          }
        }
        all = await goOn(all);
      }
    },
  };
}

async function setCut({ network, relay }: World, silent: boolean, on: boolean): Promise<void> {
  if (!network.namespace) {
    await relay.hold(on, true);
  } else if (silent) {
    network.drop(on);
  } else {
    network.link(!on);
  }
}

/**
 * @param known whether the browser knows the other interface already. Of one that comes in the same moment Chromium tells its pages
 *   2 s later (on Linux it waits that long before it believes a change), whatever we do.
 */
const address = (known: boolean): Row => ({
  name: known ? 'address' : 'address-sudden',
  title: known
    ? 'The address changes: of two interfaces the one in use goes.'
    : 'The address changes: another interface comes in the moment in which the old one goes.',
  suite: known ? true : 'most of its time is Chromium’s own',
  needsNamespace: true,
  async run(world, sheet, { quick, repeat }) {
    let all = await talk(world);
    const what = 'address change';
    const times = repeat ?? (quick ? 1 : 20);
    for (let index = 0; index < times; index += 1) {
      if (known) {
        world.network.bring();
        await pause(KNOWN_MS);
      }
      await all.far.watch(all.near.hz);
      const gone = world.network.swap();
      // The tone stays for some 100 ms in buffers: wait until it went before waiting for its return.
      const limit = Date.now() + 2000;
      while ((await all.far.watched()).toneNow && Date.now() < limit) {
        await pause(50);
      }
      const gap = Math.max(0, (await audioBack(all, sheet, what)) - gone);
      sheet.measure({ name: 'audio gap', unit: 'ms', bound: GAP_MS, by: 'p95' }, gap);
      if (!(await stands(all, sheet, what)) || gap > GAP_MS) {
        sheet.note(await all.near.timeline(gone));
      }
      all = await goOn(all);
    }
  },
});

export const networkRows: readonly Row[] = [cut(5, 20), cut(20, 20), address(true), address(false)];
