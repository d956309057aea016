import { parseGatewayFrame, telnyxDialect, type LoginResult } from '@offhook/protocol';
import { Timer } from '../timer.ts';
import type { SignalingContext } from './context.ts';
import type { Gateway } from './gateway.ts';
import type { Health } from './health.ts';
import type { SessionMemory } from './memory.ts';
import { Rpc } from './rpc.ts';
import type { SignIn } from './sign-in.ts';
import { Socket, type SocketHandlers } from './socket.ts';

const LOGIN_LIMIT_MS = 5_000;
/** A host that is there opens a socket within this; one lost SYN included. */
const OPEN_LIMIT_MS = 2_500;
/** A browser that notices another network breaks off what it was opening: it is opened again. */
const AGAIN_MS = 150;
const MAX_TRIES = 3;

export interface RenewalParts {
  readonly context: SignalingContext;
  readonly gateway: Gateway;
  readonly memory: SessionMemory;
  readonly health: Health;
  readonly signIn: SignIn;
  /** For the socket's events once it carries the session. */
  readonly handlers: SocketHandlers;
  readonly url: string;
  readonly generation: number;
  /** The session goes on on this socket. */
  taken(socket: Socket): void;
  /** Called once, unless taken or cancelled. */
  failed(): void;
}

/**
 * A second socket beside one that is doubted: it signs in with the same session, and takes over once the gateway has resumed it. Until
 * then nothing is given up.
 *
 *   opening ──open──▶ signing ──resumed──▶ renewed ∎
 *      └─────────────────┴── no ──▶ failed ∎        (cancel: from each)
 */
export class Renewal {
  readonly #parts: RenewalParts;
  readonly #rpc: Rpc;
  readonly #timer: Timer;
  readonly #until: number;
  #tries = 0;
  #socket: Socket | undefined;
  #taken = false;
  #over = false;
  /** The login is on its way: the gateway may move the session at any moment, and close the first socket. */
  signing = false;

  constructor(parts: RenewalParts) {
    const { platform } = parts.context;
    this.#parts = parts;
    this.#rpc = new Rpc(platform, telnyxDialect, () => '');
    this.#timer = new Timer(platform);
    this.#until = platform.now() + OPEN_LIMIT_MS;
    this.#open();
  }

  /** The first socket is alive, or the session ends. */
  cancel(): void {
    if (this.#over) return;
    this.#over = true;
    this.#timer.stop();
    this.#rpc.close('cancelled');
    this.#socket?.retire();
  }

  #open(): void {
    const { context, handlers, url, generation } = this.#parts;
    this.#tries++;
    this.#timer.start(this.#until - context.platform.now(), () => {
      this.#fail('the host does not answer');
    });
    try {
      const socket: Socket = new Socket(context.platform, url, generation, {
        onOpen: () => {
          this.#signIn(socket);
        },
        onText: (text) => {
          if (this.#taken) handlers.onText(text);
          else this.#take(text);
        },
        onError: (event) => {
          if (this.#taken) handlers.onError(event);
        },
        onClosed: (event) => {
          if (this.#taken) handlers.onClosed(event);
          else this.#closed();
        },
      });
      this.#socket = socket;
    } catch (error) {
      this.#fail(String(error));
    }
  }

  #closed(): void {
    if (this.signing || this.#tries >= MAX_TRIES) this.#fail('the second socket was closed');
    else {
      this.#timer.start(AGAIN_MS, () => {
        this.#open();
      });
    }
  }

  #signIn(socket: Socket): void {
    const { signIn, memory } = this.#parts;
    const params = signIn.login(true);
    if (!params) {
      this.#fail('no credentials');
      return;
    }
    this.signing = true;
    this.#timer.stop();
    this.#rpc.attach((text) => socket.send(text));
    const how = { urgent: true, timeoutMs: LOGIN_LIMIT_MS, voiceSdkId: memory.voiceSdkId };
    this.#rpc.call('login', params, how, {
      resolve: (result) => {
        this.#goOn(socket, result);
      },
      reject: ({ message }) => {
        this.#fail(message);
      },
    });
  }

  #take(text: string): void {
    const frame = parseGatewayFrame(text, telnyxDialect);
    if (frame.ok && frame.value.kind === 'reply') this.#rpc.settle(frame.value);
  }

  #goOn(socket: Socket, result: LoginResult): void {
    const { context, gateway, memory, health } = this.#parts;
    this.#taken = this.#over = true;
    this.#parts.taken(socket);
    memory.signedIn(result.sessid);
    gateway.takeLogin(result);
    // What the first socket was asked and did not answer fails; what comes now goes out here.
    gateway.rpc.detach();
    gateway.rpc.attach((text) => socket.send(text));
    health.start();
    gateway.rpc.ready();
    context.calls().onSignalingRenewed();
  }

  #fail(why: string): void {
    if (this.#over) return;
    this.cancel();
    this.#parts.context.log.info('session: no second socket:', why);
    this.#parts.failed();
  }
}
