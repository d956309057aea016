import type { Logger } from 'pino';
import type {
  Authenticator,
  Credentials,
  Identity,
  LoginContext,
  LoginFailure,
  LoginFailureReason,
} from './authenticator.ts';
import { addressKey } from '../limits/address-key.ts';
import type { Guesses } from './guesses.ts';
import { DEFAULT_COST, verifyNothing, verifyPassword } from './passwords.ts';
import type { PasswordCost } from './passwords.ts';
import { SecretCache } from './secret-cache.ts';
import { standingOf } from './standing.ts';
import type { TokenVerifier } from './tokens.ts';
import type { User, Users } from './users.ts';
import { WorkQueue } from './work-queue.ts';

/** -32001: the reference raises LOGIN_FAILED and stops; -32000 would make it log in again for ever (wire spec 4.4). */
const LOGIN_FAILED = -32001;

const MAX_LOGIN_LENGTH = 128;
const MAX_PASSWORD_BYTES = 512;
const REMEMBERED_USERS = 10_000;
const REMEMBERED_ADDRESSES = 50_000;
/** About what one hash costs, for the hint of when to come back. */
const HASH_MS = 150;

type LoginResult = Awaited<ReturnType<Authenticator['login']>>;

export interface LocalAuthenticatorDeps {
  readonly users: Pick<Users, 'get' | 'changes'>;
  readonly tokens: TokenVerifier;
  readonly logger: Logger;
  readonly hashConcurrency: number;
  readonly guesses: Guesses;
  /** Refuse tokens of other issuers whose `sub` is no user here. */
  readonly requireUser: boolean;
  /** What a check for an unknown user costs; that of the stored passwords, so that time tells nothing. */
  readonly cost?: PasswordCost;
}

/** Users in the gateway's own database, and tokens. */
export class LocalAuthenticator implements Authenticator {
  readonly #deps: LocalAuthenticatorDeps;
  readonly #cost: PasswordCost;
  readonly #hashing: WorkQueue;
  /** The right password of a user, by the user's name. */
  readonly #known = new SecretCache<true>(REMEMBERED_USERS);
  /** Addresses from which a password was right, the latest last. */
  readonly #welcome = new Set<string>();
  /** Checks under way by keyed hash of name and password: ten tabs that come back at once cost one hash. */
  readonly #checking = new Map<string, Promise<LoginResult>>();
  /** Users known by tokens of other issuers only, with their display names. */
  readonly #guests = new Map<string, string>();

