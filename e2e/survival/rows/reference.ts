import type { Row } from '../row.ts';
import { pause } from '../seat.ts';
import { longest, talk } from '../talk.ts';
import { KNOWN_MS, reportAddressChange } from './network.ts';

/** How long the reference may take after its address changed. */
const PATIENCE_MS = 40_000;

/** `@telnyx/webrtc` as it is published, at the same gateway. Its figures stand beside ours; only that it recovers is asked. */
export const referenceRows: readonly Row[] = [
  {
    name: 'reference-socket',
    title: 'The unmodified reference SDK loses its socket for 2 s: it is attached with a new peer.',
    suite: true,
    async run(world, sheet) {
      const { near, far, id, farId } = await talk(world, { sdk: 'reference' });
      await far.watch(near.hz);
      await world.relay.refuse(true);
      await world.relay.reset();
      await pause(2000);
      await world.relay.refuse(false);
      const back = Date.now();
      const ready = await near.readyAfter(back - 2000, 20_000);
      await near.reaches(id, 'active', 15_000);
      const watched = await far.hearsSteadily(400, 10_000);
      sheet.measure({ name: 'signalling back', unit: 'ms' }, Math.max(0, ready - back));
      sheet.measure({ name: 'audio gap', unit: 'ms' }, longest(watched.gaps));
      sheet.check(watched.toneNow, 'the far ear hears nothing');
      sheet.check((await far.call(farId)).state === 'active', 'the far call is gone');
      // Wire spec 13.3: a new call object under the old id.
      sheet.check((await near.call(id)).objects === 2, 'no new call object');
      const why = await near.hears(far.hz);
      sheet.check(why === undefined, why ?? '');
    },
  },
  {
    name: 'reference-reload',
    title: 'The unmodified reference SDK reloads its page in a call, and has it back.',
    suite: true,
    async run(world, sheet) {
      const { near, far, id, farId } = await talk(world, { sdk: 'reference' });
      await far.watch(near.hz);
      await near.page.reload();
      await near.until('survival.loadedAt > 0');
      const loadedAt = await near.page.evaluate<number>('survival.loadedAt');
      await near.reaches(id, 'active', 15_000);
      const watched = await far.hearsSteadily(400, 10_000);
      const heard = watched.gaps.at(-1)?.to ?? loadedAt;
      sheet.measure({ name: 'audio after load', unit: 'ms' }, Math.max(0, heard - loadedAt));
      sheet.check(watched.toneNow, 'the far ear hears nothing');
      sheet.check((await far.call(farId)).state === 'active', 'the far call is gone');
      const why = await near.hears(far.hz);
      sheet.check(why === undefined, why ?? '');
    },
  },
  {
    name: 'reference-address',
    title: 'The unmodified reference SDK loses its address, and knows another interface already.',
    suite: 'reported, not judged: what it does then is its own',
    needsNamespace: true,
    async run(world, sheet) {
      const all = await talk(world, { sdk: 'reference' });
      world.network.bring();
      await pause(KNOWN_MS);
      await reportAddressChange(world, sheet, all, PATIENCE_MS);
    },
  },
];
