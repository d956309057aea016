import type { Row } from '../row.ts';
import type { Cluster } from '../cluster.ts';
import { pause } from '../../survival/seat.ts';
import { Storm } from '../../survival/storm-client.ts';
import type { Sheet } from '../../survival/sheet.ts';

const CLIENTS = 40;

const back = { name: 'all clients ready at another gateway', unit: 'ms', bound: 10_000 } as const;

async function storm(cluster: Cluster): Promise<Storm> {
  const tokens = Array.from({ length: CLIENTS }, (_, index) =>
    cluster.issuer.token(`idle${String(index)}`),
  );
  const clients = await Storm.start({ host: cluster.host, tokens });
  const { registered } = await clients.allReady(CLIENTS, 0, 60_000);
  if (registered < CLIENTS) {
    clients.stop();
    throw new Error(`Only ${String(registered)} of ${String(CLIENTS)} clients signed in.`);
  }
  const homes = await cluster.clients();
  if ([...homes.values()].some((count) => count < CLIENTS / 4)) {
    clients.stop();
    throw new Error(`The door shared them out badly: ${[...homes.values()].join(' and ')}.`);
  }
  return clients;
}

/** How long until all are registered again, and that the first gateway has none of them. */
async function homecoming(cluster: Cluster, clients: Storm, since: number, sheet: Sheet) {
  const second = cluster.gateways[1];
  let count = 0;
  while (count < CLIENTS && Date.now() - since < 60_000) {
    count = (await second?.gateway.metric('offhook_sessions')) ?? 0;
    await pause(20);
  }
  const { readyAt, registered } = await clients.report();
  sheet.measure(back, Math.max(...readyAt) - since);
  sheet.check(registered === CLIENTS, `${String(registered)} of ${String(CLIENTS)} are registered`);
}

export const gatewayKilled: Row = {
  name: 'gateway-killed',
  title: 'A gateway is killed: its clients are signed in at another one',
  needs: { gateways: 2 },
  suite: true,
  async run(cluster, _people, sheet) {
    const clients = await storm(cluster);
    try {
      const since = Date.now();
      await cluster.gateways[0]?.kill();
      await homecoming(cluster, clients, since, sheet);
    } finally {
      clients.stop();
    }
  },
};

export const gatewayFrozen: Row = {
  name: 'gateway-frozen',
  title:
    'A gateway stands still for 15 s: its clients are signed in at another one, and stay there',
  needs: { gateways: 2 },
  suite: false,
  async run(cluster, _people, sheet) {
    const clients = await storm(cluster);
    try {
      const since = Date.now();
      cluster.gateways[0]?.freeze();
      await homecoming(cluster, clients, since, sheet);
      await pause(Math.max(0, since + 15_000 - Date.now()));
      cluster.gateways[0]?.thaw();
      await pause(3_000);
      const { registered } = await clients.report();
      sheet.check(registered === CLIENTS, `${String(registered)} registered after the thaw`);
    } finally {
      clients.stop();
    }
  },
};

export const gatewayDrained: Row = {
  name: 'gateway-drained',
  title:
    'A gateway is stopped during a call: the call goes on, newcomers go elsewhere, it ends after the call',
  // Longer than a busy machine needs for the rest of the row.
  needs: { gateways: 2, config: () => ({ drain: { callSeconds: 120, idleSeconds: 1 } }) },
  suite: true,
  async run(cluster, people, sheet) {
    const { near, far, at } = await people.neighbours();
    const outbound = await near.dial(far.user);
    const inbound = await far.incoming();
    await inbound.answer();
    await Promise.all([outbound.reaches('active'), inbound.reaches('active')]);
    await Promise.all([near.hears(far), far.hears(near)]);
    const node = cluster.gateways.find(({ name }) => name === at);
    const other = cluster.gateways.find(({ name }) => name !== at);
    if (node === undefined || other === undefined) {
      throw new Error(`No gateway ${at}.`);
    }
    const ended = node.drain();
    const healthz = `${node.gateway.url}/healthz`;
    while ((await fetch(healthz)).status !== 503) {
      await pause(50);
    }
    const before = await other.gateway.metric('offhook_sessions');
    await people.join('newcomer');
    const after = await other.gateway.metric('offhook_sessions');
    sheet.check(after > before, 'the newcomer is not at the other gateway');
    await Promise.all([near.hears(far), far.hears(near)]);
    const since = Date.now();
    await outbound.hangup();
    const { cause } = await inbound.ended();
    sheet.check(cause === 'NORMAL_CLEARING', `the call ended with ${String(cause)}`);
    sheet.measure(
      { name: 'calls lost', unit: 'count', bound: 0 },
      cause === 'NORMAL_CLEARING' ? 0 : 1,
    );
    sheet.check((await ended) === '0', 'the gateway did not end with 0');
    sheet.measure(
      { name: 'gateway ended after the call', unit: 'ms', bound: 10_000 },
      Date.now() - since,
    );
  },
};

export const doorKilled: Row = {
  name: 'door-killed',
  title:
    'HAProxy dies during a call and is back after 3 s: the call is heard all the time, and can be ended then',
  needs: { gateways: 2 },
  suite: false,
  async run(cluster, people, sheet) {
    const { near, far } = await people.neighbours();
    const outbound = await near.dial(far.user);
    const inbound = await far.incoming();
    await inbound.answer();
    await Promise.all([outbound.reaches('active'), inbound.reaches('active')]);
    await Promise.all([near.hears(far), far.hears(near)]);
    await cluster.haproxy.kill();
    await Promise.all([near.hears(far), far.hears(near)]);
    await pause(3_000);
    await cluster.haproxy.start();
    await Promise.all([near.hears(far), far.hears(near)]);
    await outbound.hangup();
    const { cause } = await inbound.ended(30_000);
    sheet.measure(
      { name: 'calls lost', unit: 'count', bound: 0 },
      cause === 'NORMAL_CLEARING' ? 0 : 1,
    );
  },
};
