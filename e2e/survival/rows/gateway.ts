import { EdgeProcess } from '../../lib/edge.ts';
import { freePort } from '../../lib/ports.ts';
import type { Row } from '../row.ts';
import { pause } from '../seat.ts';
import type { Seat } from '../seat.ts';
import type { Sheet } from '../sheet.ts';
import { Storm } from '../storm-client.ts';
import { connect, talk } from '../talk.ts';
import { FAR } from '../world.ts';
import type { World } from '../world.ts';

/** The call ended once in this page, with a cause; returns when, or undefined. */
async function endedOnce(
  seat: Seat,
  id: string,
  sheet: Sheet,
  causes: readonly string[],
): Promise<number | undefined> {
  await seat.reaches(id, 'destroy', 8000).catch(() => undefined);
  const told = (await seat.told()).filter(
    ({ callId, state }) => callId === id && state === 'destroy',
  );
  const { cause = 'none', state } = await seat.call(id);
  sheet.check(
    told.length === 1,
    `${seat.user} was told of the end ${String(told.length)} times (${state})`,
  );
  sheet.check(
    causes.includes(cause),
    `${seat.user}: the call ended with ${cause}, wanted ${causes.join(' or ')}`,
  );
  const live = (await seat.calls()).filter((call) => !['destroy', 'purge'].includes(call.state));
  sheet.check(live.length === 0, `${seat.user} still has a call ${live[0]?.state ?? ''}`);
  return told[0]?.time;
}

const drain: Row = {
  name: 'gateway-drain',
  title:
    'The gateway is restarted gracefully: the call gets its time, then ends with cause 41, and all come back.',
  suite: true,
  async run(world, sheet) {
    const all = await talk(world);
    const { near, far, id, farId } = all;
    const since = Date.now();
    world.gateway.terminate();
    await pause(500);
    sheet.check((await near.call(id)).state === 'active', 'the call was not given its time');
    // No new calls meanwhile.
    const late = await near.dial('echo');
    await near.reaches(late, 'destroy', 5000);
    sheet.check(
      (await near.call(late)).causeCode === 41,
      `a new call ended with ${String((await near.call(late)).causeCode)}`,
    );
    const ends = await Promise.all([
      endedOnce(near, id, sheet, ['NORMAL_TEMPORARY_FAILURE']),
      endedOnce(far, farId, sheet, ['NORMAL_TEMPORARY_FAILURE']),
    ]);
    // drain.callSeconds is 3 here.
    for (const end of ends) {
      sheet.measure(
        { name: 'time given to the call', unit: 'ms', bound: 8000 },
        (end ?? Infinity) - since,
      );
      sheet.check((end ?? 0) - since > 2500, 'the call ended early');
    }
    const code = await world.gateway.ended;
    sheet.check(code === '0', `the gateway ended with ${code}`);
    const gone = Date.now();
    await world.restartGateway();
    const up = Date.now();
    const ready = await Promise.all([near.readyAfter(gone, 15_000), far.readyAfter(gone, 15_000)]);
    for (const time of ready) {
      sheet.measure(
        { name: 'registered again', unit: 'ms', bound: 10_000 },
        Math.max(0, time - up),
      );
    }
  },
};

const killed: Row = {
  name: 'gateway-killed',
  title:
    'The gateway is killed: every call ends once with a true cause, and a client is registered again.',
  suite: true,
  async run(world, sheet, { quick, repeat }) {
    for (let index = 0; index < (repeat ?? (quick ? 1 : 3)); index += 1) {
      const { near, far, id, farId } = await talk(world);
      await world.gateway.kill();
      await world.restartGateway();
      const up = Date.now();
      const ready = await near.readyAfter(up - 2000, 10_000);
      sheet.measure({ name: 'registered again', unit: 'ms', bound: 2000 }, Math.max(0, ready - up));
      // The gateway that comes back does not list the calls: both are told so, once. Cause 41, the network's own failure.
      const gone = ['NORMAL_TEMPORARY_FAILURE'];
      const ends = await Promise.all([
        endedOnce(near, id, sheet, gone),
        endedOnce(far, farId, sheet, gone),
      ]);
      for (const end of ends) {
        sheet.measure(
          { name: 'ended after the gateway is back', unit: 'ms', bound: 5000 },
          Math.max(0, (end ?? Infinity) - up),
        );
      }
      await world.tidy();
    }
  },
};

/** An edge before two gateways of which only one runs as yet. */
async function behindEdge(world: World) {
  const secret = world.issuer.secret;
  const gateway = async (node: string, port: number) =>
    world.startGateway(
      {
        EDGE_NODE: node,
        EDGE_SECRET: secret,
        MEDIA_PORT_MIN: '41000',
        MEDIA_PORT_MAX: '41099',
        MEDIA_PUBLIC_ADDRESS: world.network.server,
        MEDIA_BIND: world.network.server,
        TRUST_PROXY: '127.0.0.1',
      },
      port,
    );
  const [port, later] = [await freePort(), await freePort()];
  // An edge is not ready before one of its gateways is.
  const one = await gateway('one', port);
  const edge = await EdgeProcess.start(
    {
      secret,
      upstreams: {
        one: { url: `http://127.0.0.1:${String(port)}` },
        two: { url: `http://127.0.0.1:${String(later)}` },
      },
      pools: { default: ['one', 'two'] },
      healthIntervalMs: 500,
    },
    world.network.server,
  );
  return { edge, one, startTwo: () => gateway('two', later) };
}

