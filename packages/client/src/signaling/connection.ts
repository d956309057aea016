import type { LoginParams, LoginResult } from '@offhook/protocol';
import { Emitter } from '../emitter.ts';
import type { Logger } from '../logger.ts';
import type { Platform } from '../platform.ts';
import { Timer } from '../timer.ts';
import { Requests } from './requests.ts';
import { Socket, type SocketCloseEvent } from './socket.ts';

export interface ConnectionEvents {
  open: [event: Event];
  text: [text: string];
  error: [event: Event];
  /** The session has no socket any more. */
  closed: [event: SocketCloseEvent];
  /** The second socket resumed the session and is the one in use; the first one is closed. */
  renewed: [result: LoginResult];
  /** The second socket came to nothing; the first one is still there. */
  renewalFailed: [];
}

/** The socket that carries the session, and the second one that may take its place (see {@link SecondSocket}). */
export class SignalingConnection {
  readonly events: Emitter<ConnectionEvents>;
  readonly #platform: Platform;
  readonly #log: Logger;
  #socket: Socket | undefined;
  #second: SecondSocket | undefined;
  /** The close of the first socket, kept back while the second one signs in. */
  #firstClosed: SocketCloseEvent | undefined;
  #generation = 0;

  constructor(platform: Platform, log: Logger) {
    this.events = new Emitter((error) => {
      platform.reportError(error);
    });
    this.#platform = platform;
    this.#log = log;
  }

  /** Counts the sockets. */
  get generation(): number {
    return this.#generation;
  }

  /** There is a socket: opening, open or closing. */
  get up(): boolean {
    return this.#socket !== undefined;
  }

  /** As `WebSocket.readyState`; 3 without a socket. */
  get readyState(): number {
    return this.#socket?.readyState ?? 3;
  }

  /** The second socket signs in: the gateway may move the session to it at any moment, and close the first one. */
  get moving(): boolean {
    return this.#second?.signing === true;
  }

  /** @throws what the WebSocket constructor throws */
  open(url: string, limitMs?: number): void {
    this.#adopt(new Socket(this.#platform, url, ++this.#generation, limitMs));
  }

  /** False when it cannot be sent now. */
  send(text: string): boolean {
    return this.#socket?.send(text) ?? false;
  }

  /** Asks the socket to close; `closed` follows within 5 s. */
  close(): void {
    this.#socket?.close();
  }

  /** The path is dead: `closed` follows at once, unless a second socket is just signing in. */
  abandon(reason: string): void {
    this.#socket?.abandon(reason);
  }

  /** Opens the second socket, unless one is on its way. */
  renew(how: Resumption): void {
    if (this.#second) {
      return;
    }
    const second = new SecondSocket(this.#platform, how, this.#generation + 1);
    this.#second = second;
    second.events.on('resumed', (socket, result) => {
      this.#second = this.#firstClosed = undefined;
      this.#socket?.retire();
      this.#generation = socket.generation;
      this.#adopt(socket);
      this.events.emit('renewed', result);
    });
    second.events.on('failed', (why) => {
      this.#log.info('session: no second socket:', why);
      this.#second = undefined;
      if (this.#firstClosed) {
        this.#reportFirstClosed(this.#firstClosed);
      } else {
        this.events.emit('renewalFailed');
      }
    });
    second.start();
  }

  /** The second socket is not wanted. If the first one was closed meanwhile, `closed` follows at once. */
  cancelRenewal(): void {
    this.#second?.cancel();
    this.#second = undefined;
    if (this.#firstClosed) {
      this.#reportFirstClosed(this.#firstClosed);
    }
  }

  /** For `client.simulate()`: what is in flight is lost, and what comes after. */
  mute(): void {
    this.#socket?.mute();
  }

  #adopt(socket: Socket): void {
    this.#socket = socket;
    const { events } = this;
    socket.events.on('open', (event) => {
      events.emit('open', event);
    });
    socket.events.on('text', (text) => {
      events.emit('text', text);
    });
    socket.events.on('error', (event) => {
      events.emit('error', event);
    });
    socket.events.on('closed', (event) => {
      if (this.moving) {
        this.#firstClosed = event;
        return;
      }
      this.#second?.cancel();
      this.#second = undefined;
      this.#reportFirstClosed(event);
    });
  }

