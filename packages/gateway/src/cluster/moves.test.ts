import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../clock.ts';
import { Guard } from '../guard.ts';
import { silentLogger } from '../logging/logger.ts';
import { answerNext, dial, Fixture, hangup } from '../signaling/testing/fixture.ts';
import type { WireClient, WireReply } from '../signaling/testing/wire-client.ts';
import { Neighbours } from './neighbours.ts';
import { RegisterError } from './register.ts';
import { InProcess } from './testing/in-process.ts';

type Shared = ReturnType<InProcess['join']>;

interface Node {
  readonly fixture: Fixture;
  readonly shared: Shared;
}

const fixtures: Fixture[] = [];
let all: InProcess;
beforeEach(() => {
  all = new InProcess();
});
afterEach(async () => {
  for (const fixture of fixtures.splice(0).reverse()) {
    await fixture.stop();
  }
});

/** @param change what of the shared parts is otherwise at this gateway */
async function gateway(name: string, change?: (shared: Shared) => void): Promise<Node> {
  const shared = all.join(name);
  change?.(shared);
  const logger = silentLogger();
  const guard = new Guard(logger, (boundary) => {
    throw new Error(`caught at ${boundary}`);
  });
  const parts = { messages: shared, register: shared, clock: systemClock, guard, logger };
  const fixture = await Fixture.start({ neighbours: new Neighbours(parts) });
  fixtures.push(fixture);
  return { fixture, shared };
}

/** A call of 1001 at the first gateway with 1002 at the second. */
async function callOf(a: Node, b: Node) {
  const caller = await a.fixture.register('1001');
  const callee = await b.fixture.register('1002');
  const { callID } = await dial(caller, '1002');
  const far = await answerNext(callee);
  await caller.next('answer');
  for (const { leg } of a.fixture.media.legs.values()) {
    a.fixture.media.setState(leg, 'connected');
  }
  return { caller, callee, callID, far };
}

/** As our client does after its socket broke. */
function signInAgain(client: WireClient, sessid: string, calls: string[]): Promise<WireReply> {
  return client.login({
    login: '1002',
    passwd: 'secret-1002',
    sessid,
    offhook: { v: 1, calls: calls.map((callID) => ({ callID, peer: 'live' })) },
  });
}

async function comeBack({ fixture }: Node, { sessid }: WireClient, far: string) {
  const client = await fixture.connect();
  expect((await signInAgain(client, sessid, [far])).result).toMatchObject({ sessid });
  expect((await client.next('clientReady')).params).toEqual({ reattached_sessions: [far] });
  return client;
}

async function digitArrives(caller: WireClient, callID: string, at: WireClient): Promise<void> {
  await caller.request('info', { sessid: caller.sessid, dtmf: '7', dialogParams: { callID } });
  expect((await at.next('info')).params).toMatchObject({ dtmf: '7' });
}

