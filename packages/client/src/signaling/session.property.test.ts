import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { RequestError } from '../calls/ports.ts';
import { settle } from '../testing/fake-clock.ts';
import type { FakeSocket } from '../testing/fake-socket.ts';
import { makeSession } from './session.fixture.ts';
import {
  isTerminal,
  nextSessionState,
  SESSION_TRANSITIONS,
  type SessionEvent,
  type SessionState,
} from './session-state.ts';

const STATES = Object.keys(SESSION_TRANSITIONS) as SessionState[];
const EVENTS = [
  ...new Set(STATES.flatMap((state) => Object.keys(SESSION_TRANSITIONS[state]))),
] as SessionEvent[];

describe('the table of session states', () => {
  it('has no exit from a terminal state', () => {
    for (const state of STATES.filter(isTerminal)) {
      for (const event of EVENTS) {
        expect(nextSessionState(state, event)).toBeUndefined();
      }
    }
  });

  it('reaches every state from idle, and an end from every state', () => {
    const reach = (from: SessionState): Set<SessionState> => {
      const found = new Set<SessionState>([from]);
      for (const state of found) {
        for (const next of Object.values(SESSION_TRANSITIONS[state])) {
          found.add(next);
        }
      }
      return found;
    };
    expect([...reach('idle')].sort()).toEqual([...STATES].sort());
    for (const state of STATES) {
      expect([...reach(state)].some(isTerminal)).toBe(true);
    }
  });

  it('stays within itself whatever happens', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...EVENTS), { maxLength: 60 }), (events) => {
        let state: SessionState = 'idle';
        let ended = false;
        for (const event of events) {
          const next = nextSessionState(state, event);
          if (ended) {
            expect(next).toBeUndefined();
          }
          state = next ?? state;
          ended = isTerminal(state);
        }
      }),
    );
  });
});

type Json = Record<string, unknown>;
type Bench = ReturnType<typeof makeSession>;
interface Step {
  readonly name: string;
  run(bench: Bench): unknown;
}

const LEAF = [
  ['connect', (b: Bench) => b.session.connect()],
  ['close', (b: Bench) => b.session.close()],
  ['relogin', (b: Bench) => b.session.relogin().catch(() => undefined)],
  ['drop the socket', (b: Bench) => b.session.dropSocket()],
  ['online', (b: Bench) => b.platform.fakeWindow.fire('online')],
  ['offline', (b: Bench) => b.platform.fakeWindow.fire('offline')],
  ['pageshow', (b: Bench) => b.platform.fakeWindow.fire('pageshow')],
  ['probe', (b: Bench) => b.session.probe()],
  ['host goes down', (b: Bench) => (b.platform.reachable = false)],
  ['host comes up', (b: Bench) => (b.platform.reachable = true)],
  [
    'a call begins',
    (b: Bench) => {
      b.state.inCall = true;
      b.session.callsChanged();
    },
  ],
  ['the path is doubted', (b: Bench) => b.session.renew()],
  ['sleep', (b: Bench) => b.clock.sleep(40_000)],
  ['a call ends', (b: Bench) => (b.state.inCall = false)],
  ['WebSocket throws', (b: Bench) => (b.platform.socketThrows = true)],
  ['WebSocket works', (b: Bench) => (b.platform.socketThrows = false)],
] as const;

const socketStep = fc
  .tuple(
    fc.nat({ max: 2 }),
    fc.constantFrom<[string, (socket: FakeSocket) => void]>(
      ['opens', (s) => s.open()],
      ['fails', (s) => s.fail()],
      ['is lost', (s) => s.lose()],
      ['is taken over', (s) => s.lose(4001)],
      ['hears nothing', (s) => (s.onSent = undefined)],
      ['goes deaf', (s) => (s.answersClose = false)],
    ),
  )
  .map(([back, [name, act]]): Step => ({
    name: `socket -${back} ${name}`,
    run: ({ platform }) => {
      const socket = platform.sockets.at(-1 - back);
      if (socket) {
        act(socket);
      }
    },
  }));

const STATE_NAMES = [
  'REGED',
  'REGISTER',
  'UNREGED',
  'NOREG',
  'FAILED',
  'FAIL_WAIT',
  'TIMEOUT',
  'TRYING',
  'EXPIRED',
  'UNREGISTER',
  'DOWN',
];

