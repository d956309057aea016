import fc from 'fast-check';
import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { Guard } from '../guard.ts';
import { MemoryDirectory } from '../directory/memory.ts';
import { MediaError, type LegState } from '../media/media-plane.ts';
import { FakeMediaPlane, fakeSdp, type FakeVerb } from '../media/testing/fake-media-plane.ts';
import type { SignalingCore } from '../signaling/core.ts';
import { METHODS } from '../signaling/methods/index.ts';
import type { Outcome } from '../signaling/outcome.ts';
import { NO_METRICS } from '../signaling/ports.ts';
import type { Session, SessionSocket } from '../signaling/session.ts';
import { Sessions } from '../signaling/sessions.ts';
import { FakeAuthenticator } from '../signaling/testing/fake-authenticator.ts';
import { ManualClock } from '../signaling/testing/manual-clock.ts';
import type { Call } from './call.ts';
import type { Party } from './leg.ts';
import { Switchboard } from './switchboard.ts';

interface Sent {
  readonly method: string;
  readonly params: Readonly<Record<string, unknown>>;
}

/** A session and what its client has seen; its socket comes and goes. */
class Client implements SessionSocket {
  readonly session: Session;
  readonly seen: Sent[] = [];
  /** Calls that this client placed or was offered. */
  readonly calls: string[] = [];

  constructor(session: Session) {
    this.session = session;
  }

  sendRequest(id: number, method: string, params: object): void {
    const sent: Sent = { method, params: { ...params } };
    this.seen.push(sent);
    // An end that nobody acknowledges is told again.
    if (method === 'bye') {
      this.session.acknowledged(id);
    }
    const callID = sent.params['callID'];
    if (method === 'invite' && typeof callID === 'string') {
      this.calls.push(callID);
    }
  }

  signedOut(): void {
    this.ended();
  }

  ended(): void {
    // Nobody is removed here.
  }

  takenOver(): void {
    throw new Error('nobody takes over here');
  }
}

/** The calls floor with its real sessions and methods, without sockets. */
class World {
  readonly media = new FakeMediaPlane();
  readonly clock = new ManualClock();
  readonly core: SignalingCore;
  readonly clients: Client[];
  /** Replies that have not come. */
  open = 0;
  readonly causes: string[] = [];
  #calls = 0;

  constructor() {
    const auth = new FakeAuthenticator('1001', '1002', '1003');
    const directory = new MemoryDirectory<Party>();
    const config = {
      limits: {
        frameBytes: 1e5,
        loginFrameBytes: 1e4,
        framesBeforeLogin: 1,
        waitingPerAddress: 1,
        framesPerSecond: 1,
        frameBurst: 1,
        bufferedBytes: 1,
        loginSeconds: 1,
        loginsPerMinute: 1,
        callsPerUser: 6,
        socketsPerUser: 9,
      },
      timers: {
        noAnswerSeconds: 60,
        parkSeconds: 90,
        unansweredParkSeconds: 30,
        mediaSilenceSeconds: 60,
      },
      dc: '',
      region: '',
      domains: [],
      pingSeconds: 15,
    };
    const metrics = { ...NO_METRICS, callEnded: (cause: string) => this.causes.push(cause) };
    const deps = { auth, media: this.media, clock: this.clock, config, metrics, directory };
    const logger = pino({ level: 'silent' });
    let id = 0;
    const guard = new Guard(logger, (boundary) => {
      throw new Error(`a defect was caught: ${boundary}`);
    });
    const switchboard = new Switchboard({
      ...deps,
      logger,
      guard,
      newId: () => `id-${String(++id)}`,
    });
    const sessions = new Sessions(directory, this.clock, 90, () => 'vsdk');
    this.core = {
      ...deps,
      logger,
      guard,
      elsewhere: null,
      revival: null,
      iceServers: () => [],
      switchboard,
      sessions,
    };
    // The second user has two devices, the third rings back.
    this.clients = ['1001', '1002', '1002', '1003'].map((user) => {
      const identity = { user, displayName: user, generateRingback: user === '1003' };
      const client = new Client(sessions.create(identity));
      sessions.attach(client.session, client);
      return client;
    });
    this.media.manual = true;
  }

  /** A request of a client that has a socket; the reply is sent, and what follows it runs. */
  request(client: Client, method: keyof typeof METHODS, params: object): void {
    if (!client.session.online) {
      return;
    }
    const handle = METHODS[method] as (
      params: object,
      context: { core: SignalingCore; session: Session },
    ) => Outcome<unknown> | Promise<Outcome<unknown>>;
    this.open++;
    void (async () => {
      const outcome = handle(params, { core: this.core, session: client.session });
      const settled = outcome instanceof Promise ? await outcome : outcome;
      client.seen.push({ method: 'reply', params: {} });
      settled.after?.();
      this.open--;
    })();
  }