const moved: Row = {
  name: 'gateway-moved',
  title:
    'Of two gateways behind an edge one is drained: its clients move to the other, a call gets its time first.',
  suite: true,
  async run(world, sheet) {
    const { edge, one, startTwo } = await behindEdge(world);
    const { host } = edge;
    const gateways = [one];
    try {
      // Two who talk and one who waits, all on the only gateway there is.
      const near = await world.near({ host });
      const idle = await world.seat({ ...FAR, user: '1003' }, false, { host });
      const all = await talk(world, {}, near, await world.far({ host }));
      const { far, id, farId } = all;
      const two = await startTwo();
      gateways.push(two);
      const since = Date.now();
      one.terminate();
      const gone = await idle.readyAfter(since, 10_000);
      sheet.measure({ name: 'an idle client moved', unit: 'ms', bound: 10_000 }, gone - since);
      sheet.check(
        (await near.call(id)).state === 'active' && (await far.call(farId)).state === 'active',
        'the call was not given its time',
      );
      const ends = await Promise.all([
        endedOnce(near, id, sheet, ['NORMAL_TEMPORARY_FAILURE']),
        endedOnce(far, farId, sheet, ['NORMAL_TEMPORARY_FAILURE']),
      ]);
      // drain.callSeconds is 3 here.
      for (const end of ends) {
        const given = (end ?? Infinity) - since;
        sheet.measure({ name: 'time given to the call', unit: 'ms', bound: 8000 }, given);
        sheet.check(given > 2500, 'the call ended early');
      }
      const ready = await Promise.all([
        near.readyAfter(since, 10_000),
        far.readyAfter(since, 10_000),
      ]);
      for (const [index, time] of ready.entries()) {
        const moving = time - (ends[index] ?? Infinity);
        sheet.measure({ name: 'moved after the call', unit: 'ms', bound: 10_000 }, moving);
      }
      sheet.check((await one.ended) === '0', 'the drained gateway did not end well');
      const users = await two.metric('offhook_registered_users');
      sheet.check(users === 3, `${String(users)} of 3 users are on the other gateway`);
      await connect(near, far);
    } finally {
      await world.tidy();
      await edge.stop();
      await Promise.all(gateways.map((gateway) => gateway.stop()));
    }
  },
};

const CLIENTS = 1000;

const stampede: Row = {
  name: 'gateway-stampede',
  title:
    '1,000 idle clients of a gateway that is restarted come back within 10 s, and not all at once.',
  suite: true,
  async run(world, sheet, { quick }) {
    const count = quick ? 300 : CLIENTS;
    const tokens = Array.from({ length: count }, (_, index) =>
      world.issuer.token(`u${String(index)}`),
    );
    const storm = await Storm.start({ host: world.farHost, tokens });
    try {
      const first = await storm.allReady(count, 0, 60_000);
      if (first.registered < count) {
        throw new Error(`Only ${String(first.registered)} clients registered to begin with.`);
      }
      for (const way of ['graceful', 'killed'] as const) {
        const since = Date.now();
        if (way === 'graceful') {
          world.gateway.terminate();
          await world.gateway.ended;
        } else {
          await world.gateway.kill();
        }
        const gone = Date.now();
        await world.restartGateway();
        const up = Date.now();
        const report = await storm.allReady(count, gone, 60_000);
        const last = Math.max(...report.readyAt);
        sheet.check(
          report.registered === count,
          `${way}: ${String(count - report.registered)} clients are missing`,
        );
        // How soon after a crash is the clients' own patience; a restart that was meant is told to them.
        const bound = way === 'graceful' ? { bound: 10_000 } : {};
        sheet.measure({ name: `last back, ${way}`, unit: 'ms', ...bound }, last - up);
        const opened = report.opened.filter((time) => time >= since);
        sheet.measure(
          { name: `most sockets in 100 ms, ${way}`, unit: '%', bound: 50 },
          (most(opened, 100) / count) * 100,
        );
        sheet.measure({ name: `sockets a client, ${way}`, unit: 'count' }, opened.length / count);
      }
    } finally {
      storm.stop();
    }
  },
};

/** The most events within one window. */
function most(times: readonly number[], ms: number): number {
  const sorted = [...times].sort((a, b) => a - b);
  let [from, best] = [0, 0];
  sorted.forEach((time, index) => {
    while (time - (sorted[from] ?? time) >= ms) {
      from += 1;
    }
    best = Math.max(best, index - from + 1);
  });
  return best;
}

export const gatewayRows: readonly Row[] = [drain, killed, moved, stampede];
