import { createECDH, createHash } from 'node:crypto';
import { SECRET_BYTES, loadSecret } from '../auth/secret-file.ts';

/** A P-256 key pair, base64url (RFC 8292, 2): with it push services know whose messages they are. */
export interface VapidKeys {
  /** The uncompressed point; pages give it as `applicationServerKey`. */
  readonly publicKey: string;
  readonly privateKey: string;
}

/** The keys of a data folder, made by its first gateway. With others, every subscription would be void. */
export function loadVapidKeys(dataDir: string): VapidKeys {
  return vapidKeysOf(loadSecret(dataDir, 'push-secret'));
}

export function vapidKeysOf(secret: Buffer): VapidKeys {
  const ecdh = createECDH('prime256v1');
  let scalar = secret.subarray(0, SECRET_BYTES);
  for (;;) {
    try {
      ecdh.setPrivateKey(scalar);
      break;
    } catch {
      // One of some 2^32 secrets is no number below the order of the curve.
      scalar = createHash('sha256').update(scalar).digest();
    }
  }
  return {
    publicKey: ecdh.getPublicKey().toString('base64url'),
    privateKey: scalar.toString('base64url'),
  };
}