  invite(client: Client, destination: string, recoveredCallId?: string): void {
    const callID = `c-${String(++this.#calls)}`;
    client.calls.push(callID);
    const dialogParams = { callID, destination_number: destination, recoveredCallId };
    this.request(client, 'invite', { sdp: fakeSdp(callID), dialogParams });
  }

  lose(client: Client): void {
    if (this.core.sessions.detach(client.session, client)) {
      this.core.switchboard.partyLost(client.session);
    }
  }

  comeBack(client: Client, peer: 'live' | 'gone' | null): void {
    if (client.session.online) {
      return;
    }
    this.core.sessions.attach(client.session, client);
    const survivors = peer === null ? null : new Map(client.calls.map((id) => [id, peer]));
    this.open++;
    client.session.tellEnded();
    void this.core.switchboard.resume(client.session, survivors).then(() => {
      client.session.tellEnded();
      client.session.sendReady();
      this.open--;
    });
  }

  settle(): Promise<void> {
    return new Promise((resolve) => setImmediate(resolve));
  }
}

const LEG_STATES: readonly LegState[] = ['connecting', 'connected', 'disconnected', 'failed'];
const VERBS: readonly FakeVerb[] = ['offer', 'createOffer', 'answer', 'connect', 'hold', 'play'];
const DESTINATIONS = ['1001', '1002', '1002', '1003', 'echo', 'nobody'];

const who = fc.nat(3);
const which = fc.nat(50);
const step = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant('invite' as const), who, to: fc.nat(5) }) },
  {
    weight: 6,
    arbitrary: fc.record({ do: fc.constant('answer' as const), who, which, bad: fc.nat(9) }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constant('bye' as const), who, which, replaced: fc.boolean() }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('replace' as const), who, which }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('attach' as const), who, which }) },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('modify' as const), who, which, update: fc.boolean() }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('candidate' as const), who, which }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('digit' as const), who, which }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('lose' as const), who }) },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('back' as const),
      who,
      peer: fc.constantFrom('live' as const, 'gone' as const, null),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constant('media' as const), which, state: fc.nat(3) }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('lost' as const), which }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('fail' as const), verb: fc.nat(5) }) },
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constant('release' as const),
      count: fc.integer({ min: 1, max: 12 }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('wait' as const),
      ms: fc.integer({ min: 1, max: 40_000 }),
    }),
  },
);

type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

/** Mostly a client with a live call, and that call; sometimes any call that a client ever had. */
function pick(world: World, each: Step): { client: Client; callID: string } | null {
  const who = world.clients['who' in each ? each.who : 0];
  if (!who) {
    return null;
  }
  const nth = 'which' in each ? each.which : 0;
  if (!('which' in each) || nth % 8 === 0) {
    return { client: who, callID: nthOf(who.calls, nth) ?? 'none' };
  }
  const ringing = each.do === 'answer';
  const live = world.clients.flatMap((client) =>
    [...client.session.legs.values()]
      .filter((leg) => !ringing || leg.state === 'ringing' || leg.state === 'answering')
      .map((leg) => ({ client, callID: leg.callID })),
  );
  return nthOf(live, nth) ?? { client: who, callID: 'none' };
}

function nthOf<T>(list: readonly T[], nth: number): T | undefined {
  return list[nth % Math.max(1, list.length)];
}

