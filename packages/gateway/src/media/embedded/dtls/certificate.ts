import { createHash, X509Certificate } from 'node:crypto';
import { CipherContext, HashAlgorithm, NamedCurveAlgorithm, SignatureAlgorithm } from 'werift';
import type { SignatureHash } from 'werift';

/** Our side's identity in DTLS. Self-signed: the fingerprint in the SDP is what the party trusts (RFC 8827, 5.5). */
export interface Certificate {
  readonly certPem: string;
  readonly keyPem: string;
  readonly signatureHash: SignatureHash;
  /** As `a=fingerprint` writes it, without the algorithm: SHA-256, upper-case hex with colons. */
  readonly fingerprint: string;
}

/** One serves all peers of a worker; making it is the expensive part of a peer. */
export async function createCertificate(): Promise<Certificate> {
  const made = await CipherContext.createSelfSignedCertificateWithKey(
    { signature: SignatureAlgorithm.ecdsa_3, hash: HashAlgorithm.sha256_4 },
    NamedCurveAlgorithm.secp256r1_23,
  );
  return {
    certPem: made.certPem,
    keyPem: made.keyPem,
    signatureHash: made.signatureHash,
    fingerprint: new X509Certificate(made.certPem).fingerprint256,
  };
}

export interface Fingerprint {
  /** Lower case: `sha-256`. */
  readonly algorithm: string;
  /** Upper-case hex with colons. */
  readonly value: string;
}

const HASHES: ReadonlyMap<string, string> = new Map([
  ['sha-256', 'sha256'],
  ['sha-384', 'sha384'],
  ['sha-512', 'sha512'],
]);

/** Whether we can check this kind of fingerprint. SHA-1 and older are refused. */
export function isKnownFingerprint(fingerprint: Fingerprint): boolean {
  return HASHES.has(fingerprint.algorithm);
}

/** The certificate that the party showed is the one that its SDP announced. */
export function matchesFingerprint(der: Buffer, fingerprints: readonly Fingerprint[]): boolean {
  return fingerprints.some(({ algorithm, value }) => {
    const hash = HASHES.get(algorithm);
    if (hash === undefined) return false;
    return createHash(hash).update(der).digest('hex').toUpperCase() === value.replaceAll(':', '');
  });
}
