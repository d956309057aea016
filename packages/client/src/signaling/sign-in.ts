import type { LoginParams, LoginResult } from '@offhook/protocol';
import { RequestError } from '../calls/ports.ts';
import { Timer } from '../timer.ts';
import { Waiters } from '../waiters.ts';
import type { SignalingContext, Tell } from './context.ts';
import {
  anonymousLoginParams,
  loginParams,
  readCredentials,
  type Credentials,
  type LoginContext,
} from './credentials.ts';
import { AUTHENTICATION_REQUIRED, type Gateway } from './gateway.ts';
import type { SessionMemory } from './memory.ts';
import type { Place } from './place.ts';
import type { Outcome } from './rpc.ts';
import { TokenExpiry } from './token-expiry.ts';

const LOGIN_LIMIT_MS = 15_000;
const TOKEN_LIMIT_MS = 10_000;
/** Wire spec 3.6: the gateway knows who we are, and will not have us. */
const AUTHENTICATION_FAILED = -32_001;

/** Credentials → login: the first one of a socket, and later ones on the same socket that leave calls alone. */
export class SignIn {
  readonly #context: SignalingContext;
  readonly #gateway: Gateway;
  readonly #memory: SessionMemory;
  readonly #place: Place;
  readonly #tell: Tell;
  readonly #expiry: TokenExpiry;
  /** Bounds how long the application may take to fetch a token. */
  readonly #timer: Timer;
  readonly #waiters = new Waiters();
  #credentials: Credentials | undefined;
  #prepared: (() => void) | undefined;
  /** Only the newest read of credentials, and the newest login, count. */
  #reading = 0;
  #sending = 0;

  constructor(
    context: SignalingContext,
    gateway: Gateway,
    memory: SessionMemory,
    place: Place,
    tell: Tell,
  ) {
    this.#context = context;
    this.#gateway = gateway;
    this.#memory = memory;
    this.#place = place;
    this.#tell = tell;
    this.#expiry = new TokenExpiry(context.platform);
    this.#timer = new Timer(context.platform);
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
      const { options, calls } = this.#context;
      this.#memory.adopt(options(), credentials);
      const go = (): void => {
        if (serial !== this.#reading) return;
        const prepared = this.#prepared;
        this.#prepared = undefined;
        prepared?.();
      };
      if (options().hangupOnBeforeUnload !== false) {
        go();
        return;
      }
      // Calls are to outlive the page: this one may be the next.
      void this.#memory.recall().then((record) => {
        if (record) {
          this.#place.prefer(record.host);
          calls().restore(record.calls);
        }
        go();
      });
    };
    const fail = (error: unknown): void => {
      if (serial !== this.#reading) return;
      this.#reading++;
      this.#timer.stop();
      this.#prepared = undefined;
      this.#waiters.reject(error);
      this.#tell({ is: 'noToken', error });
    };
    try {
      const credentials = readCredentials(this.#context.options());
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

  /** The login as it would be sent now; undefined before there are credentials, and for guests. */
  login(renewing = false): LoginParams | undefined {
    const { options } = this.#context;
    const credentials = this.#credentials;
    return credentials && credentials.kind !== 'anonymous'
      ? loginParams(credentials, options(), this.#about(renewing))
      : undefined;
  }

  #about(renewing: boolean): LoginContext {
    const { platform, calls } = this.#context;
    const sessionId = this.#memory.resumable;
    const tells = sessionId !== undefined && this.#gateway.features.reattach;
    return {
      userAgent: platform.userAgent,
      reconnection: sessionId !== undefined || this.#memory.voiceSdkId !== undefined,
      sessionId,
      calls: tells ? calls().survivors(renewing) : undefined,
    };
  }

  /** Sends the login. */
  send(): void {
    const { options } = this.#context;
    const { rpc } = this.#gateway;
    const credentials = this.#credentials;
    if (!credentials) return;
    const serial = ++this.#sending;
    const outcome: Outcome<LoginResult> = {
      resolve: (result) => {
        if (serial !== this.#sending) return;
        this.#memory.signedIn(result.sessid);
        this.#watchToken(credentials);
        this.#tell({ is: 'signedIn', result });
        this.#waiters.resolve();
      },
      reject: (error) => {
        if (serial !== this.#sending) return;
        this.#waiters.reject(error);
        const { code, serverCode } = error;
        if (code === 'timeout') this.#tell({ is: 'loginUnanswered' });
        if (code !== 'rejected') return; // the socket went, or the session ended: that is told elsewhere
        const final =
          serverCode === AUTHENTICATION_REQUIRED || serverCode === AUTHENTICATION_FAILED;
        this.#tell({ is: 'loginRefused', error, final });
      },
    };
    const how = { urgent: true, timeoutMs: LOGIN_LIMIT_MS };
    if (credentials.kind === 'anonymous') {
      const params = anonymousLoginParams(credentials.target, options(), this.#about(false));
      rpc.call('anonymous_login', params, how, outcome);
    } else rpc.call('login', loginParams(credentials, options(), this.#about(false)), how, outcome);
  }

  /** With the options as they are now. Rejects with the gateway's refusal, or what the token function threw. */
  async again(): Promise<void> {
    const outcome = this.#waiters.wait();
    this.prepare(() => {
      // Without an open socket the login goes out when it opens.
      if (this.#gateway.rpc.attached) this.send();
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
    const renewable = typeof this.#context.options().login_token === 'function';
    const warn = (): void => {
      this.#context.warn(34001);
    };
    this.#expiry.watch(token, renewable, () => {
      if (renewable) this.again().catch(warn);
      else warn();
    });
  }
}
