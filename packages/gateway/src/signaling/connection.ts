import {
  DEFAULT_FRAME_LIMITS,
  encodeError,
  encodeRequest,
  encodeResult,
  parseClientFrame,
  telnyxDialect,
  type ClientFrame,
  type FrameError,
  type FrameId,
  type FrameLimits,
  type GatewayMethod,
  type GatewayParams,
} from '@offhook/protocol';
import type { RawData, WebSocket } from 'ws';
import { isOver } from '../calls/leg.ts';
import { next } from '../calls/transitions.ts';
import {
  CONNECTION_TRANSITIONS,
  type ConnectionEvent,
  type ConnectionState,
} from './connection-state.ts';
import { CLOSE } from './close-codes.ts';
import type { SignalingCore } from './core.ts';
import { serve } from './dispatch.ts';
import type { Outcome } from './outcome.ts';
import type { SocketContext } from './ports.ts';
import type { ServedSocket } from './served-socket.ts';
import type { Session } from './session.ts';
import { SpeedTest } from './speed-test.ts';
import { TokenBucket } from '../limits/token-bucket.ts';

/** What a frame costs of the socket's rate. A bad one costs more than its answer; a speed test is many small ones. */
const COST = { frame: 1, malformed: 10, speedTest: 0.05 } as const;

/** What may wait behind a first login. Nothing else of a client that is not signed in is kept. */
const MAX_WAITING_FRAMES = 32;
const MAX_WAITING_CHARACTERS = 65_536;

/** One socket: reads frames, answers them, and carries a session once it has signed in. */
export class Connection implements ServedSocket {
  readonly context: SocketContext;
  readonly core: SignalingCore;
  readonly #socket: WebSocket;
  readonly #onClosed: (connection: Connection) => void;
  /** Called once, when it has signed in or is gone without. */
  #onSignedIn: (() => void) | null;
  readonly #limits: FrameLimits;
  readonly #frames: TokenBucket;
  readonly #logins: TokenBucket;
  readonly #openedAt: number;
  #state: ConnectionState = 'open';
  #session: Session | null = null;
  #lastSeenAt: number;
  #nextPingAt: number;
  #serno = 0;
  #waiting: ClientFrame[] = [];
  #waitingCharacters = 0;
  #framesBeforeLogin = 0;
  #speedTest: SpeedTest | null = null;

  constructor(
    socket: WebSocket,
    context: SocketContext,
    core: SignalingCore,
    onClosed: (connection: Connection) => void,
    onSignedIn: () => void,
  ) {
    this.#onSignedIn = onSignedIn;
    const { limits, pingSeconds } = core.config;
    const now = core.clock.monotonic();
    this.context = context;
    this.core = core;
    this.#socket = socket;
    this.#onClosed = onClosed;
    this.#limits = { ...DEFAULT_FRAME_LIMITS, maxBytes: limits.frameBytes };
    this.#frames = new TokenBucket(limits.framesPerSecond, limits.frameBurst, now);
    this.#logins = new TokenBucket(limits.loginsPerMinute / 60, limits.loginsPerMinute, now);
    this.#openedAt = now;
    this.#lastSeenAt = now;
    this.#nextPingAt = now + pingSeconds * 1000;
    socket.on('message', (data, isBinary) => {
      core.guard.run(
        'socket',
        () => {
          this.#onMessage(data, isBinary);
        },
        () => {
          this.close(CLOSE.failed, 'something went wrong here');
        },
      );
    });
    socket.on('close', (code) => {
      core.guard.run('socket', () => {
        this.#closed(code);
      });
    });
    // A broken frame or connection; the close that follows is what counts.
    socket.on('error', (error) => {
      if ('code' in error && error.code === 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH') {
        this.violation('size');
      }
      core.logger.debug({ socket: context.id, err: error }, 'socket error');
    });
    core.metrics.socketOpened();
  }

  get session(): Session | null {
    return this.#session;
  }

