import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { systemClock } from '../clock.ts';
import { Guard } from '../guard.ts';
import { silentLogger } from '../logging/logger.ts';
import { answerNext, dial, Fixture, hangup } from '../signaling/testing/fixture.ts';
import type { WireClient } from '../signaling/testing/wire-client.ts';
import { Neighbours } from './neighbours.ts';
import { RedisCallRecords } from './redis/redis-call-records.ts';
import { RedisLink } from './redis/redis-link.ts';
import { RedisMessages } from './redis/redis-messages.ts';
import { RedisRegister } from './redis/redis-register.ts';
import { Revival } from './revival.ts';
import { RedisServer } from './testing/redis-server.ts';

let redis: RedisServer;
let prefix: string;
const undo: (() => Promise<void>)[] = [];

beforeAll(async () => {
  redis = await RedisServer.start();
});
afterAll(() => redis.stop());
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) {
    await step();
  }
});

interface Node {
  readonly fixture: Fixture;
  readonly link: RedisLink;
  readonly neighbours: Neighbours;
}

/** A gateway of its own, with its own users' sockets; they share Redis. */
async function gateway(name: string, waitMs = 5000, limits = {}): Promise<Node> {
  const logger = silentLogger();
  const guard = new Guard(logger, (boundary) => {
    throw new Error(`caught at ${boundary}`);
  });
  const options = { url: redis.url, prefix };
  const link = new RedisLink({ options, name, clock: systemClock, logger });
  const metrics = { message: () => undefined };
  const messages = new RedisMessages({ link, clock: systemClock, guard, metrics });
  const register = new RedisRegister(link);
  const neighbours = new Neighbours({ messages, register, clock: systemClock, guard, logger });
  await link.start(waitMs);
  const records = new RedisCallRecords(link);
  const keptCalls = new Revival({ records, node: link.node, clock: systemClock, guard });
  const fixture = await Fixture.start({ neighbours, keptCalls: () => keptCalls, limits });
  undo.push(async () => {
    await fixture.stop();
    await link.close();
  });
  return { fixture, link, neighbours };
}

async function gateways<const N extends readonly string[]>(
  ...names: N
): Promise<{ [K in keyof N]: Node }> {
  prefix = `test-${randomUUID()}:`;
  return (await Promise.all(names.map((name) => gateway(name)))) as { [K in keyof N]: Node };
}

/** A device is known at other gateways in a moment: until then its user is not there. */
async function called(node: Node, user: string, devices = 1): Promise<void> {
  await vi.waitFor(async () => {
    expect(await node.neighbours.everywhere(user)).toHaveLength(devices);
  });
}

