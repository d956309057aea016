import { createHash, generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { der, objectIdentifier, TAG, utcTime } from './der.ts';

/** Our side's identity in DTLS. Self-signed: the fingerprint in the SDP is what the party trusts (RFC 8827, 6.5). */
export interface Certificate {
  /** X.509, DER. */
  readonly der: Buffer;
  /** P-256. */
  readonly key: KeyObject;
  /** As `a=fingerprint` writes it, without the algorithm: SHA-256, upper-case hex with colons. */
  readonly fingerprint: string;
}

const DAY_MS = 86_400_000;
const VALID_DAYS = 3_650;

/** One serves all peers of a worker. */
export function createCertificate(): Certificate {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const ecdsaWithSha256 = der(TAG.sequence, objectIdentifier('1.2.840.10045.4.3.2'));
  const commonName = der(
    TAG.sequence,
    objectIdentifier('2.5.4.3'),
    der(TAG.utf8String, Buffer.from('offhook')),
  );
  const name = der(TAG.sequence, der(TAG.set, commonName));
  const now = Date.now();
  const serial = randomBytes(16);
  // Positive, and without a leading zero byte.
  serial.writeUInt8((serial.readUInt8(0) & 0x7f) | 0x40, 0);
  const body = der(
    TAG.sequence,
    der(TAG.explicit0, der(TAG.integer, Buffer.from([2]))),
    der(TAG.integer, serial),
    ecdsaWithSha256,
    name,
    der(
      TAG.sequence,
      utcTime(new Date(now - DAY_MS)),
      utcTime(new Date(now + VALID_DAYS * DAY_MS)),
    ),
    name,
    publicKey.export({ type: 'spki', format: 'der' }),
  );
  const signature = der(
    TAG.bitString,
    Buffer.concat([Buffer.from([0]), sign('sha256', body, privateKey)]),
  );
  const certificate = der(TAG.sequence, body, ecdsaWithSha256, signature);
  return { der: certificate, key: privateKey, fingerprint: digest(certificate, 'sha256') };
}

function digest(certificate: Buffer, hash: string): string {
  const hex = createHash(hash).update(certificate).digest('hex').toUpperCase();
  return (hex.match(/../g) ?? []).join(':');
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
export function matchesFingerprint(
  certificate: Buffer,
  fingerprints: readonly Fingerprint[],
): boolean {
  return fingerprints.some(({ algorithm, value }) => {
    const hash = HASHES.get(algorithm);
    return hash !== undefined && digest(certificate, hash) === value;
  });
}