describe('a session that moves to another gateway', () => {
  it('is one there, with its call, though two sockets ask for it at the same time', async () => {
    const [a, b, c] = [await gateway('a'), await gateway('b'), await gateway('c')];
    const { caller, callee, callID, far } = await callOf(a, b);
    await b.fixture.drop(callee);
    const { auth } = c.fixture;
    let open = (): void => undefined;
    auth.gate = new Promise((resolve) => {
      open = resolve;
    });
    const sockets = [await c.fixture.connect(), await c.fixture.connect()];
    const replies = sockets.map((each) => signInAgain(each, callee.sessid, [far]));
    await expect.poll(() => auth.attempts.length).toBe(2);
    open();
    for (const { result } of await Promise.all(replies)) {
      expect(result).toMatchObject({ sessid: callee.sessid });
    }
    const left = await Promise.race(
      sockets.map(async (each, at) => {
        await each.closed;
        return sockets[1 - at];
      }),
    );
    if (!left) {
      throw new Error('no socket is left');
    }
    expect((await left.next('clientReady')).params).toEqual({ reattached_sessions: [far] });
    expect(c.fixture.server.stats().sessions).toBe(1);
    await digitArrives(caller, callID, left);
  });

  it('keeps its call when it cannot be written down at that moment', async () => {
    let failures = 1;
    const [a, b] = [await gateway('a'), await gateway('b')];
    const c = await gateway('c', (shared) => {
      const put = shared.put.bind(shared);
      shared.put = (listings) =>
        failures-- > 0 ? Promise.reject(new RegisterError('away')) : put(listings);
    });
    const { caller, callee, callID, far } = await callOf(a, b);
    await b.fixture.drop(callee);
    const back = await comeBack(c, callee, far);
    await digitArrives(caller, callID, back);
    await hangup(back, far, 'NORMAL_CLEARING', 16);
    expect((await caller.next('bye')).params).toMatchObject({ callID });
  });

  it('keeps its call when the answer of its former gateway is lost', async () => {
    let lost = 1;
    const [a, b] = [await gateway('a'), await gateway('b')];
    const c = await gateway('c', (shared) => {
      const ask = shared.ask.bind(shared);
      shared.ask = (to, body, settle) => {
        ask(to, body, (reply) => {
          const isLost = (body as { t: string }).t === 'take' && lost-- > 0;
          settle(isLost ? { ok: false, why: 'timeout' } : reply);
        });
      };
    });
    const { caller, callee, callID, far } = await callOf(a, b);
    await b.fixture.drop(callee);
    const back = await comeBack(c, callee, far);
    await digitArrives(caller, callID, back);
  });

  it('is not sent back by what is told of it from before', async () => {
    const [a, b, c] = [await gateway('a'), await gateway('b'), await gateway('c')];
    const { caller, callee, callID, far } = await callOf(a, b);
    const [[ref, before] = []] = [...(all.users.get('1002') ?? [])];
    await b.fixture.drop(callee);
    const back = await comeBack(c, callee, far);
    const entry: unknown = { ...(JSON.parse(String(before)) as object), online: true };
    a.shared.service?.told('b', { t: 'joined', ref, user: '1002', entry });
    await digitArrives(caller, callID, back);
  });
});

it('what gateways tell each other names no session by its secret id', async () => {
  const said: string[] = [];
  const listen = (shared: Shared): void => {
    const [tell, ask] = [shared.tell.bind(shared), shared.ask.bind(shared)];
    shared.tell = (to, body) => {
      said.push(JSON.stringify(body));
      tell(to, body);
    };
    shared.ask = (to, body, settle) => {
      said.push(JSON.stringify(body));
      ask(to, body, (reply) => {
        said.push(JSON.stringify(reply));
        settle(reply);
      });
    };
  };
  const [a, b, c] = [
    await gateway('a', listen),
    await gateway('b', listen),
    await gateway('c', listen),
  ];
  const { caller, callee, callID, far } = await callOf(a, b);
  const hold = (client: WireClient, id: string): Promise<WireReply> =>
    client.request('modify', {
      sessid: client.sessid,
      action: 'hold',
      dialogParams: { callID: id, sessid: client.sessid },
    });
  expect((await hold(callee, far)).result).toMatchObject({ sessid: callee.sessid });
  // The caller's session is known by its id where its call is.
  await a.fixture.drop(caller);
  const away = await c.fixture.connect();
  await away.login({ login: '1001', passwd: 'secret-1001', sessid: caller.sessid });
  await away.next('attach');
  await away.next('clientReady');
  await away.request('info', { sessid: away.sessid, dtmf: '7', dialogParams: { callID } });
  const written = [...all.users.values()].flatMap((sessions) => [...sessions].flat());
  expect(said.length).toBeGreaterThan(4);
  for (const secret of [caller.sessid, callee.sessid]) {
    expect([...said, ...written].filter((text) => text.includes(secret))).toEqual([]);
  }
});
