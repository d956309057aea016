import { createHash, createHmac, createSecretKey, timingSafeEqual } from 'node:crypto';
import type { KeyObject } from 'node:crypto';

/**
 * `call_report_id`: the key under which a client uploads reports of its calls. Nothing of it is stored: it holds what it is
 * good for (one session, one user, when it was made), signed with the gateway's secret, so that it can be neither guessed
 * nor changed. Which calls a session had, and until when it lived, the report store knows.
 *
 * Form: `<version, issue time, session hash, user>.<HMAC-SHA256 over that>`, both base64url.
 */
export interface ReportKeyClaims {
  /** See {@link sessionHash}. */
  readonly session: string;
  readonly user: string;
  /** Epoch milliseconds, whole seconds. */
  readonly issuedAt: number;
}

const VERSION = 1;
const HASH_BYTES = 16;
const HEAD_BYTES = 1 + 6 + HASH_BYTES;
const MAX_LENGTH = 1024;

/** Names a session without being it: the session id is what a client resumes with, and is not written down. */
export function sessionHash(sessionId: string): string {
  return createHash('sha256')
    .update('offhook session')
    .update(sessionId)
    .digest()
    .subarray(0, HASH_BYTES)
    .toString('hex');
}

export class ReportKeys {
  readonly #secret: KeyObject;

  constructor(secret: Buffer) {
    this.#secret = createSecretKey(secret);
  }

  issue(sessionId: string, user: string, now: number): string {
    const head = Buffer.alloc(7);
    head.writeUInt8(VERSION);
    head.writeUIntBE(Math.floor(now / 1000), 1, 6);
    const session = Buffer.from(sessionHash(sessionId), 'hex');
    const body = Buffer.concat([head, session, Buffer.from(user)]).toString('base64url');
    return `${body}.${this.#sign(body).toString('base64url')}`;
  }

  /** What the key is good for; null when it is none of ours. */
  verify(key: string): ReportKeyClaims | null {
    if (key.length > MAX_LENGTH) {
      return null;
    }
    const [body, signature, ...rest] = key.split('.');
    if (body === undefined || signature === undefined || rest.length > 0) {
      return null;
    }
    const given = Buffer.from(signature, 'base64url');
    const wanted = this.#sign(body);
    if (given.length !== wanted.length || !timingSafeEqual(given, wanted)) {
      return null;
    }
    const bytes = Buffer.from(body, 'base64url');
    if (bytes.length < HEAD_BYTES || bytes.readUInt8() !== VERSION) {
      return null;
    }
    return {
      session: bytes.subarray(7, HEAD_BYTES).toString('hex'),
      user: bytes.subarray(HEAD_BYTES).toString(),
      issuedAt: bytes.readUIntBE(1, 6) * 1000,
    };
  }

  #sign(body: string): Buffer {
    return createHmac('sha256', this.#secret).update(body).digest();
  }
}
