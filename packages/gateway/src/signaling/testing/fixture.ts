import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { WebSocketServer } from 'ws';
import { createLogger } from '../../logging/logger.ts';
import type { Party } from '../../calls/leg.ts';
import type { Outside } from '../../calls/outside.ts';
import type { Sleepers } from '../../calls/sleepers.ts';
import { FakeMediaPlane, fakeSdp } from '../../media/testing/fake-media-plane.ts';
import type { CallTimers } from '../../calls/timers.ts';
import type { Directory } from '../../directory/directory.ts';
import type { Neighbourhood } from '../elsewhere.ts';
import {
  NO_METRICS,
  type IceServer,
  type SignalingAssistants,
  type SignalingConfig,
  type SignalingLimits,
  type SignalingMetrics,
  type SignalingServer,
} from '../ports.ts';
import type { KeptCalls } from '../kept-calls.ts';
import { createSignalingServer } from '../server.ts';
import { FakeAuthenticator } from './fake-authenticator.ts';
import { ManualClock } from './manual-clock.ts';
import { WireClient } from './wire-client.ts';

const LIMITS: SignalingLimits = {
  frameBytes: 262_144,
  loginFrameBytes: 16_384,
  framesBeforeLogin: 64,
  waitingPerAddress: 250,
  framesPerSecond: 100,
  frameBurst: 400,
  bufferedBytes: 1_048_576,
  loginSeconds: 10,
  loginsPerMinute: 20,
  callsPerUser: 8,
  socketsPerUser: 10,
};

const TIMERS: CallTimers = {
  noAnswerSeconds: 60,
  parkSeconds: 90,
  unansweredParkSeconds: 30,
  mediaSilenceSeconds: 60,
};

export interface FixtureOptions {
  readonly limits?: Partial<SignalingLimits>;
  readonly timers?: Partial<CallTimers>;
  readonly iceServers?: readonly IceServer[];
  readonly assistants?: (clock: ManualClock) => SignalingAssistants;
  readonly outside?: Outside;
  readonly sleepers?: Sleepers;
  readonly directory?: Directory<Party>;
  readonly neighbours?: Neighbourhood;
  /** Made with the clock of this gateway. */
  readonly keptCalls?: (clock: ManualClock) => KeptCalls;
}

/** A signalling server on a real socket of the loopback, with users 1001 to 1004, manual time and no media. */
export class Fixture {
  readonly server: SignalingServer;
  readonly media = new FakeMediaPlane();
  readonly clock = new ManualClock();
  readonly auth = new FakeAuthenticator('1001', '1002', '1003', '1004');
  /** Every metric that was counted, such as `ended NORMAL_CLEARING`. */
  readonly counted: string[] = [];
  /** What was caught at a boundary; a test that makes something fail empties it. */
  readonly caught: string[] = [];
  /** Every log line, as JSON. */
  readonly logged: string[] = [];
  readonly #listener: WebSocketServer;
  readonly #clients: WireClient[] = [];
  readonly #onSocketClosed: (() => void)[] = [];

  private constructor(listener: WebSocketServer, options: FixtureOptions) {
    this.#listener = listener;
    const limits = { ...LIMITS, ...options.limits };
    const config: SignalingConfig = {
      limits,
      timers: { ...TIMERS, ...options.timers },
      dc: 'test-dc',
      region: 'test-region',
      domains: ['phone.example'],
      pingSeconds: 15,
    };
    this.server = createSignalingServer({
      auth: this.auth,
      media: this.media,
      config,
      logger: createLogger('trace', { write: (line: string) => this.logged.push(line) }),
      metrics: this.#metrics(),
      clock: this.clock,
      iceServers: () => options.iceServers ?? [],
      outside: options.outside,
      sleepers: options.sleepers,
      neighbours: options.neighbours,
      keptCalls: options.keptCalls?.(this.clock),
      ...(options.directory ? { directory: options.directory } : {}),
      ...(options.assistants ? { assistants: options.assistants(this.clock) } : {}),
    });
    let sockets = 0;
    listener.on('connection', (socket, request) => {
      const { searchParams } = new URL(request.url ?? '/', 'http://localhost');
      this.server.handleSocket(socket, {
        id: `socket-${String(++sockets)}`,
        address: '127.0.0.1',
        query: searchParams,
      });
    });
  }

  static async start(options: FixtureOptions = {}): Promise<Fixture> {
    const frameBytes = options.limits?.frameBytes ?? LIMITS.frameBytes;
    const listener = new WebSocketServer({ host: '127.0.0.1', port: 0, maxPayload: frameBytes });
    await once(listener, 'listening');
    return new Fixture(listener, options);
  }

  async connect(path = '/'): Promise<WireClient> {
    const { port } = this.#listener.address() as AddressInfo;
    const client = await WireClient.connect(`ws://127.0.0.1:${String(port)}${path}`);
    this.#clients.push(client);
    return client;
  }