function take(world: World, each: Step): void {
  const picked = pick(world, each);
  if (!picked) {
    return;
  }
  const { client, callID } = picked;
  const nth = 'which' in each ? each.which : 0;
  const dialogParams = { callID };
  const leg = nthOf([...world.media.legs.values()], nth);
  switch (each.do) {
    case 'invite':
      world.invite(client, DESTINATIONS[each.to] ?? '');
      return;
    case 'answer': {
      const sdp = each.bad === 0 ? 'v=0 nonsense' : fakeSdp(`answer-${callID}`);
      world.request(client, 'answer', { sdp, dialogParams });
      return;
    }
    case 'bye':
      world.request(client, 'bye', {
        dialogParams,
        cause: 'USER_BUSY',
        causeCode: 17,
        ...(each.replaced ? { offhook: { replacedBy: 'next' } } : {}),
      });
      return;
    case 'replace':
      if (client.session.online) {
        world.invite(client, '1001', callID);
      }
      return;
    case 'attach':
      world.request(client, 'attach', { sdp: fakeSdp(`attach-${callID}`), dialogParams });
      return;
    case 'modify':
      world.request(
        client,
        'modify',
        each.update
          ? { action: 'updateMedia', sdp: fakeSdp(`again-${callID}`), dialogParams }
          : { action: 'toggleHold', dialogParams },
      );
      return;
    case 'candidate':
      world.request(client, 'candidate', { candidate: 'candidate:1', dialogParams });
      return;
    case 'digit':
      world.request(client, 'info', { dtmf: '5', dialogParams });
      return;
    case 'lose':
      world.lose(client);
      return;
    case 'back':
      world.comeBack(client, each.peer);
      return;
    case 'media':
      if (leg) {
        world.media.setState(leg.leg, LEG_STATES[each.state] ?? 'connected');
      }
      return;
    case 'lost':
      if (leg) {
        world.media.emit({ type: 'lost', call: leg.call, leg: leg.leg });
      }
      return;
    case 'fail':
      world.media.failNext(VERBS[each.verb] ?? 'offer', new MediaError('wrong_state', 'as asked'));
      return;
    case 'release':
      world.media.release(each.count);
      return;
    case 'wait':
      world.clock.advance(each.ms);
      return;
  }
}

/** What holds at every moment. */
function check(world: World): void {
  const legs = world.clients.flatMap((client) => [...client.session.legs.values()]);
  for (const call of new Set(legs.map((leg) => leg.call as Call))) {
    const answered = call.legs.filter((leg) => leg.answered);
    expect(answered.length, 'answered legs of a call').toBeLessThanOrEqual(2);
    expect(call.state).not.toBe('ended');
    const ringing = call.legs.filter((leg) => leg.state === 'ringing');
    if (call.state === 'talking') {
      expect(ringing, 'devices that ring on').toEqual([]);
    }
  }
  if (world.core.switchboard.calls === 0) {
    expect(world.clock.pending, 'timers of calls that are over').toBe(0);
  }
  // A leg that was freed may be made again by what was asked for before, and lives until its call is deleted; nobody hears it.
  const live = new Set<string>(legs.map(({ id }) => id));
  for (const leg of world.media.legs.values()) {
    if (leg.connectedTo === null || !live.has(leg.leg)) {
      continue;
    }
    const far = world.media.legs.get(leg.connectedTo);
    if (far && live.has(far.leg)) {
      expect(far.connectedTo).toBe(leg.leg);
    }
  }
  for (const client of world.clients) {
    checkFrames(client);
  }
}

function checkFrames(client: Client): void {
  const over = new Set<unknown>();
  const answered = new Set<unknown>();
  const media = new Map<unknown, number>();
  for (const { method, params } of client.seen) {
    const { callID } = params;
    if (typeof callID !== 'string') {
      continue;
    }
    expect(over.has(callID), `${method} after the bye of ${callID}`).toBe(false);
    if (method === 'bye') {
      over.add(callID);
      expect(params['cause']).toBeTypeOf('string');
      expect(params['causeCode']).toBeTypeOf('number');
    }
    if (method === 'answer') {
      answered.add(callID);
    }
    if (method === 'media') {
      expect(answered.has(callID), 'early media after the answer').toBe(false);
      media.set(callID, (media.get(callID) ?? 0) + 1);
    }
  }
  for (const count of media.values()) {
    expect(count).toBe(1);
  }
}

describe('calls under events in any order', () => {
  it('never bridge two answers, end every leg once with a cause, and leave nothing behind', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 10, maxLength: 60 }), async (steps) => {
        const world = new World();
        for (const each of steps) {
          take(world, each);
          await world.settle();
          check(world);
        }
        // Everybody comes back, the media plane does what it was asked, and everybody hangs up.
        for (const client of world.clients) {
          world.comeBack(client, null);
        }
        world.media.manual = false;
        world.media.release();
        await world.settle();
        check(world);
        expect(world.open, 'replies that never came').toBe(0);
        for (const client of world.clients) {
          for (const callID of [...client.session.legs.keys()]) {
            world.request(client, 'bye', { dialogParams: { callID } });
          }
        }
        // A leg whose party left to be replaced is kept for 10 s.
        world.clock.advance(10_001);
        await world.settle();
        check(world);
        expect(world.core.switchboard.calls).toBe(0);
        expect(world.clients.flatMap((client) => [...client.session.legs.keys()])).toEqual([]);
        expect(world.media.legs.size, 'media legs left').toBe(0);
        expect(world.clock.pending, 'timers left').toBe(0);
      }),
      { numRuns: 400 },
    );
  }, 60_000);
});