  #reportFirstClosed(event: SocketCloseEvent): void {
    this.#socket = this.#firstClosed = undefined;
    this.events.emit('closed', event);
  }
}

const LOGIN_LIMIT_MS = 5_000;
/** A host that is there opens a socket within this; one lost SYN included. */
const OPEN_LIMIT_MS = 2_500;
/** A browser that notices another network breaks off what it was opening: it is opened again. */
const AGAIN_MS = 150;
const MAX_TRIES = 3;

/** How a second socket resumes the session. */
export interface Resumption {
  readonly url: string;
  /** Asked when the socket is open: which calls live may have changed meanwhile. Undefined: it cannot sign in. */
  readonly login: () => LoginParams | undefined;
  readonly voiceSdkId: string | undefined;
}

interface SecondSocketEvents {
  /** The session goes on on this socket. */
  resumed: [socket: Socket, result: LoginResult];
  /** Once, unless resumed or cancelled. */
  failed: [why: string];
}

/**
 * A second socket beside one that is in doubt: it signs in with the same session, and takes over once the gateway has resumed it. Until
 * then nothing is given up.
 *
 *   opening ──open──▶ signing ──resumed──▶ in use ∎
 *      └─────────────────┴── no ──▶ failed ∎        (cancel: from each)
 */
class SecondSocket {
  readonly events: Emitter<SecondSocketEvents>;
  readonly #platform: Platform;
  readonly #how: Resumption;
  readonly #generation: number;
  readonly #requests: Requests;
  readonly #timer: Timer;
  #until = 0;
  #tries = 0;
  #socket: Socket | undefined;
  /** Stops listening to the socket. */
  #deaf: (() => void) | undefined;
  #signing = false;
  #over = false;

  constructor(platform: Platform, how: Resumption, generation: number) {
    this.events = new Emitter((error) => {
      platform.reportError(error);
    });
    this.#platform = platform;
    this.#how = how;
    this.#generation = generation;
    this.#requests = new Requests(platform, () => '');
    this.#timer = new Timer(platform);
  }

  get signing(): boolean {
    return this.#signing;
  }

  start(): void {
    this.#until = this.#platform.elapsed() + OPEN_LIMIT_MS;
    this.#open();
  }

  /** The first socket is alive, or the session ends. */
  cancel(): void {
    if (this.#over) {
      return;
    }
    this.#over = true;
    this.#signing = false;
    this.#timer.stop();
    this.#deaf?.();
    this.#requests.close('cancelled');
    this.#socket?.retire();
  }

  #open(): void {
    this.#tries++;
    this.#timer.start(this.#until - this.#platform.elapsed(), () => {
      this.#fail('the host does not answer');
    });
    let socket: Socket;
    try {
      socket = new Socket(this.#platform, this.#how.url, this.#generation);
    } catch (error) {
      this.#fail(String(error));
      return;
    }
    this.#socket = socket;
    const undo = [
      socket.events.on('open', () => {
        this.#signIn(socket);
      }),
      socket.events.on('text', (text) => {
        this.#requests.receive(text);
      }),
      socket.events.on('closed', () => {
        this.#closed();
      }),
    ];
    this.#deaf = () => {
      for (const stop of undo) {
        stop();
      }
    };
  }

  #closed(): void {
    if (this.#signing || this.#tries >= MAX_TRIES) {
      this.#fail('the second socket was closed');
    } else {
      this.#timer.start(AGAIN_MS, () => {
        this.#open();
      });
    }
  }

  #signIn(socket: Socket): void {
    const { voiceSdkId } = this.#how;
    const login = this.#how.login();
    if (!login) {
      this.#fail('no credentials');
      return;
    }
    this.#signing = true;
    this.#timer.stop();
    this.#requests.attach((text) => socket.send(text));
    const options = { urgent: true, timeoutMs: LOGIN_LIMIT_MS, voiceSdkId };
    this.#requests.call('login', login, options, {
      resolve: (result) => {
        this.#over = true;
        this.#signing = false;
        this.#deaf?.();
        this.events.emit('resumed', socket, result);
      },
      reject: ({ message }) => {
        this.#fail(message);
      },
    });
  }

  #fail(why: string): void {
    if (this.#over) {
      return;
    }
    this.cancel();
    this.events.emit('failed', why);
  }
}
