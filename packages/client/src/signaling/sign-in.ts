import type { ClientParams, LoginResult } from '@offhook/protocol';
import { RequestError } from '../calls/ports.ts';
import type { IClientOptions } from '../options.ts';
import type { Platform } from '../platform.ts';
import { Timer } from '../timer.ts';
import { Waiters } from '../waiters.ts';
import {
  anonymousLoginParams,
  loginParams,
  readCredentials,
  type Credentials,
  type LoginContext,
} from './credentials.ts';
import type { SessionMemory } from './memory.ts';
import type { Outcome } from './rpc.ts';
import { TokenExpiry } from './token-expiry.ts';

const LOGIN_LIMIT_MS = 15_000;
const TOKEN_LIMIT_MS = 10_000;

export interface SignInDeps {
  readonly platform: Platform;
  readonly memory: SessionMemory;
  options(): IClientOptions;
  /** Calls to tell of; undefined towards a gateway that did not announce `reattach`. */
  survivors(): LoginContext['calls'];
  ask<M extends 'login' | 'anonymous_login'>(
    method: M,
    params: ClientParams[M],
    timeoutMs: number,
    outcome: Outcome<LoginResult>,
  ): void;
  /** A socket is open. */
  canSend(): boolean;
  onAccepted(result: LoginResult): void;
  onRefused(error: RequestError): void;
  /** The application's token function failed. */
  onUnavailable(error: unknown): void;
  onTokenEnding(): void;
}

/** Credentials → login: the first one of a socket, and later ones on the same socket that leave calls alone. */
export class SignIn {
  readonly #deps: SignInDeps;
  readonly #expiry: TokenExpiry;
  /** Bounds how long the application may take to fetch a token. */
  readonly #timer: Timer;
  readonly #waiters = new Waiters();
  #credentials: Credentials | undefined;
  #prepared: (() => void) | undefined;
  /** Only the newest read of credentials, and the newest login, count. */
  #reading = 0;
  #sending = 0;

  constructor(deps: SignInDeps) {
    this.#deps = deps;
    this.#expiry = new TokenExpiry(deps.platform);
    this.#timer = new Timer(deps.platform);
  }

  /** Reads the credentials, then calls back; in the same tick unless a token has to be fetched. */
  prepare(then: () => void): void {
    const serial = ++this.#reading;
    const earlier = this.#prepared;
    this.#prepared = () => {
      earlier?.();
      then();
    };
    const take = (credentials: Credentials): void => {
      if (serial !== this.#reading) return;
      this.#timer.stop();
      this.#credentials = credentials;
      this.#deps.memory.adopt(this.#deps.options(), credentials);
      const prepared = this.#prepared;
      this.#prepared = undefined;
      prepared?.();
    };
    const fail = (error: unknown): void => {
      if (serial !== this.#reading) return;
      this.#reading++;
      this.#timer.stop();
      this.#prepared = undefined;
      this.#waiters.reject(error);
      this.#deps.onUnavailable(error);
    };
    try {
      const credentials = readCredentials(this.#deps.options());
      if (!(credentials instanceof Promise)) {
        take(credentials);
        return;
      }
      this.#timer.start(TOKEN_LIMIT_MS, () => {
        fail(new Error(`login_token gave no token within ${TOKEN_LIMIT_MS} ms`));
      });
      credentials.then(take, fail);
    } catch (error) {
      fail(error);
    }
  }

  /** Sends the login. */
  send(): void {
    const { memory, platform, survivors } = this.#deps;
    const credentials = this.#credentials;
    if (!credentials) return;
    const serial = ++this.#sending;
    const sessionId = memory.resumable;
    const context: LoginContext = {
      userAgent: platform.userAgent,
      reconnection: sessionId !== undefined || memory.voiceSdkId !== undefined,
      sessionId,
      calls: sessionId === undefined ? undefined : survivors(),
    };
    const options = this.#deps.options();
    const outcome: Outcome<LoginResult> = {
      resolve: (result) => {
        if (serial !== this.#sending) return;
        memory.signedIn(result.sessid);
        this.#watchToken(credentials);
        this.#deps.onAccepted(result);
        this.#waiters.resolve();
      },
      reject: (error) => {
        if (serial !== this.#sending) return;
        this.#waiters.reject(error);
        this.#deps.onRefused(error);
      },
    };
    if (credentials.kind === 'anonymous') {
      const params = anonymousLoginParams(credentials.target, options, context);
      this.#deps.ask('anonymous_login', params, LOGIN_LIMIT_MS, outcome);
    } else {
      const params = loginParams(credentials, options, context);
      this.#deps.ask('login', params, LOGIN_LIMIT_MS, outcome);
    }
  }

  /** With the options as they are now. Rejects with the gateway's refusal, or what the token function threw. */
  async again(): Promise<void> {
    const outcome = this.#waiters.wait();
    this.prepare(() => {
      // Without an open socket the login goes out when it opens.
      if (this.#deps.canSend()) this.send();
    });
    await outcome;
  }

  /** The socket is gone: replies to come are none of ours. */
  lost(): void {
    this.#sending++;
    this.#expiry.stop();
  }

  stop(reason: string): void {
    this.lost();
    this.#reading++;
    this.#timer.stop();
    this.#prepared = undefined;
    this.#credentials = undefined;
    this.#waiters.reject(new RequestError('closed', 'login', reason));
  }

  #watchToken(credentials: Credentials): void {
    const token = credentials.kind === 'token' ? credentials.token : undefined;
    const renewable = typeof this.#deps.options().login_token === 'function';
    this.#expiry.watch(token, renewable, () => {
      if (renewable) {
        this.again().catch(() => {
          this.#deps.onTokenEnding();
        });
      } else this.#deps.onTokenEnding();
    });
  }
}
