import { createHmac, createSecretKey, randomBytes, timingSafeEqual } from 'node:crypto';
import { digestHash, type DigestAlgorithm, type Ha1 } from '../../auth/digest-hash.ts';
import type { Clock } from '../../clock.ts';
import { digestParameters } from './digest.ts';
import type { SipRequest } from './message.ts';

/** What a client answered to a challenge of ours. */
export interface DigestAnswer {
  readonly username: string;
  readonly nonce: string;
  readonly uri: string;
  readonly response: string;
  readonly algorithm: DigestAlgorithm;
  readonly cnonce: string;
  /** As it stands: eight hexadecimal digits. */
  readonly count: string;
}

const NONCE_MS = 300_000;
/** Nonces that were answered rightly and are not over, with the counts that were used; the others need no memory. */
const MAX_NONCES = 20_000;
const MAX_VALUE = 256;

/** Digest access authentication of a server (RFC 3261, 22; RFC 7616, RFC 8760): `qop=auth` alone, and each count once. */
export class DigestServer {
  readonly #realm: string;
  readonly #algorithms: readonly DigestAlgorithm[];
  readonly #clock: Clock;
  readonly #key = createSecretKey(randomBytes(32));
  /** The last count of each nonce, the nonces that were used first in front. */
  readonly #counts = new Map<string, number>();
  /** Nonces that were made before are not known any more. */
  #forgottenUntil = -Infinity;

  /** @param algorithms best first, as they are offered */
  constructor(realm: string, algorithms: readonly DigestAlgorithm[], clock: Clock) {
    this.#realm = realm;
    this.#algorithms = algorithms;
    this.#clock = clock;
  }

  /**
   * The challenges of a 401, or of a 407 to what is no REGISTER.
   * @param stale the answer that came was to a nonce that is over: the client need not ask its user again
   */
  challenges(method: string, address: string, stale: boolean): [string, string][] {
    const name = method === 'REGISTER' ? 'WWW-Authenticate' : 'Proxy-Authenticate';
    const nonce = this.#makeNonce(address);
    return this.#algorithms.map((algorithm) => [
      name,
      `Digest realm="${this.#realm}", nonce="${nonce}", algorithm=${algorithm}, qop="auth"` +
        (stale ? ', stale=true' : ''),
    ]);
  }

  /** What the request answers in this realm; undefined: nothing. `malformed`: nothing that we asked for. */
  read({ method, uri, headers }: SipRequest): DigestAnswer | 'malformed' | undefined {
    const name = method === 'REGISTER' ? 'Authorization' : 'Proxy-Authorization';
    for (const value of headers.all(name)) {
      const parameters = digestParameters(value);
      if (parameters?.get('realm') !== this.#realm) {
        continue;
      }
      return this.#read(parameters, uri) ?? 'malformed';
    }
    return undefined;
  }

  #read(parameters: ReadonlyMap<string, string>, uri: string): DigestAnswer | undefined {
    const text = (key: string): string => parameters.get(key) ?? '';
    if ([...parameters.values()].some((value) => value.length > MAX_VALUE)) {
      return undefined;
    }
    const wanted = (parameters.get('algorithm') ?? 'MD5').toUpperCase();
    const algorithm = this.#algorithms.find((each) => each === wanted);
    const isWhole =
      text('qop').toLowerCase() === 'auth' &&
      /^[0-9a-f]{8}$/i.test(text('nc')) &&
      text('cnonce') !== '' &&
      text('uri') === uri;
    if (!algorithm || !isWhole) {
      return undefined;
    }
    return {
      username: text('username').replace(/\\(.)/g, '$1'),
      nonce: text('nonce'),
      uri,
      response: text('response').toLowerCase(),
      algorithm,
      cnonce: text('cnonce'),
      count: text('nc'),
    };
  }

  /**
   * Whether an answer is right. One to an old nonce, or with a count that was used, is `stale`, whatever it says.
   * @param ha1 of the user that it names; null: there is none, which takes as long to say
   */
  check(
    answer: DigestAnswer,
    method: string,
    address: string,
    ha1: Ha1 | null,
  ): 'right' | 'wrong' | 'stale' {
    const { algorithm, nonce, cnonce, count, uri, response, username } = answer;
    const made = this.#madeAt(nonce, address);
    const used = this.#counts.get(nonce) ?? 0;
    const number = Number.parseInt(count, 16);
    if (made === null || number <= used) {
      return 'stale';
    }
    const own = ha1 ?? this.#nobody(username);
    const ha2 = digestHash(algorithm, `${method}:${uri}`);
    const right = digestHash(
      algorithm,
      `${own[algorithm]}:${nonce}:${count}:${cnonce}:auth:${ha2}`,
    );
    const given = Buffer.from(response);
    const isRight = given.length === right.length && timingSafeEqual(given, Buffer.from(right));
    if (!isRight || ha1 === null) {
      return 'wrong';
    }
    this.#use(nonce, number);
    return 'right';
  }

  /** Nonces whose counts are remembered. */
  get size(): number {
    return this.#counts.size;
  }

  /** The time, something random, and a hash of both and of the address under a key of this process. */
  #makeNonce(address: string): string {
    const time = Math.floor(this.#clock.monotonic()).toString(36);
    const random = randomBytes(9).toString('base64url');
    return `${time}.${random}.${this.#seal(`${time}.${random}`, address)}`;
  }

  /** When a nonce of ours was made; null: it is none, or is over. */
  #madeAt(nonce: string, address: string): number | null {
    const [, head = '', time = '', seal = ''] =
      /^(([0-9a-z]{1,12})\.[\w-]{12})\.([\w-]{22})$/.exec(nonce) ?? [];
    if (seal === '') {
      return null;
    }
    const own = this.#seal(head, address);
    if (!timingSafeEqual(Buffer.from(own), Buffer.from(seal))) {
      return null;
    }
    const made = Number.parseInt(time, 36);
    const isOver = this.#clock.monotonic() - made > NONCE_MS || made <= this.#forgottenUntil;
    return isOver ? null : made;
  }

  #seal(head: string, address: string): string {
    const mac = createHmac('sha256', this.#key).update(`${head} ${address}`).digest();
    return mac.subarray(0, 16).toString('base64url');
  }

  #use(nonce: string, count: number): void {
    this.#counts.set(nonce, count);
    for (const oldest of this.#counts.keys()) {
      const made = Number.parseInt(oldest.split('.', 1)[0] ?? '', 36);
      const isOver = this.#clock.monotonic() - made > NONCE_MS;
      if (!isOver && this.#counts.size <= MAX_NONCES) {
        return;
      }
      this.#counts.delete(oldest);
      // A nonce whose counts are forgotten must not be used again.
      if (!isOver) {
        this.#forgottenUntil = Math.max(this.#forgottenUntil, made);
      }
    }
  }

  #nobody(username: string): Ha1 {
    const text = createHmac('sha256', this.#key).update(username).digest('hex');
    return { MD5: text.slice(0, 32), 'SHA-256': text };
  }
}
