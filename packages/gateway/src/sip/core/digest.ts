import { randomBytes } from 'node:crypto';
import { digestHash, makeHa1, type DigestAlgorithm } from '../../auth/digest-hash.ts';

/** Digest access authentication of a client (RFC 3261, 22; RFC 7616, RFC 8760). */

export interface Credentials {
  readonly username: string;
  readonly password: string;
}

export interface Challenge {
  readonly realm: string;
  readonly nonce: string;
  readonly opaque: string | undefined;
  readonly algorithm: DigestAlgorithm;
  /** `auth` is wanted; else the form of RFC 2069. */
  readonly qop: boolean;
  readonly stale: boolean;
}

/** The best challenge that we can answer; undefined when there is none. */
export function chooseChallenge(values: readonly string[]): Challenge | undefined {
  const known = values.map(parseChallenge).filter((challenge) => challenge !== undefined);
  return known.find(({ algorithm }) => algorithm === 'SHA-256') ?? known[0];
}

/** What follows `Digest` in a header of authentication, by lower-case names; quoted values as they stand between their quotes. */
export function digestParameters(value: string): ReadonlyMap<string, string> | undefined {
  if (!/^digest\s/i.test(value)) {
    return undefined;
  }
  const parameters = new Map<string, string>();
  for (const match of value
    .slice(7)
    .matchAll(/(?<![A-Za-z])([A-Za-z]{1,32})\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,]+))/g)) {
    const [, name = '', quoted, plain] = match;
    parameters.set(name.toLowerCase(), quoted ?? plain ?? '');
  }
  return parameters;
}

function parseChallenge(value: string): Challenge | undefined {
  const parameters = digestParameters(value);
  if (!parameters) {
    return undefined;
  }
  const realm = parameters.get('realm');
  const nonce = parameters.get('nonce');
  const algorithm = (parameters.get('algorithm') ?? 'MD5').toUpperCase();
  if (realm === undefined || nonce === undefined) {
    return undefined;
  }
  if (algorithm !== 'MD5' && algorithm !== 'SHA-256') {
    return undefined;
  }
  const qop = parameters
    .get('qop')
    ?.split(',')
    .map((each) => each.trim().toLowerCase());
  if (qop && !qop.includes('auth')) {
    return undefined;
  }
  return {
    realm,
    nonce,
    opaque: parameters.get('opaque'),
    algorithm,
    qop: qop !== undefined,
    stale: parameters.get('stale')?.toLowerCase() === 'true',
  };
}

/** The value of `Authorization` or `Proxy-Authorization`. A nonce is used once by us, so its count is always one. */
export function answerChallenge(
  challenge: Challenge,
  { username, password }: Credentials,
  method: string,
  uri: string,
  cnonce = randomBytes(8).toString('hex'),
): string {
  const { realm, nonce, opaque, algorithm, qop } = challenge;
  const hash = (text: string): string => digestHash(algorithm, text);
  const ha1 = makeHa1(username, realm, password)[algorithm];
  const ha2 = hash(`${method}:${uri}`);
  const response = qop
    ? hash(`${ha1}:${nonce}:00000001:${cnonce}:auth:${ha2}`)
    : hash(`${ha1}:${nonce}:${ha2}`);
  const quote = (text: string): string => `"${text.replace(/["\\]/g, '\\$&')}"`;
  return [
    `Digest username=${quote(username)}`,
    // As it came: it may hold escapes already.
    `realm="${realm}"`,
    `nonce="${nonce}"`,
    `uri="${uri}"`,
    `response="${response}"`,
    `algorithm=${algorithm}`,
    ...(opaque === undefined ? [] : [`opaque="${opaque}"`]),
    ...(qop ? ['qop=auth', 'nc=00000001', `cnonce="${cnonce}"`] : []),
  ].join(', ');
}