  async register(user: string, extra?: Record<string, unknown>): Promise<WireClient> {
    return (await this.connect()).register(user, extra);
  }

  /** Lets time pass in steps short enough for every client to answer pings and stay. */
  async pass(ms: number): Promise<void> {
    for (let left = ms; left > 0; left -= 10_000) {
      this.clock.advance(Math.min(left, 10_000));
      await Promise.all(this.#clients.filter((each) => each.isOpen).map((each) => each.barrier()));
    }
  }

  /** Cuts a client off, and waits until the gateway has noticed. */
  async drop(client: WireClient): Promise<void> {
    const noticed = this.socketClosed();
    await client.drop();
    await noticed;
  }

  /** The gateway notices the end of a socket. */
  socketClosed(): Promise<void> {
    return new Promise((resolve) => this.#onSocketClosed.push(resolve));
  }

  async stop(): Promise<void> {
    for (const client of this.#clients) {
      client.close();
    }
    await Promise.all(this.#clients.map((client) => client.closed));
    await this.server.close();
    await Promise.all([...this.#listener.clients].map((socket) => once(socket, 'close')));
    this.#listener.close();
    await once(this.#listener, 'close');
    // Whatever a test did, nothing may be left of it.
    if (this.media.legs.size > 0) {
      throw new Error(`${String(this.media.legs.size)} media legs left`);
    }
    if (this.clock.pending > 0) {
      throw new Error(`${String(this.clock.pending)} timers left`);
    }
    const { calls, sockets } = this.server.stats();
    if (calls + sockets > 0) {
      throw new Error('calls or sockets left');
    }
    if (this.caught.length > 0) {
      const causes = this.logged.filter((line) => line.includes('boundary'));
      throw new Error(`defects were caught: ${causes.join('\n')}`);
    }
  }

  #metrics(): SignalingMetrics {
    return {
      ...NO_METRICS,
      caught: (boundary) => this.caught.push(boundary),
      violation: (kind) => this.counted.push(`violation ${kind}`),
      login: (outcome) => this.counted.push(`login ${outcome}`),
      callStarted: (route) => this.counted.push(`started ${route}`),
      callEnded: (cause) => this.counted.push(`ended ${cause}`),
      socketClosed: (code) => {
        this.counted.push(`closed ${String(code)}`);
        // The gateway does the rest of it in the same turn.
        queueMicrotask(() => this.#onSocketClosed.shift()?.());
      },
    };
  }
}

export interface Dialled {
  readonly callID: string;
  readonly result: Record<string, unknown>;
}

/** Places a call as the reference does, and returns when the gateway took the invite. */
export async function dial(
  client: WireClient,
  destination: string,
  options: { callID?: string; sdp?: string; dialog?: Record<string, unknown> } = {},
): Promise<Dialled> {
  const callID = options.callID ?? crypto.randomUUID();
  const reply = await client.request('invite', {
    sessid: client.sessid,
    sdp: options.sdp ?? fakeSdp(`peer-${callID}`),
    dialogParams: { callID, destination_number: destination, audio: true, ...options.dialog },
    'User-Agent': 'Web-2.27.10',
  });
  if (!reply.result) {
    throw new Error(`refused: ${JSON.stringify(reply.error)}`);
  }
  return { callID, result: reply.result };
}

/** Two registered clients in a call. */
export async function talk(
  fixture: Fixture,
  caller: WireClient,
  callee: WireClient,
  number: string,
): Promise<{ callerCall: string; calleeCall: string; call: string }> {
  const { callID: callerCall } = await dial(caller, number);
  const calleeCall = await answerNext(callee);
  await caller.next('answer');
  const leg = [...fixture.media.legs.values()].at(-1);
  if (!leg) {
    throw new Error('no media');
  }
  for (const each of fixture.media.legsOf(leg.call)) {
    fixture.media.setState(each.leg, 'connected');
  }
  return { callerCall, calleeCall, call: leg.call };
}

/** Answers the next invite; returns its callID. */
export async function answerNext(client: WireClient): Promise<string> {
  const invite = await client.next('invite');
  const callID = String(invite.params?.['callID']);
  const reply = await client.request('answer', {
    sessid: client.sessid,
    sdp: fakeSdp(`peer-${callID}`),
    dialogParams: { callID },
    'User-Agent': 'Web-2.27.10',
  });
  if (!reply.result) {
    throw new Error(`refused: ${JSON.stringify(reply.error)}`);
  }
  return callID;
}

export function hangup(
  client: WireClient,
  callID: string,
  cause: string,
  causeCode: number,
): ReturnType<WireClient['request']> {
  return client.request('bye', {
    sipCode: null,
    sip_call_id: null,
    sessid: client.sessid,
    dialogParams: { callID, custom_headers: [] },
    cause,
    causeCode,
  });
}
