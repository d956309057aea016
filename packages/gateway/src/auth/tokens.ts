import { createPublicKey, createSecretKey } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import {
  createLocalJWKSet,
  createRemoteJWKSet,
  decodeProtectedHeader,
  errors,
  jwtVerify,
} from 'jose';
import type { JWTPayload, JWTVerifyGetKey, JWTVerifyOptions } from 'jose';
import type { DiallingGrant } from '../calls/dialling-grant.ts';
import type { Config } from '../config.ts';
import { JWT_ALGORITHMS, publicKeyAlgorithm } from '../config/schema.ts';
import type { JwtAlgorithm } from '../config/schema.ts';
import { DIALLING_CLAIM, readDialling } from './dialling-claim.ts';
import { verifyHs256 } from './hs256.ts';
import { LOCAL_ISSUER, STANDING_CLAIM } from './local-key.ts';
import type { LocalKey } from './local-key.ts';
import { SecretCache } from './secret-cache.ts';

export interface VerifiedToken {
  readonly user: string;
  /** The `name` claim, cleaned; null when absent. */
  readonly name: string | null;
  /** Epoch milliseconds. */
  readonly expiresAt: number;
  /** What it says of calls outside; undefined: nothing. */
  readonly dialling: DiallingGrant | undefined;
  /** Signed by this gateway: its user must exist here. */
  readonly local: boolean;
  /** With which password of its user it is good, see `standing.ts`; undefined: with any. */
  readonly standing?: string;
}

export type TokenResult =
  | { readonly ok: true; readonly token: VerifiedToken }
  | {
      readonly ok: false;
      /** `unavailable`: the key set could not be fetched, so nothing is known about the token. */
      readonly reason: 'token_expired' | 'token_invalid' | 'unavailable';
      /** Says what is wrong with the token; never quotes it. */
      readonly detail: string;
    };

const MAX_TOKEN_LENGTH = 8192;
const CACHED_TOKENS = 20_000;
/** A key withdrawn from a key set stops being believed within this time. */
const KEY_SET_TRUST_MS = 60_000;
/** How long the last key set is still used when its address does not answer. */
const STALE_KEY_SET_MS = 60 * 60_000;
const SUBJECT = /^[\x21-\x7e]{1,128}$/;
/** Rules for calls outside name an assistant or a trunk so; a user of such a name would get what is meant for it. */
const NO_USER = /^(?:assistant|trunk):/;

/** One way to verify: a key with the only algorithm it may be used for. A key that fits two algorithms is a forger's tool. */
interface Verifier {
  readonly algorithm: JwtAlgorithm;
  readonly key: KeyObject | JWTVerifyGetKey;
  readonly remote: boolean;
}

interface Cached {
  readonly token: VerifiedToken;
  readonly until: number;
}

export class TokenVerifier {
  readonly #config: Config['auth']['jwt'];
  readonly #local: LocalKey;
  readonly #now: () => number;
  readonly #verifiers: readonly Verifier[];
  readonly #cache = new SecretCache<Cached>(CACHED_TOKENS);

  constructor(config: Config['auth']['jwt'], local: LocalKey, now: () => number) {
    this.#config = config;
    this.#local = local;
    this.#now = now;
    this.#verifiers = buildVerifiers(config);
  }

