import type { LoginParams, LoginResult } from '@offhook/protocol';
import { RequestError, type CallsPort } from '../calls/ports.ts';
import { Emitter } from '../emitter.ts';
import type { ClientOptions } from '../options.ts';
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
import type { GatewayInfo } from './gateway-info.ts';
import type { SessionMemory } from './memory.ts';
import type { Outcome, Requests } from './requests.ts';
import type { SessionRecord } from './storage.ts';
import { TokenExpiry } from './token.ts';

const LOGIN_LIMIT_MS = 15_000;
const TOKEN_LIMIT_MS = 10_000;
/** Wire spec 3.6: the gateway does not know who we are. */
export const AUTHENTICATION_REQUIRED = -32_000;
/** Wire spec 3.6: the gateway knows who we are, and will not have us. */
const AUTHENTICATION_FAILED = -32_001;

export interface SignInEvents {
  /** The session that the page before this one left. */
  recalled: [record: SessionRecord];
  accepted: [result: LoginResult];
  /** `final`: these credentials will not do. */
  refused: [error: RequestError, final: boolean];
  unanswered: [];
  /** The application's token function failed. */
  noToken: [error: unknown];
  /** The token ends soon, and there is no other. */
  expiring: [];
}

/** Credentials → login: the first one of a socket, and later ones on the same socket that leave calls alone. */
export class SignIn {
  readonly events: Emitter<SignInEvents>;
  readonly #platform: Platform;
  readonly #options: ClientOptions;
  readonly #requests: Requests;
  readonly #memory: SessionMemory;
  readonly #info: GatewayInfo;
  readonly #calls: () => CallsPort;
  readonly #expiry: TokenExpiry;
  /** Bounds how long the application may take to fetch a token. */
  readonly #timer: Timer;
  readonly #waiters = new Waiters();
  #credentials: Credentials | undefined;
  #prepared: (() => void) | undefined;
  /** Only the newest read of credentials, and the newest login, count. */
  #reading = 0;
  #sending = 0;
  /** Counts the ends: what a session recalled is none of the next one's. */
  #ends = 0;

  constructor(
    platform: Platform,
    options: ClientOptions,
    requests: Requests,
    memory: SessionMemory,
    info: GatewayInfo,
    calls: () => CallsPort,
  ) {
    this.events = new Emitter((error) => {
      platform.reportError(error);
    });
    this.#platform = platform;
    this.#options = options;
    this.#requests = requests;
    this.#memory = memory;
    this.#info = info;
    this.#calls = calls;
    this.#expiry = new TokenExpiry(platform);
    this.#timer = new Timer(platform);
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
      if (serial !== this.#reading) {
        return;
      }
      this.#timer.stop();
      this.#credentials = credentials;
      this.#memory.adopt(this.#options, credentials);
      const go = (): void => {
        if (serial !== this.#reading) {
          return;
        }
        const prepared = this.#prepared;
        this.#prepared = undefined;
        prepared?.();
      };
      if (this.#options.hangupOnBeforeUnload !== false) {
        go();
        return;
      }
      // Calls are to outlive the page: this one may be the next.
      const ends = this.#ends;
      void this.#memory.recall().then((record) => {
        if (ends !== this.#ends) {
          // The user signed out meanwhile.
          if (record) {
            this.#memory.forget();
          }
          return;
        }
        if (record) {
          this.events.emit('recalled', record);
        }
        go();
      });
    };
    const fail = (error: unknown): void => {
      if (serial !== this.#reading) {
        return;
      }
      this.#reading++;
      this.#timer.stop();
      this.#prepared = undefined;
      this.#waiters.reject(error);
      this.events.emit('noToken', error);
    };
    try {
      const credentials = readCredentials(this.#options);
      if (!(credentials instanceof Promise)) {
        take(credentials);
        return;
      }
      this.#timer.start(TOKEN_LIMIT_MS, () => {
        fail(new Error(`login_token gave no token within ${TOKEN_LIMIT_MS} ms`));
      });
      credentials.then(take).catch(fail);
    } catch (error) {
      fail(error);
    }
  }

  /** The login as it would be sent now; undefined before there are credentials, and for guests. */
  login(renewing = false): LoginParams | undefined {
    const credentials = this.#credentials;
    return credentials && credentials.kind !== 'anonymous'
      ? loginParams(credentials, this.#options, this.#about(renewing))
      : undefined;
  }

  #about(renewing: boolean): LoginContext {
    const sessionId = this.#memory.resumable;
    const tells = sessionId !== undefined && this.#info.features.reattach;
    return {
      userAgent: this.#platform.userAgent,
      reconnection: sessionId !== undefined || this.#memory.voiceSdkId !== undefined,
      sessionId,
      calls: tells ? this.#calls().survivors(renewing) : undefined,
    };
  }

  /** Sends the login. */
  send(): void {
    const credentials = this.#credentials;
    if (!credentials) {
      return;
    }
    const options = this.#options;
    const serial = ++this.#sending;
    const outcome: Outcome<LoginResult> = {
      resolve: (result) => {
        if (serial !== this.#sending) {
          return;
        }
        this.#watchToken(credentials);
        this.events.emit('accepted', result);
        this.#waiters.resolve();
      },
      reject: (error) => {
        if (serial !== this.#sending) {
          return;
        }
        this.#waiters.reject(error);
        const { code, serverCode } = error;
        if (code === 'timeout') {
          this.events.emit('unanswered');
        }
        if (code === 'invalid') {
          this.events.emit('refused', error, true);
        }
        if (code !== 'rejected') {
          return;
        } // the socket went, or the session ended: that is told elsewhere
        const final =
          serverCode === AUTHENTICATION_REQUIRED || serverCode === AUTHENTICATION_FAILED;
        this.events.emit('refused', error, final);
      },
    };
    const how = { urgent: true, timeoutMs: LOGIN_LIMIT_MS };
    if (credentials.kind === 'anonymous') {
      const params = anonymousLoginParams(credentials.target, options, this.#about(false));
      this.#requests.call('anonymous_login', params, how, outcome);
    } else {
      const params = loginParams(credentials, options, this.#about(false));
      this.#requests.call('login', params, how, outcome);
    }
  }

  /** With the options as they are now. Rejects with the gateway's refusal, or what the token function threw. */
  async again(): Promise<void> {
    const outcome = this.#waiters.wait();
    this.prepare(() => {
      // Without an open socket the login goes out when it opens.
      if (this.#requests.attached) {
        this.send();
      }
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
    this.#ends++;
    this.#reading++;
    this.#timer.stop();
    this.#prepared = undefined;
    this.#credentials = undefined;
    this.#waiters.reject(new RequestError('closed', 'login', reason));
  }

  #watchToken(credentials: Credentials): void {
    const token = credentials.kind === 'token' ? credentials.token : undefined;
    const renewable = typeof this.#options.login_token === 'function';
    const warn = (): void => {
      this.events.emit('expiring');
    };
    this.#expiry.watch(token, renewable, () => {
      if (renewable) {
        this.again().catch(warn);
      } else {
        warn();
      }
    });
  }
}
