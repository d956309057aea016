import type { Logger } from 'pino';
import { loginOf, type Device } from '../../auth/devices.ts';
import type { Clock } from '../../clock.ts';
import { addressKey } from '../../limits/address-key.ts';
import { KeyedBuckets } from '../../limits/keyed-buckets.ts';
import { TokenBucket } from '../../limits/token-bucket.ts';
import { parseNameAddress, parseUri } from '../core/address.ts';
import { DigestServer } from '../core/digest-server.ts';
import type { SipRequest } from '../core/message.ts';
import type { DevicesConfig } from '../trunk-schema.ts';
import type { DeviceAccounts, GuessLimits } from './accounts.ts';

export interface DoorkeeperDeps {
  readonly config: DevicesConfig;
  readonly accounts: DeviceAccounts;
  readonly guesses: GuessLimits;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Counts how a sign-in went. */
  readonly count: (outcome: SignIn) => void;
}

export type SignIn = 'ok' | 'challenged' | 'stale' | 'wrong' | 'locked' | 'forged' | 'flood';

export type Verdict =
  | { readonly kind: 'in'; readonly device: Device }
  /** Answered at once, so that it costs no memory. */
  | {
      readonly kind: 'answer';
      readonly status: number;
      readonly headers: readonly (readonly [string, string])[];
    }
  /** Too much comes from there, or from everywhere: no answer. */
  | { readonly kind: 'silence' };

/**
 * Answers to who has not signed in, to one address and to all together: a second's worth, and what may come at once. The latter twice: a
 * flood of datagrams, whose senders may be made up, takes nothing from who is really there.
 */
const OF_ADDRESS = { perSecond: 10, burst: 60 } as const;
const OF_ALL = { perSecond: 300, burst: 1_500 } as const;

/** Where a request came from. */
export interface Whence {
  readonly address: string;
  /** Somebody is there: it came over a connection, or a phone is registered at the address. */
  readonly isReal: boolean;
}

/** Lets devices in by digest: nothing is kept of a request before its answer to a challenge is right. */
export class Doorkeeper {
  readonly #deps: DoorkeeperDeps;
  readonly #digest: DigestServer;
  readonly #answers: KeyedBuckets;
  readonly #realAnswers: TokenBucket;
  readonly #otherAnswers: TokenBucket;

  constructor(deps: DoorkeeperDeps) {
    const { config, clock } = deps;
    this.#deps = deps;
    this.#digest = new DigestServer(config.realm, config.algorithms, clock);
    const now = (): number => clock.monotonic();
    this.#answers = new KeyedBuckets(OF_ADDRESS.perSecond, OF_ADDRESS.burst, now);
    this.#realAnswers = new TokenBucket(OF_ALL.perSecond, OF_ALL.burst, now());
    this.#otherAnswers = new TokenBucket(OF_ALL.perSecond, OF_ALL.burst, now());
  }

  /** Whether somebody there may be answered once more who has not signed in. */
  mayAnswer({ address, isReal }: Whence): boolean {
    const now = this.#deps.clock.monotonic();
    const all = isReal ? this.#realAnswers : this.#otherAnswers;
    if (this.#answers.take(addressKey(address)) && all.take(1, now)) {
      return true;
    }
    this.#deps.count('flood');
    return false;
  }

  /** Whether a request comes of a device. */
  ask(request: SipRequest, whence: Whence): Verdict {
    const { address } = whence;
    const answer = this.#digest.read(request);
    if (answer === undefined) {
      return this.#challenge(request, whence, 'challenged');
    }
    const { accounts, guesses, count, logger } = this.#deps;
    if (answer === 'malformed') {
      count('wrong');
      return this.#answer(whence, 400);
    }
    // A name that is none counts as itself, so that what is locked says nothing of who there is.
    const account = answer.username.split('~', 1)[0] ?? '';
    const lockedMs = Math.max(guesses.lockedFor(account, address), guesses.exhaustedFor(address));
    if (lockedMs > 0) {
      count('locked');
      return this.#answer(whence, 403, [['Retry-After', String(Math.ceil(lockedMs / 1000))]]);
    }
    const found = accounts.device(answer.username);
    const device = found?.realm === this.#deps.config.realm ? found : null;
    const verdict = this.#digest.check(answer, request.method, address, device?.ha1 ?? null);
    if (verdict === 'stale') {
      return this.#challenge(request, whence, 'stale');
    }
    const attempt = guesses.begin(account, address);
    if (verdict === 'wrong' || device === null) {
      attempt.failed();
      count('wrong');
      logger.info(
        { login: answer.username.slice(0, 128), address },
        'A phone was refused: wrong name or password',
      );
      return this.#answer(whence, 403);
    }
    attempt.succeeded();
    if (!speaksFor(request, device)) {
      count('forged');
      logger.warn({ login: loginOf(device), address }, 'A phone gave another name in From or To');
      return this.#answer(whence, 403);
    }
    count('ok');
    return { kind: 'in', device };
  }

  #challenge({ method }: SipRequest, whence: Whence, why: 'challenged' | 'stale'): Verdict {
    const headers = this.#digest.challenges(method, whence.address, why === 'stale');
    const verdict = this.#answer(whence, method === 'REGISTER' ? 401 : 407, headers);
    if (verdict.kind === 'answer') {
      this.#deps.count(why);
    }
    return verdict;
  }

  #answer(whence: Whence, status: number, headers: [string, string][] = []): Verdict {
    return this.mayAnswer(whence) ? { kind: 'answer', status, headers } : { kind: 'silence' };
  }
}

/** Nobody signs in for others, nor calls in their names: From, and To of a REGISTER, are the user's or the device's. */
function speaksFor({ method, headers }: SipRequest, device: Device): boolean {
  const isOwn = (header: string): boolean => {
    const uri = parseUri(parseNameAddress(headers.get(header) ?? '')?.uri ?? '');
    return uri !== undefined && (uri.user === device.user || uri.user === loginOf(device));
  };
  return isOwn('From') && (method !== 'REGISTER' || isOwn('To'));
}