  get speedTest(): SpeedTest {
    this.#speedTest ??= new SpeedTest({
      sendText: (text, onSent) => {
        this.sendText(text, onSent);
      },
      monotonic: () => this.core.clock.monotonic(),
    });
    return this.#speedTest;
  }

  get isClosed(): boolean {
    return this.#state === 'closed';
  }

  /** Something was heard of the client lately. */
  get isAlive(): boolean {
    const now = this.core.clock.monotonic();
    return !this.isClosed && now - this.#lastSeenAt < this.core.config.pingSeconds * 1500;
  }

  /** Whether another login may be asked for now. */
  takeLogin(): boolean {
    return this.#logins.take(1, this.core.clock.monotonic());
  }

  /** False when the event does not fit. */
  step(event: ConnectionEvent): boolean {
    const state = next(CONNECTION_TRANSITIONS, this.#state, event);
    if (state === null) {
      return false;
    }
    this.#state = state;
    return true;
  }

  /** The session that this socket carries from now on. */
  carry(session: Session): void {
    this.#onSignedIn?.();
    this.#onSignedIn = null;
    this.#session = session;
  }

  sendRequest<M extends GatewayMethod>(
    id: number | undefined,
    method: M,
    params: GatewayParams[M],
    voiceSdkId?: string,
  ): void {
    this.sendText(encodeRequest(telnyxDialect, id, method, params, voiceSdkId));
  }

  sendText(text: string, onSent?: () => void): void {
    if (this.isClosed) {
      return;
    }
    if (this.#socket.bufferedAmount > this.core.config.limits.bufferedBytes) {
      this.violation('backpressure');
      // A close frame would wait behind all that is not read.
      this.#socket.terminate();
      return;
    }
    this.#socket.send(text, onSent);
  }

  reply(id: FrameId | undefined, outcome: Outcome<unknown>): void {
    if (id !== undefined) {
      this.sendText(
        outcome.ok
          ? encodeResult(id, outcome.result, outcome.voiceSdkId)
          : encodeError(id, outcome.error),
      );
    }
    const { after } = outcome;
    if (after !== undefined) {
      this.core.guard.run('frame', after);
    }
  }

  close(code: number, reason: string): void {
    if (!this.isClosed) {
      this.#socket.close(code, reason);
    }
  }

  terminate(): void {
    this.#socket.terminate();
  }

  /** The session was taken over by another socket. `punt` keeps this one's client from taking it back at once. */
  takenOver(): void {
    this.#session = null;
    if (this.isAlive) {
      this.sendRequest(0, 'punt', { offhook: { reason: 'taken_over' } });
      this.close(CLOSE.takenOver, 'this session continues on another socket');
    } else {
      this.terminate();
    }
  }

  signedOut(reason: string): void {
    if (this.isAlive) {
      this.sendRequest(0, 'punt', { offhook: { reason: 'signed_out' } });
    }
    this.ended(reason);
  }

  ended(reason: string): void {
    this.#session = null;
    this.close(CLOSE.policy, reason);
  }

  /** Called about every second by the one timer that all sockets share. */
  sweep(now: number): void {
    const { limits, pingSeconds } = this.core.config;
    if (this.#session === null) {
      if (now - this.#openedAt > limits.loginSeconds * 1000) {
        this.violation('login_timeout');
        this.close(CLOSE.policy, 'no login in time');
      }
      // A client that does not even close is not waited for.
      if (now - this.#openedAt > (limits.loginSeconds + 5) * 1000) {
        this.terminate();
      }
    } else if (now - this.#lastSeenAt > pingSeconds * 2333) {
      // Two pings went without a sign of life.
      this.core.logger.info({ socket: this.context.id }, 'socket is dead');
      this.terminate();
    } else if (this.#session.calls === 0 && isOver(this.#session, this.core.clock)) {
      // It was warned 120 s ahead (wire spec 4.6). A call goes on to its end.
      this.core.logger.info({ socket: this.context.id }, 'login token expired');
      this.close(CLOSE.policy, 'the login token has expired');
    } else if (now >= this.#nextPingAt) {
      // A client of ours asks by itself, in a call every 2 s, and each ping more wakes its page twice.
      const spared = this.#session.extended && now - this.#lastSeenAt < pingSeconds * 1000;
      this.#nextPingAt = (spared ? this.#lastSeenAt : now) + pingSeconds * 1000;
      if (!spared) {
        this.#session.send('ping', { serno: ++this.#serno });
      }
    }
  }

  /** A limit is broken, and this socket with it. */
  abort(kind: string, reason: string): void {
    this.violation(kind);
    this.close(CLOSE.policy, reason);
  }

  violation(kind: string): void {
    this.core.metrics.violation(kind);
    this.core.logger.info({ socket: this.context.id, violation: kind }, 'limit broken');
  }

  #onMessage(data: RawData, isBinary: boolean): void {
    // Frames that were on their way when we closed are not served any more.
    if (this.#socket.readyState !== this.#socket.OPEN) {
      return;
    }
    const now = this.core.clock.monotonic();
    this.#lastSeenAt = now;
    if (isBinary) {
      this.violation('binary');
      this.close(CLOSE.notText, 'text frames only');
      return;
    }
    if (this.#session === null && this.#isTooMuchBeforeLogin(data)) {
      return;
    }
    const text = textOf(data);
    const cost = text.startsWith('#SP') ? COST.speedTest : COST.frame;
    if (!this.#frames.take(cost, now)) {
      this.abort('rate', 'too many frames');
      return;
    }
    const frame = parseClientFrame(text, telnyxDialect, this.#limits);
    if (!frame.ok) {
      this.#refuse(frame.error, now);
    } else if (this.#state === 'checking') {
      this.#wait(frame.value, text.length);
    } else {
      serve(this, frame.value);
    }
  }

  /** Of a stranger little is read, and little of it: what he sends costs him nothing. */
  #isTooMuchBeforeLogin(data: RawData): boolean {
    const { loginFrameBytes, framesBeforeLogin } = this.core.config.limits;
    this.#framesBeforeLogin += 1;
    if (this.#framesBeforeLogin > framesBeforeLogin) {
      this.abort('frames_before_login', 'too many frames before the login');
      return true;
    }
    // While a login is looked at, the frames behind it are counted together; see #wait.
    if (this.#state === 'checking' || bytesOf(data) <= loginFrameBytes) {
      return false;
    }
    this.violation('size_before_login');
    this.close(CLOSE.tooLong, 'too long a frame before the login');
    return true;
  }

  #refuse(error: FrameError, now: number): void {
    this.core.metrics.violation('malformed');
    this.core.logger.debug(
      { socket: this.context.id, code: error.code, method: error.method },
      'frame refused',
    );
    if (!this.#frames.take(COST.malformed, now)) {
      this.abort('malformed', 'too many malformed frames');
      return;
    }
    const { rpcCode: code, message } = error;
    this.sendText(encodeError(error.id ?? null, { code, message, data: { reason: error.code } }));
  }

  #wait(frame: ClientFrame, characters: number): void {
    this.#waitingCharacters += characters;
    const full =
      this.#waiting.length >= MAX_WAITING_FRAMES ||
      this.#waitingCharacters > MAX_WAITING_CHARACTERS;
    if (full) {
      this.abort('before_login', 'too much before the login was answered');
    } else {
      this.#waiting.push(frame);
    }
  }

  /** What came while the login was looked at, in order. */
  serveWaiting(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    this.#waitingCharacters = 0;
    for (const frame of waiting) {
      if (this.#state === 'checking') {
        this.#wait(frame, 0);
      } else {
        serve(this, frame);
      }
    }
  }

  #closed(code: number): void {
    if (!this.step('closed')) {
      return;
    }
    this.#waiting = [];
    this.core.metrics.socketClosed(code);
    this.#onSignedIn?.();
    this.#onSignedIn = null;
    const session = this.#session;
    this.#session = null;
    if (session && this.core.sessions.detach(session, this)) {
      this.core.switchboard.partyLost(session);
    }
    this.#onClosed(this);
  }
}

function bytesOf(data: RawData): number {
  return Array.isArray(data)
    ? data.reduce((sum, part) => sum + part.byteLength, 0)
    : data.byteLength;
}

function textOf(data: RawData): string {
  if (Buffer.isBuffer(data)) {
    return data.toString('utf8');
  }
  if (Array.isArray(data)) {
    return Buffer.concat(data).toString('utf8');
  }
  return Buffer.from(data).toString('utf8');
}