describe('users of two gateways', () => {
  it('call each other: it rings, is answered, held, sends digits and ends, as if at one', async () => {
    const [a, b] = await gateways('a', 'b');
    const caller = await a.fixture.register('1001');
    const callee = await b.fixture.register('1002');
    await called(a, '1002');
    const { callID } = await dial(caller, '1002');
    await caller.next('ringing');
    const far = await answerNext(callee);
    expect((await caller.next('answer')).params).toMatchObject({ callID });
    // Media is all at the owner of the call.
    expect(a.fixture.media.legs.size).toBe(2);
    expect(b.fixture.media.legs.size).toBe(0);
    const hold = await callee.request('modify', {
      sessid: callee.sessid,
      action: 'hold',
      dialogParams: { callID: far },
    });
    expect(hold).toMatchObject({
      result: { holdState: 'held', callID: far, sessid: callee.sessid },
    });
    await caller.request('info', { sessid: caller.sessid, dtmf: '5', dialogParams: { callID } });
    expect((await callee.next('info')).params).toMatchObject({ callID: far, dtmf: '5' });
    await hangup(callee, far, 'NORMAL_CLEARING', 16);
    expect((await caller.next('bye')).params).toMatchObject({ callID, cause: 'NORMAL_CLEARING' });
    expect(a.fixture.server.stats().calls).toBe(0);
  });

  it('the caller hangs up: the far client hears it', async () => {
    const [a, b] = await gateways('a', 'b');
    const caller = await a.fixture.register('1001');
    const callee = await b.fixture.register('1002');
    await called(a, '1002');
    const { callID } = await dial(caller, '1002');
    const far = await answerNext(callee);
    await caller.next('answer');
    await hangup(caller, callID, 'NORMAL_CLEARING', 16);
    expect((await callee.next('bye')).params).toMatchObject({ callID: far });
    // An answer that crossed the bye is no failure.
    const late = await callee.request('answer', {
      sessid: callee.sessid,
      sdp: 'v=0',
      dialogParams: { callID: far },
    });
    expect(late.result).toMatchObject({ message: 'CALL ENDED' });
  });

  it('devices of one user at two gateways ring together, and one answer wins', async () => {
    const [a, b, c] = await gateways('a', 'b', 'c');
    const caller = await a.fixture.register('1001');
    const first = await b.fixture.register('1002');
    const second = await c.fixture.register('1002');
    const third = await a.fixture.register('1002');
    await called(a, '1002', 3);
    await dial(caller, '1002');
    const rung = await Promise.all([first, second, third].map((each) => each.next('invite')));
    const replies = await Promise.all(
      [first, second].map((each, at) =>
        each.request('answer', {
          sessid: each.sessid,
          sdp: rung[at]?.params?.['sdp'],
          dialogParams: { callID: rung[at]?.params?.['callID'] },
        }),
      ),
    );
    const words = replies.map(({ result }) => result?.['message']);
    expect(words.toSorted()).toEqual(['CALL ANSWERED', 'CALL ENDED']);
    await caller.next('answer');
    const loser = words[0] === 'CALL ENDED' ? first : second;
    expect((await loser.next('bye')).params).toMatchObject({ cause: 'LOSE_RACE' });
    expect((await third.next('bye')).params).toMatchObject({ cause: 'LOSE_RACE' });
  });

  it('a device that signs in at another gateway while its user is called rings too', async () => {
    const [a, b] = await gateways('a', 'b');
    const caller = await a.fixture.register('1001');
    const here = await a.fixture.register('1002');
    await dial(caller, '1002');
    await here.next('invite');
    const late = await b.fixture.register('1002');
    await answerNext(late);
    await caller.next('answer');
    expect((await here.next('bye')).params).toMatchObject({ cause: 'LOSE_RACE' });
    const later = await b.fixture.register('1002');
    await called(a, '1002', 3);
    await later.barrier();
    expect(later.has('invite')).toBe(false);
  });

  it('have so many sockets, all gateways together; where Redis is away, at each', async () => {
    prefix = `test-${randomUUID()}:`;
    const a = await gateway('a', 5000, { socketsPerUser: 2 });
    const b = await gateway('b', 5000, { socketsPerUser: 2 });
    await a.fixture.register('1001');
    await b.fixture.register('1001');
    await called(a, '1001', 2);
    const credentials = { login: '1001', passwd: 'secret-1001' };
    const refused = await (await a.fixture.connect()).login(credentials);
    expect(refused.error?.data).toMatchObject({ reason: 'busy' });
    await a.link.close();
    const taken = await (await a.fixture.connect()).login(credentials);
    expect(taken.result).toMatchObject({ message: 'logged in' });
  });

  it('send each other texts', async () => {
    const [a, b] = await gateways('a', 'b');
    const from = await a.fixture.register('1001');
    const to = await b.fixture.register('1002');
    await called(a, '1002');
    const reply = await from.request('info', {
      sessid: from.sessid,
      dialogParams: { callID: randomUUID() },
      msg: { from: 'x', to: '1002', body: 'hello' },
    });
    expect(reply.result).toMatchObject({ message: 'SENT' });
    expect((await to.next('info')).params).toMatchObject({
      msg: { from: '1001', to: '1002', body: 'hello' },
    });
  });

  it('who is known by his tokens only is known where he is not', async () => {
    const [a, b] = await gateways('a', 'b');
    const caller = await a.fixture.register('1001');
    const callee = await b.fixture.register('1002');
    a.fixture.auth.users.delete('1002');
    await called(a, '1002');
    await dial(caller, '1002');
    expect((await caller.next('ringing')).params).toMatchObject({ callee_id_name: 'User 1002' });
    await answerNext(callee);
    await caller.next('answer');
  });

  it('who is nowhere is absent, and who left his gateway too', async () => {
    const [a, b] = await gateways('a', 'b');
    const caller = await a.fixture.register('1001');
    const callee = await b.fixture.register('1002');
    await called(a, '1002');
    await dial(caller, '1003');
    expect((await caller.next('bye')).params).toMatchObject({ cause: 'SUBSCRIBER_ABSENT' });
    await b.fixture.drop(callee);
    await called(a, '1002', 0);
    await dial(caller, '1002');
    expect((await caller.next('bye')).params).toMatchObject({ cause: 'SUBSCRIBER_ABSENT' });
  });
});

