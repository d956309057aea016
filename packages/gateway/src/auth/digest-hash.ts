import { createHash } from 'node:crypto';

/** Hashes of digest authentication (RFC 8760), as they stand on the wire. */
export const DIGEST_ALGORITHMS = ['MD5', 'SHA-256'] as const;
export type DigestAlgorithm = (typeof DIGEST_ALGORITHMS)[number];
/** The hash of login, realm and password (RFC 7616, 3.4.2), by algorithm. Whoever has one can sign in: it is a secret. */
export type Ha1 = Readonly<Record<DigestAlgorithm, string>>;

const HASH = { MD5: 'md5', 'SHA-256': 'sha256' } as const;

export function digestHash(algorithm: DigestAlgorithm, text: string): string {
  return createHash(HASH[algorithm]).update(text).digest('hex');
}

export function makeHa1(login: string, realm: string, password: string): Ha1 {
  const text = `${login}:${realm}:${password}`;
  return { MD5: digestHash('MD5', text), 'SHA-256': digestHash('SHA-256', text) };
}