  constructor(deps: LocalAuthenticatorDeps) {
    this.#deps = deps;
    this.#cost = deps.cost ?? DEFAULT_COST;
    this.#hashing = new WorkQueue({
      concurrency: deps.hashConcurrency,
      maxWaiting: 64,
      maxPerKey: 16,
      reserved: 16,
    });
  }

  async login(credentials: Credentials, context: LoginContext): Promise<LoginResult> {
    const { login, passwd, loginToken } = credentials;
    // Empty texts count as not given: the reference sends what its options hold.
    if (login !== undefined && login !== '' && passwd !== undefined && passwd !== '') {
      return this.#byPassword(login, passwd, context.address);
    }
    if (loginToken !== undefined && loginToken !== '') {
      return this.#byToken(loginToken, context.address);
    }
    return failure('bad_credentials');
  }

  exists(user: string): boolean {
    const stored = this.#deps.users.get(user);
    return stored === null ? this.#guests.has(user) : !stored.disabled;
  }

  changes(): number {
    return this.#deps.users.changes();
  }

  user(user: string): Pick<Identity, 'user' | 'displayName' | 'generateRingback'> | null {
    const stored = this.#deps.users.get(user);
    if (stored !== null) {
      return stored.disabled ? null : identityOf(stored);
    }
    const displayName = this.#guests.get(user);
    return displayName === undefined ? null : { user, displayName, generateRingback: false };
  }

  async #byPassword(login: string, passwd: string, address: string): Promise<LoginResult> {
    if (login.length > MAX_LOGIN_LENGTH || Buffer.byteLength(passwd) > MAX_PASSWORD_BYTES) {
      return failure('bad_credentials');
    }
    const lockedMs = this.#deps.guesses.lockedFor(login, address);
    if (lockedMs > 0) {
      return this.#locked(lockedMs, address);
    }

    const user = this.#enabled(login);
    // The stored hash is part of what is remembered: a changed password forgets the old one.
    const mac = this.#known.mac(login, passwd, user?.passwordHash ?? '');
    if (user !== null && this.#known.get(login, mac) === true) {
      return { ok: true, identity: identityOf(user) };
    }
    const name = `${mac.toString('base64')} ${addressKey(address)}`;
    const running = this.#checking.get(name);
    if (running !== undefined) {
      return running;
    }
    const check = this.#check(login, passwd, user, mac, address).finally(() =>
      this.#checking.delete(name),
    );
    this.#checking.set(name, check);
    return check;
  }

  async #check(
    login: string,
    passwd: string,
    user: User | null,
    mac: Buffer,
    address: string,
  ): Promise<LoginResult> {
    const key = addressKey(address);
    const exhaustedMs = this.#deps.guesses.exhaustedFor(address);
    if (exhaustedMs > 0) {
      return this.#locked(exhaustedMs, address);
    }
    const attempt = this.#deps.guesses.begin(login, address);
    try {
      // Who was right before, from this address, is no flood. An administrator must get in to end one and finds a place, but anybody can
      // give an administrator's name: so the turn is by fairness.
      const comesFirst = this.#welcome.has(key);
      const mayUseReserved = comesFirst || user?.admin === true;
      const right = await this.#hashing.run(
        key,
        async () => {
          if (user !== null) {
            return verifyPassword(passwd, user.passwordHash);
          }
          await verifyNothing(passwd, this.#cost);
          return false;
        },
        { mayUseReserved, comesFirst },
      );
      if (right === null) {
        this.#deps.logger.warn(
          { address },
          'Too many passwords to check at once; a login was put off',
        );
        return failure('busy', this.#hashing.backlog * HASH_MS);
      }
      // The password may have been changed, or the user removed, while the hash was computed.
      const still = right ? this.#enabled(login) : null;
      if (still !== null && still.passwordHash === user?.passwordHash) {
        attempt.succeeded();
        this.#welcome.delete(key);
        this.#welcome.add(key);
        if (this.#welcome.size > REMEMBERED_ADDRESSES) {
          for (const oldest of this.#welcome) {
            this.#welcome.delete(oldest);
            break;
          }
        }
        this.#known.set(login, mac, true);
        return { ok: true, identity: identityOf(still) };
      }
      attempt.failed();
      this.#deps.logger.info({ user: login, address }, 'A login failed: wrong user or password');
      return failure('bad_credentials');
    } finally {
      attempt.abandoned();
    }
  }

  #locked(ms: number, address: string): LoginResult {
    this.#deps.logger.debug({ address, ms }, 'A login was refused: too many failures before');
    return failure('locked', ms);
  }

  async #byToken(text: string, address: string): Promise<LoginResult> {
    const result = await this.#deps.tokens.verify(text);
    if (!result.ok) {
      this.#deps.logger.info(
        { address, reason: result.reason },
        `A login token was refused: ${result.detail}`,
      );
      if (result.reason === 'unavailable') {
        return failure('busy', 5000);
      }
      return failure(result.reason, undefined, result.detail);
    }
    const { user, name, expiresAt, dialling, local, standing } = result.token;
    const said = {
      ...(dialling === undefined ? {} : { dialling }),
      ...(standing === undefined ? {} : { woken: true as const }),
    };
    const stored = this.#deps.users.get(user);
    if (stored?.disabled === true) {
      this.#deps.logger.info({ address, user }, 'A login token was refused: its user is disabled');
      return failure('token_invalid', undefined, 'its user may not sign in');
    }
    if (stored !== null && standing !== undefined && standing !== standingOf(stored)) {
      this.#deps.logger.info(
        { address, user },
        'A login token was refused: its user has another password since',
      );
      return failure('token_invalid', undefined, 'its user has another password since');
    }
    if (stored !== null) {
      return { ok: true, identity: { ...identityOf(stored), expiresAt, ...said } };
    }
    if (local || this.#deps.requireUser) {
      this.#deps.logger.info(
        { address, user },
        'A login token was refused: its user is not known here',
      );
      return failure('token_invalid', undefined, 'its user is not known here');
    }
    const displayName = name ?? user;
    this.#rememberGuest(user, displayName);
    return {
      ok: true,
      identity: { user, displayName, generateRingback: false, expiresAt, guest: true, ...said },
    };
  }

  /** A password of a user who is disabled is as wrong as any. */
  #enabled(name: string): User | null {
    const user = this.#deps.users.get(name);
    return user?.disabled === true ? null : user;
  }

  #rememberGuest(user: string, displayName: string): void {
    this.#guests.delete(user);
    this.#guests.set(user, displayName);
    if (this.#guests.size <= REMEMBERED_USERS) {
      return;
    }
    const oldest = this.#guests.keys().next();
    if (oldest.done !== true) {
      this.#guests.delete(oldest.value);
    }
  }
}

function identityOf(user: User): Identity {
  return {
    user: user.name,
    displayName: user.displayName,
    generateRingback: user.generateRingback,
  };
}

function failure(reason: LoginFailureReason, retryAfterMs?: number, detail?: string): LoginResult {
  const result: LoginFailure = {
    reason,
    message: messageFor(reason, retryAfterMs, detail),
    code: LOGIN_FAILED,
    ...(retryAfterMs === undefined ? {} : { retryAfterMs: Math.max(1, Math.ceil(retryAfterMs)) }),
  };
  return { ok: false, failure: result };
}

function messageFor(
  reason: LoginFailureReason,
  retryAfterMs: number | undefined,
  detail: string | undefined,
): string {
  const seconds = String(Math.max(1, Math.ceil((retryAfterMs ?? 1000) / 1000)));
  switch (reason) {
    case 'bad_credentials':
    case 'no_target':
      return 'Login Incorrect';
    case 'token_expired':
      return 'The login token has expired';
    case 'token_invalid':
      return `The login token is not valid${detail === undefined ? '' : `: ${detail}`}`;
    case 'locked':
      return `Too many failed logins; try again in ${seconds} s`;
    case 'busy':
      return `The gateway is busy; try again in ${seconds} s`;
  }
}