describe('a client that comes back at another gateway', () => {
  it('has its session there, and its call goes on: the far one of a call', async () => {
    const [a, b, c] = await gateways('a', 'b', 'c');
    const caller = await a.fixture.register('1001');
    const callee = await b.fixture.register('1002');
    await called(a, '1002');
    const { callID } = await dial(caller, '1002');
    const far = await answerNext(callee);
    await caller.next('answer');
    connectAll(a);
    await b.fixture.drop(callee);
    const back = await comeBack(c, callee, '1002', [far]);
    expect(b.fixture.server.stats().sessions).toBe(0);
    await caller.request('info', { sessid: caller.sessid, dtmf: '7', dialogParams: { callID } });
    expect((await back.next('info')).params).toMatchObject({ callID: far, dtmf: '7' });
    await hangup(back, far, 'NORMAL_CLEARING', 16);
    expect((await caller.next('bye')).params).toMatchObject({ callID });
  });

  it('the caller too, whose gateway has the call, and it may come home again', async () => {
    const [a, b] = await gateways('a', 'b');
    const caller = await a.fixture.register('1001');
    const callee = await b.fixture.register('1002');
    await called(a, '1002');
    const { callID } = await dial(caller, '1002');
    const far = await answerNext(callee);
    await caller.next('answer');
    connectAll(a);
    await a.fixture.drop(caller);
    const away = await comeBack(b, caller, '1001', [callID]);
    const held = await away.request('modify', {
      sessid: away.sessid,
      action: 'hold',
      dialogParams: { callID },
    });
    expect(held).toMatchObject({ result: { holdState: 'held', sessid: away.sessid } });
    await b.fixture.drop(away);
    const home = await comeBack(a, caller, '1001', [callID]);
    await hangup(callee, far, 'NORMAL_CLEARING', 16);
    expect((await home.next('bye')).params).toMatchObject({ callID });
    expect(a.fixture.server.stats()).toMatchObject({ sessions: 1, calls: 0 });
  });

  it('its former socket is told to rest, and nobody else can take a session', async () => {
    const [a, b] = await gateways('a', 'b');
    const first = await a.fixture.register('1001');
    await called(b, '1001');
    const stranger = await b.fixture.register('1002', { sessid: first.sessid });
    expect(stranger.sessid).not.toBe(first.sessid);
    const second = await b.fixture.register('1001', { sessid: first.sessid });
    expect(second.sessid).toBe(first.sessid);
    expect((await first.next('punt')).params).toMatchObject({ offhook: { reason: 'taken_over' } });
    await first.closed;
    await called(a, '1001', 1);
  });
});

describe('Redis', () => {
  it.each(['killed', 'frozen'])(
    '%s: calls stay, users of one gateway call, and all heals',
    async (how) => {
      const [a, b] = await gateways('a', 'b');
      const caller = await a.fixture.register('1001');
      const callee = await b.fixture.register('1002');
      const near = await a.fixture.register('1003');
      await called(a, '1002');
      const { callID } = await dial(caller, '1002');
      const far = await answerNext(callee);
      await caller.next('answer');
      connectAll(a);
      if (how === 'killed') {
        await redis.kill();
      } else {
        redis.freeze();
      }
      for (const node of [a, b]) {
        await vi.waitFor(() => {
          expect(node.link.works).toBe(false);
        }, 5000);
      }
      expect(a.fixture.server.stats().calls).toBe(1);
      const refused = await callee.request('modify', {
        sessid: callee.sessid,
        action: 'hold',
        dialogParams: { callID: far },
      });
      expect(refused.error?.data).toMatchObject({
        reason: 'gateway_unreachable',
        retryAfterMs: 2000,
      });
      const local = await dial(caller, '1003');
      const localFar = await answerNext(near);
      await caller.next('answer');
      await hangup(near, localFar, 'NORMAL_CLEARING', 16);
      expect((await caller.next('bye')).params).toMatchObject({ callID: local.callID });
      const lost = await dial(caller, '1002');
      expect((await caller.next('bye')).params).toMatchObject({
        callID: lost.callID,
        cause: 'NORMAL_TEMPORARY_FAILURE',
      });
      // Nobody can be told now; it is passed on.
      expect((await hangup(callee, far, 'NORMAL_CLEARING', 16)).result).toMatchObject({
        message: 'CALL ENDED',
      });
      const since = performance.now();
      if (how === 'killed') {
        await redis.run();
      } else {
        redis.thaw();
      }
      expect((await caller.next('bye')).params).toMatchObject({ callID, cause: 'NORMAL_CLEARING' });
      await vi.waitFor(async () => {
        expect(await a.neighbours.everywhere('1002')).toHaveLength(1);
      }, 5000);
      expect(performance.now() - since).toBeLessThan(5000);
      for (const node of [a, b]) {
        await vi.waitFor(() => {
          expect(node.link.works).toBe(true);
        }, 5000);
      }
      await dial(caller, '1002');
      await answerNext(callee);
      await caller.next('answer');
    },
  );

  it('a gateway starts without it, and joins when it is there', async () => {
    const [a] = await gateways('a');
    await redis.kill();
    const later = await gateway('b', 100);
    const callee = await later.fixture.register('1002');
    const caller = await a.fixture.register('1001');
    await redis.run();
    await vi.waitFor(async () => {
      expect(await a.neighbours.everywhere('1002')).toHaveLength(1);
    }, 5000);
    await dial(caller, '1002');
    await answerNext(callee);
    await caller.next('answer');
  });
});

