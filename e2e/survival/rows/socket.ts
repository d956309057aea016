import type { Row } from '../row.ts';
import type { Seat } from '../seat.ts';
import { pause } from '../seat.ts';
import type { Sheet } from '../sheet.ts';
import { checkSame, control, longest, talk } from '../talk.ts';
import type { Talk } from '../talk.ts';
import type { World } from '../world.ts';

/** A way to lose the socket. `begin` returns when it is lost, `end` when it can be back. */
export interface SocketFault {
  readonly name: 'reset' | 'blackhole' | 'closed';
  begin(world: World): Promise<void>;
  end(world: World): Promise<void>;
}

export const socketFaults: readonly SocketFault[] = [
  {
    name: 'reset',
    async begin({ relay }) {
      await relay.refuse(true);
      await relay.reset();
    },
    end: ({ relay }) => relay.refuse(false),
  },
  {
    name: 'blackhole',
    async begin({ network, relay }) {
      if (network.namespace) {
        network.dropTcp(true);
      } else {
        await relay.hold(true);
      }
    },
    async end({ network, relay }) {
      if (network.namespace) {
        network.dropTcp(false);
      } else {
        await relay.hold(false);
      }
    },
  },
  {
    name: 'closed',
    async begin({ relay }) {
      await relay.refuse(true);
      await relay.close(1012);
    },
    end: ({ relay }) => relay.refuse(false),
  },
];

/** How long after the fault the page did something about it: closed the socket, or tried another. */
async function noticed(near: Seat, since: number): Promise<number> {
  const closed = (await near.told(since)).filter(({ event }) => event === 'socket.close');
  const tried = await near.attempts(since);
  return Math.min(...closed.map(({ time }) => time), ...tried) - since;
}

async function outage(
  world: World,
  sheet: Sheet,
  { near, far, ...rest }: Talk,
  fault: SocketFault,
  seconds: number,
  lossless: number,
): Promise<void> {
  const what = `${fault.name} ${String(seconds)} s`;
  const before = await near.peer();
  await far.watch(near.hz);
  const since = Date.now();
  await fault.begin(world);
  await pause(seconds * 1000);
  await fault.end(world);
  const back = Date.now();
  const ready = await backAt(near, fault, since, back);
  await pause(500);
  const watched = await far.watched();
  const after = await near.peer();
  sheet.measure(
    { name: 'signalling back', unit: 'ms', bound: 2500, by: 'p95' },
    Math.max(0, ready - back),
  );
  sheet.measure({ name: 'audio gap', unit: 'ms', bound: 100 }, longest(watched.gaps));
  sheet.measure(
    { name: 'lost beyond control', unit: 'packets', bound: 0 },
    Math.max(0, watched.lost - lossless),
  );
  if (fault.name === 'blackhole' && seconds >= 10) {
    sheet.measure({ name: 'noticed', unit: 'ms', bound: 5000 }, await noticed(near, since));
  }
  sheet.check(before.made === after.made, `${what}: a new peer connection was made`);
  sheet.check(before.ufrag === after.ufrag, `${what}: ICE was restarted`);
  if (ready - back > 2000) {
    sheet.note(`${what}: ${await near.timeline(back - 5000)}`);
  }
  await checkSame({ near, far, ...rest }, sheet, what);
  sheet.check(
    (await near.hears(far.hz)) === undefined,
    `${what}: the near ear does not hear the far party`,
  );
}

/**
 * When signalling was back. A socket that was lost is followed by another, and the application is told. A black hole may end
 * before it was noticed, which is nothing, or while the old socket was doubted: then whichever answers first goes on, and nobody is told.
 */
async function backAt(near: Seat, { name }: SocketFault, since: number, back: number) {
  if (name !== 'blackhole') {
    return near.readyAfter(since, 15_000);
  }
  await pause(3000);
  const noticed = (await near.attempts(since)).length > 0;
  return noticed ? near.heardAfter(back, 12_000) : back;
}

function row(fault: SocketFault, title: string): Row {
  return {
    name: `socket-${fault.name}`,
    title,
    suite: true,
    async run(world, sheet, { quick, repeat }) {
      const all = await talk(world);
      const lossless = await control(all, quick ? 2000 : 5000);
      const times = repeat ?? (quick ? 1 : 7);
      for (let index = 0; index < times; index += 1) {
        await outage(world, sheet, all, fault, 2, lossless);
      }
      // In quick runs a black hole of 2 s may end before it is noticed.
      const longer = quick ? (fault.name === 'blackhole' ? [5] : []) : [15, 60];
      for (const seconds of longer) {
        await outage(world, sheet, all, fault, seconds, lossless);
      }
    },
  };
}

const [reset, blackhole, closed] = socketFaults as [SocketFault, SocketFault, SocketFault];

export const socketRows: readonly Row[] = [
  row(reset, 'The socket is reset and refused for a while: the call does not notice.'),
  row(
    blackhole,
    'The socket goes into a black hole: it is noticed within 5 s, and the call does not notice.',
  ),
  row(
    closed,
    'The gateway closes the socket and refuses it for a while: the call does not notice.',
  ),
];
