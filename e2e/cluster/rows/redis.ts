import type { Row } from '../row.ts';
import type { ClusterOptions } from '../cluster.ts';
import { pause } from '../../survival/seat.ts';

/** Gateways that are one by Redis. */
const needs: ClusterOptions = {
  gateways: 2,
  redis: true,
  config: ({ redis }) => ({ redis: { url: redis } }),
};

export const redisKilled: Row = {
  name: 'redis-killed',
  title:
    'Users of two gateways hear each other; Redis is killed and is back: they still do, and call each other again within 5 s',
  needs,
  suite: true,
  async run(cluster, people, sheet) {
    const { near, far } = await people.strangers();
    const since = Date.now();
    const outbound = await near.dial(far.user);
    const inbound = await far.incoming();
    await inbound.answer();
    await Promise.all([outbound.reaches('active'), inbound.reaches('active')]);
    sheet.measure({ name: 'call between gateways active', unit: 'ms' }, Date.now() - since);
    await Promise.all([near.hears(far), far.hears(near)]);
    await cluster.redis?.kill();
    await pause(3_000);
    await Promise.all([near.hears(far), far.hears(near)]);
    await cluster.redis?.start();
    const back = Date.now();
    for (const { gateway } of cluster.gateways) {
      while ((await gateway.metric('offhook_redis_up')) !== 1 && Date.now() - back < 30_000) {
        await pause(50);
      }
    }
    sheet.measure(
      { name: 'Redis reached again by both', unit: 'ms', bound: 5_000 },
      Date.now() - back,
    );
    await Promise.all([near.hears(far), far.hears(near)]);
    await outbound.hangup();
    const { cause } = await inbound.ended();
    sheet.check(cause === 'NORMAL_CLEARING', `the call ended with ${String(cause)}`);
    sheet.measure(
      { name: 'calls lost', unit: 'count', bound: 0 },
      cause === 'NORMAL_CLEARING' ? 0 : 1,
    );
    const again = await far.dial(near.user);
    const rung = await near.incoming();
    await rung.answer();
    await Promise.all([again.reaches('active'), rung.reaches('active')]);
    await Promise.all([near.hears(far), far.hears(near)]);
    await again.hangup();
  },
};

export const homeKilled: Row = {
  name: 'home-killed',
  title:
    "The gateway of who is called is killed: he is back at the caller's gateway, and the call never stopped",
  needs,
  suite: false,
  async run(cluster, people, sheet) {
    const { near, far, farAt } = await people.strangers();
    const outbound = await near.dial(far.user);
    const inbound = await far.incoming();
    await inbound.answer();
    await Promise.all([outbound.reaches('active'), inbound.reaches('active')]);
    await Promise.all([near.hears(far), far.hears(near)]);
    const since = Date.now();
    await cluster.gateways.find(({ name }) => name === farAt)?.kill();
    await Promise.all([near.hears(far), far.hears(near)]);
    const other = cluster.gateways.find(({ name }) => name !== farAt);
    while ((await other?.gateway.metric('offhook_sessions')) !== 2 && Date.now() - since < 30_000) {
      await pause(50);
    }
    sheet.measure(
      { name: 'signed in at the other gateway', unit: 'ms', bound: 10_000 },
      Date.now() - since,
    );
    await Promise.all([near.hears(far), far.hears(near)]);
    await inbound.hangup();
    const { cause } = await outbound.ended();
    sheet.check(cause === 'NORMAL_CLEARING', `the call ended with ${String(cause)}`);
    sheet.measure(
      { name: 'calls lost', unit: 'count', bound: 0 },
      cause === 'NORMAL_CLEARING' ? 0 : 1,
    );
  },
};

export const redisFrozen: Row = {
  name: 'redis-frozen',
  title:
    'Redis stands still for 8 s during a call between two gateways: it goes on, and can be ended',
  needs,
  suite: false,
  async run(cluster, people, sheet) {
    const { near, far } = await people.strangers();
    const outbound = await near.dial(far.user);
    const inbound = await far.incoming();
    await inbound.answer();
    await Promise.all([outbound.reaches('active'), inbound.reaches('active')]);
    await Promise.all([near.hears(far), far.hears(near)]);
    cluster.redis?.freeze();
    await pause(8_000);
    await Promise.all([near.hears(far), far.hears(near)]);
    cluster.redis?.thaw();
    await pause(5_000);
    await outbound.hangup();
    const { cause } = await inbound.ended();
    sheet.measure(
      { name: 'calls lost', unit: 'count', bound: 0 },
      cause === 'NORMAL_CLEARING' ? 0 : 1,
    );
  },
};