describe('a gateway that is gone', () => {
  it('takes its own calls along: the clients of others are told', async () => {
    const [a, b] = await gateways('a', 'b');
    const caller = await a.fixture.register('1001');
    const callee = await b.fixture.register('1002');
    await called(a, '1002');
    await dial(caller, '1002');
    const far = await answerNext(callee);
    await caller.next('answer');
    // As if the process had ended: no lease, and nobody reads its messages.
    await a.link.close();
    expect((await callee.next('bye')).params).toMatchObject({
      callID: far,
      cause: 'NORMAL_TEMPORARY_FAILURE',
    });
  });

  it('calls of others wait for its clients, who come back elsewhere', async () => {
    const [a, b, c] = await gateways('a', 'b', 'c');
    const caller = await a.fixture.register('1001');
    const callee = await b.fixture.register('1002');
    await called(a, '1002');
    const { callID } = await dial(caller, '1002');
    const far = await answerNext(callee);
    await caller.next('answer');
    connectAll(a);
    await b.link.close();
    await vi.waitFor(() => {
      expect(a.fixture.server.stats().parkedLegs).toBe(1);
    }, 8000);
    const back = await comeBack(c, callee, '1002', [far]);
    await hangup(back, far, 'NORMAL_CLEARING', 16);
    expect((await caller.next('bye')).params).toMatchObject({ callID });
  });
});

it('who comes back before his gateway is taken for dead keeps his call', async () => {
  const [a, b] = await gateways('a', 'b');
  const caller = await a.fixture.register('1001');
  const callee = await b.fixture.register('1002');
  await called(a, '1002');
  const { callID } = await dial(caller, '1002');
  const far = await answerNext(callee);
  await caller.next('answer');
  connectAll(a);
  const lease = b.link.lease(b.link.node);
  await b.link.close();
  // As a process that was killed leaves it behind.
  await a.link.evaluate(`redis.call('SET', KEYS[1], '1', 'PX', '20000') return 0`, [lease], []);
  const back = await comeBack(a, callee, '1002', [far]);
  await caller.request('info', { sessid: caller.sessid, dtmf: '7', dialogParams: { callID } });
  expect((await back.next('info')).params).toMatchObject({ callID: far, dtmf: '7' });
  await hangup(back, far, 'NORMAL_CLEARING', 16);
  expect((await caller.next('bye')).params).toMatchObject({ callID });
});

/** All media of a gateway is connected. */
function connectAll({ fixture }: Node): void {
  for (const { leg } of fixture.media.legs.values()) {
    fixture.media.setState(leg, 'connected');
  }
}

/** As our client does after its socket broke: it asks for its session, and its calls live. */
async function comeBack(
  { fixture }: Node,
  before: WireClient,
  user: string,
  calls: readonly string[],
): Promise<WireClient> {
  const client = await fixture.connect();
  const reply = await client.login({
    login: user,
    passwd: `secret-${user}`,
    sessid: before.sessid,
    offhook: { v: 1, calls: calls.map((callID) => ({ callID, peer: 'live' })) },
  });
  expect(reply.result).toMatchObject({ sessid: before.sessid });
  client.sessid = before.sessid;
  expect((await client.next('clientReady')).params).toEqual({ reattached_sessions: calls });
  return client;
}
