import { createHash } from 'node:crypto';
import type { SrtpMaster, SrtpProfile } from '../rtp/srtp.ts';
import { SRTP_KEY_LENGTH, srtpSaltLength } from '../rtp/srtp.ts';
import { prf } from './prf.ts';
import { KEY_BLOCK, RecordCipher } from './record.ts';

export interface SrtpKeying {
  readonly profile: SrtpProfile;
  /** What we send with, and what the party sends with. */
  readonly local: SrtpMaster;
  readonly remote: SrtpMaster;
}

const MASTER_LENGTH = 48;
const VERIFY_LENGTH = 12;

const sha256 = (parts: readonly Buffer[]): Buffer =>
  createHash('sha256').update(Buffer.concat(parts)).digest();

/** All that follows from the shared secret of one handshake, on the server's side. */
export class KeySchedule {
  readonly #master: Buffer;
  readonly #clientRandom: Buffer;
  readonly #serverRandom: Buffer;

  /** @param transcript up to and with ClientKeyExchange: the extended master secret binds it (RFC 7627, 4) */
  constructor(
    secret: Buffer,
    transcript: readonly Buffer[],
    clientRandom: Buffer,
    serverRandom: Buffer,
  ) {
    this.#master = prf(secret, 'extended master secret', sha256(transcript), MASTER_LENGTH);
    this.#clientRandom = clientRandom;
    this.#serverRandom = serverRandom;
  }

  recordCipher(): RecordCipher {
    const seed = Buffer.concat([this.#serverRandom, this.#clientRandom]);
    return new RecordCipher(prf(this.#master, 'key expansion', seed, KEY_BLOCK));
  }

  /** What Finished holds (RFC 5246, 7.4.9). */
  verifyData(side: 'client' | 'server', transcript: readonly Buffer[]): Buffer {
    return prf(this.#master, `${side} finished`, sha256(transcript), VERIFY_LENGTH);
  }

  /** RFC 5764, 4.2. */
  srtp(profile: SrtpProfile): SrtpKeying {
    const seed = Buffer.concat([this.#clientRandom, this.#serverRandom]);
    const salt = srtpSaltLength(profile);
    const length = 2 * (SRTP_KEY_LENGTH + salt);
    const block = prf(this.#master, 'EXTRACTOR-dtls_srtp', seed, length);
    const salts = block.subarray(2 * SRTP_KEY_LENGTH);
    return {
      profile,
      remote: { key: block.subarray(0, SRTP_KEY_LENGTH), salt: salts.subarray(0, salt) },
      local: {
        key: block.subarray(SRTP_KEY_LENGTH, 2 * SRTP_KEY_LENGTH),
        salt: salts.subarray(salt),
      },
    };
  }
}