/** A reply to one of our requests, perhaps again, perhaps of the wrong kind; or a frame of the gateway's own. */
const frameStep = fc
  .tuple(
    fc.nat({ max: 2 }),
    fc.nat({ max: 4 }),
    fc.oneof(
      fc.constantFrom<Json>(
        { result: { sessid: 's-1' } },
        { result: { sessid: 's-2', offhook: { v: 1, ping: true, reattach: true } } },
        { error: { code: -32003, data: { retryAfterMs: 900 } } },
        { error: { code: -32001, message: 'no' } },
        { error: { code: -32000, message: 'who' } },
        { error: { code: -32603 } },
        { result: null },
        { result: 'odd' },
      ),
      fc.constantFrom(...STATE_NAMES).map((state): Json => ({ result: { params: { state } } })),
      fc.constantFrom<Json>(
        { method: 'telnyx_rtc.clientReady', params: { reattached_sessions: ['c'] } },
        { method: 'telnyx_rtc.clientReady', params: { state: 'REGED' } },
        { method: 'telnyx_rtc.ping', params: {} },
        { method: 'telnyx_rtc.punt', params: {} },
        { method: 'telnyx_rtc.punt', params: { offhook: { reason: 'taken_over' } } },
        { method: 'telnyx_rtc.bye', params: { callID: 'c' } },
        { method: 'nonsense', params: [] },
      ),
      fc
        .constantFrom(...STATE_NAMES)
        .map((state): Json => ({ method: 'telnyx_rtc.gatewayState', params: { state } })),
    ),
  )
  .map(([backSocket, backFrame, body]): Step => ({
    name: `frame -${backSocket} to -${backFrame}: ${JSON.stringify(body)}`,
    run: ({ platform }) => {
      const socket = platform.sockets.at(-1 - backSocket);
      const id = 'method' in body ? 7 : socket?.sent.at(-1 - backFrame)?.['id'];
      socket?.receive({ jsonrpc: '2.0', id: id ?? 'none', ...body });
    },
  }));

const timeStep = fc.constantFrom(0, 100, 600, 3_000, 12_000, 40_000, 100_000).map((ms): Step => ({
  name: `${ms} ms`,
  run: ({ clock }) => clock.advance(ms),
}));

const step = fc.oneof(
  { weight: 3, arbitrary: socketStep },
  { weight: 6, arbitrary: frameStep },
  { weight: 3, arbitrary: timeStep },
  {
    weight: 4,
    arbitrary: fc.constantFrom(...LEAF).map(([name, run]): Step => ({ name, run })),
  },
);

function check({ session, platform }: Bench): void {
  const { state } = session;
  const live = platform.sockets.filter(({ onclose }) => onclose !== null);
  // In a call, while the second is about to take over.
  expect(live.length).toBeLessThanOrEqual(state === 'ready' ? 2 : 1);
  if (['authenticating', 'registering', 'ready', 'rejected'].includes(state)) {
    expect(live[0]?.readyState).toBeGreaterThanOrEqual(1);
  }
  if (['idle', 'waiting', 'probing', 'closed', 'failed'].includes(state)) {
    expect(live).toHaveLength(0);
  }
  if (session.ready) {
    expect(['registering', 'ready', 'closing', 'rejected']).toContain(state);
  }
  if (state === 'ready') {
    expect(session.ready).toBe(true);
  }
  expect(session.outcome !== undefined).toBe(isTerminal(state) || state === 'closing');
  if (isTerminal(state)) {
    expect(platform.clock.pending).toBe(0);
    expect(platform.running().listeners).toBe(0);
  }
}

describe('a session under any order of events', () => {
  const run = async (steps: readonly Step[], polite: boolean, autoReconnect: boolean) => {
    const bench = makeSession({ autoReconnect, maxReconnectAttempts: 3 });
    const { session, platform, clock, gateway } = bench;
    if (!polite) {
      platform.onSocket = undefined;
    }
    gateway.answers['telnyx_rtc.info'] = () => undefined;
    gateway.loginExtras = { offhook: { v: 1, ping: true, reattach: true } };
    let open = 0;
    const settled: (string | undefined)[] = [];
    session.connect();
    for (const [index, { name, run: act }] of steps.entries()) {
      const before = session.state;
      if (index % 3 === 0) {
        open++;
        session.request('info', { dtmf: '1', dialogParams: { callID: 'c' } }).then(
          () => settled.push(undefined),
          (error: unknown) => settled.push((error as RequestError).code),
        );
      }
      const result = act(bench);
      if (typeof result === 'object' && index % 2) {
        await clock.advance(0);
      }
      await settle();
      check(bench);
      if (isTerminal(before) && name !== 'connect') {
        expect(session.state).toBe(before);
      }
    }
    for (const socket of platform.sockets) {
      socket.answersClose = true;
    }
    void session.close();
    await clock.advance(5_000);
    check(bench);
    expect(platform.clock.pending).toBe(0);
    expect(settled).toHaveLength(open);
    expect(platform.reported).toEqual([]);
  };

  it('holds its invariants and leaves nothing behind: sockets by hand', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), fc.boolean(), (steps, auto) =>
        run(steps, false, auto),
      ),
      { numRuns: 300 },
    );
  }, 60_000);

  it('holds its invariants and leaves nothing behind: a polite gateway disturbed', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), fc.boolean(), (steps, auto) =>
        run(steps, true, auto),
      ),
      { numRuns: 300 },
    );
  }, 60_000);

  it('after 200 losses holds no more timers, sockets and listeners than after the first', async () => {
    const { platform, clock, up, session } = makeSession();
    await up();
    const lose = async (): Promise<object> => {
      platform.socket.lose();
      await clock.advance(1_000);
      expect(session.state).toBe('ready');
      return platform.running();
    };
    const first = await lose();
    for (let i = 0; i < 200; i++) {
      expect(await lose()).toEqual(first);
    }
  });
});