  async verify(text: string): Promise<TokenResult> {
    if (text.length > MAX_TOKEN_LENGTH) {
      return invalid('it is too long');
    }
    const mac = this.#cache.mac(text);
    const name = mac.toString('base64');
    const cached = this.#cache.get(name, mac);
    if (cached !== undefined && this.#now() < cached.until) {
      return { ok: true, token: cached.token };
    }

    let header: ReturnType<typeof decodeProtectedHeader>;
    try {
      header = decodeProtectedHeader(text);
    } catch {
      return invalid('it is not a JWT');
    }
    const algorithm = JWT_ALGORITHMS.find((known) => known === header.alg);
    if (algorithm === undefined) {
      return invalid('its algorithm is not accepted');
    }

    const local = header.kid === this.#local.kid;
    const verifiers: readonly Verifier[] = local
      ? [{ algorithm: 'HS256', key: this.#local.key, remote: false }]
      : this.#verifiers;
    const fitting = verifiers.filter((verifier) => verifier.algorithm === algorithm);
    if (fitting.length === 0) {
      return invalid('no key is configured for its algorithm');
    }

    let result: TokenResult = invalid('its signature is wrong');
    for (const verifier of fitting) {
      const plain = header.crit === undefined && header.b64 === undefined;
      const attempt = await this.#try(text, verifier, local, plain);
      if (attempt.ok) {
        const until = verifier.remote
          ? Math.min(attempt.token.expiresAt, this.#now() + KEY_SET_TRUST_MS)
          : attempt.token.expiresAt;
        this.#cache.set(name, mac, { token: attempt.token, until });
        return attempt;
      }
      // A token whose signature was right under one key is not worth another; a wrong signature may fit the next.
      if (attempt.signed) {
        return attempt.result;
      }
      if (attempt.result.reason === 'unavailable') {
        result = attempt.result;
      }
    }
    return result;
  }

  async #try(
    text: string,
    verifier: Verifier,
    local: boolean,
    plain: boolean,
  ): Promise<
    | { readonly ok: true; readonly token: VerifiedToken }
    | {
        readonly ok: false;
        readonly signed: boolean;
        readonly result: TokenResult & { readonly ok: false };
      }
  > {
    const { issuer, audience, clockToleranceSeconds } = this.#config;
    const options: JWTVerifyOptions = {
      algorithms: [verifier.algorithm],
      requiredClaims: ['exp', 'sub'],
      clockTolerance: clockToleranceSeconds,
      currentDate: new Date(this.#now()),
      ...(local ? { issuer: LOCAL_ISSUER } : {}),
      ...(!local && issuer.length > 0 ? { issuer: [...issuer] } : {}),
      ...(!local && audience.length > 0 ? { audience: [...audience] } : {}),
    };
    try {
      const payload = await payloadOf(text, verifier, options, plain);
      const token = fromPayload(payload, local);
      if (typeof token === 'string') {
        return { ok: false, signed: true, result: invalid(token) };
      }
      return { ok: true, token };
    } catch (error) {
      return { ok: false, ...explain(error) };
    }
  }
}

async function payloadOf(
  text: string,
  { algorithm, key }: Verifier,
  options: JWTVerifyOptions,
  plain: boolean,
): Promise<JWTPayload> {
  if (typeof key === 'function') {
    return (await jwtVerify(text, key, options)).payload;
  }
  if (algorithm === 'HS256' && plain) {
    return verifyHs256(text, key, options);
  }
  return (await jwtVerify(text, key, options)).payload;
}

/** Or what is wrong with it. */
function fromPayload(payload: JWTPayload, local: boolean): VerifiedToken | string {
  const { sub, exp } = payload;
  if (sub === undefined || exp === undefined || !SUBJECT.test(sub) || NO_USER.test(sub)) {
    return 'its sub cannot name a user';
  }
  const said = readDialling(payload[DIALLING_CLAIM]);
  if (!said.ok) {
    return `its ${DIALLING_CLAIM} claim is not understood`;
  }
  const claim = payload['name'];
  const standing = local ? payload[STANDING_CLAIM] : undefined;
  const name = typeof claim === 'string' ? claim.replaceAll(/\p{C}/gu, '').trim().slice(0, 64) : '';
  return {
    user: sub,
    name: name === '' ? null : name,
    expiresAt: exp * 1000,
    dialling: said.dialling,
    local,
    ...(typeof standing === 'string' ? { standing } : {}),
  };
}

function buildVerifiers(config: Config['auth']['jwt']): Verifier[] {
  const verifiers: Verifier[] = [];
  for (const secret of config.secrets) {
    verifiers.push({
      algorithm: 'HS256',
      key: createSecretKey(Buffer.from(secret)),
      remote: false,
    });
  }
  for (const pem of config.publicKeys) {
    const algorithm = publicKeyAlgorithm(pem);
    if (algorithm !== null) {
      verifiers.push({ algorithm, key: createPublicKey(pem), remote: false });
    }
  }
  if (config.jwksUrl !== undefined) {
    const key = keySet(new URL(config.jwksUrl));
    // A key set holds public keys; HS256 with it would make a secret of something that everybody can read.
    for (const algorithm of ['RS256', 'ES256', 'EdDSA'] as const) {
      verifiers.push({ algorithm, key, remote: true });
    }
  }
  return verifiers.filter((verifier) => config.algorithms.includes(verifier.algorithm));
}

/** The key set at an address, fetched when needed and kept; the last good one bridges an outage of its server. */
function keySet(url: URL): JWTVerifyGetKey {
  const remote = createRemoteJWKSet(url, {
    timeoutDuration: 5000,
    cooldownDuration: 10_000,
    cacheMaxAge: 600_000,
  });
  let lastGood = 0;
  return async (header, token) => {
    try {
      const key = await remote(header, token);
      lastGood = performance.now();
      return key;
    } catch (error) {
      const known = remote.jwks();
      if (
        isUnavailable(error) &&
        known !== undefined &&
        performance.now() - lastGood < STALE_KEY_SET_MS
      ) {
        return createLocalJWKSet(known)(header, token);
      }
      throw error;
    }
  };
}

/** Whether the key set itself failed, rather than the token. */
function isUnavailable(error: unknown): boolean {
  if (error instanceof errors.JWKSTimeout || error instanceof errors.JWKSInvalid) {
    return true;
  }
  if (!(error instanceof errors.JOSEError)) {
    return true;
  }
  return error.code === 'ERR_JOSE_GENERIC';
}

function explain(error: unknown): {
  signed: boolean;
  result: TokenResult & { readonly ok: false };
} {
  if (error instanceof errors.JWTExpired) {
    return {
      signed: true,
      result: { ok: false, reason: 'token_expired', detail: 'it has expired' },
    };
  }
  if (error instanceof errors.JWTClaimValidationFailed) {
    return { signed: true, result: invalid(claimProblem(error.claim, error.reason)) };
  }
  if (error instanceof errors.JWSSignatureVerificationFailed) {
    return { signed: false, result: invalid('its signature is wrong') };
  }
  if (
    error instanceof errors.JWKSNoMatchingKey ||
    error instanceof errors.JWKSMultipleMatchingKeys
  ) {
    return { signed: false, result: invalid('its key is not in the key set') };
  }
  if (isUnavailable(error)) {
    return {
      signed: false,
      result: { ok: false, reason: 'unavailable', detail: 'the key set cannot be fetched' },
    };
  }
  return { signed: false, result: invalid('it is malformed') };
}

function claimProblem(claim: string, reason: string): string {
  if (reason === 'missing') {
    return `its ${claim} is missing`;
  }
  switch (claim) {
    case 'aud':
      return 'it is meant for another audience';
    case 'iss':
      return 'it comes from another issuer';
    case 'nbf':
      return 'it is not valid yet';
    default:
      return `its ${claim} is not accepted`;
  }
}

function invalid(detail: string): TokenResult & { readonly ok: false } {
  return { ok: false, reason: 'token_invalid', detail };
}
