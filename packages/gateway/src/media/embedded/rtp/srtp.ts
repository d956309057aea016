import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  createSecretKey,
  timingSafeEqual,
} from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { NonceLedger } from './nonce-ledger.ts';

/**
 * SRTP and SRTCP (RFC 3711, RFC 7714) with the two protection profiles that browsers use.
 *
 * Keys are `KeyObject`s: a cipher made from a Buffer costs 18 µs a packet on Node 24, from a KeyObject 4 µs.
 * A packet's index (roll-over counter and sequence number) is the caller's on the way out, since whoever numbers the
 * packets knows it exactly; on the way in it is estimated as RFC 3711, 3.3.1 says.
 */
export const SRTP_AES128_CM_SHA1_80 = 0x0001;
export const SRTP_AEAD_AES_128_GCM = 0x0007;
export type SrtpProfile = typeof SRTP_AES128_CM_SHA1_80 | typeof SRTP_AEAD_AES_128_GCM;

/** Master key and salt as DTLS exports them (RFC 5764, 4.2). */
export interface SrtpMaster {
  readonly key: Buffer;
  readonly salt: Buffer;
}

export const SRTP_KEY_LENGTH = 16;
export function srtpSaltLength(profile: SrtpProfile): number {
  return profile === SRTP_AEAD_AES_128_GCM ? 12 : 14;
}

export interface SrtpKeys {
  readonly cipher: KeyObject;
  readonly auth: KeyObject;
  readonly salt: Buffer;
}

const GCM_TAG = 16;
const HMAC_TAG = 10;
const LABEL_RTP = 0;
const LABEL_RTCP = 3;
const RTCP_INDEX_LENGTH = 4;
const REPLAY_WINDOW = 128;
/** Sources of one party, unless told otherwise. */
const MAX_SOURCES = 8;

/** Session keys for RTP (label 0) or RTCP (label 3) from the master key (RFC 3711, 4.3; the rate of derivation is 0). */
export function deriveKeys(profile: SrtpProfile, master: SrtpMaster, firstLabel: number): SrtpKeys {
  const stream = (label: number, length: number): Buffer => {
    // RFC 3711, 4.3.1: the label stands in the eighth byte of the (padded) salt, the counter in the last two.
    const iv = Buffer.alloc(16);
    master.salt.copy(iv);
    iv.writeUInt8(iv.readUInt8(7) ^ label, 7);
    return createCipheriv('aes-128-ctr', master.key, iv).update(Buffer.alloc(length));
  };
  return {
    cipher: createSecretKey(stream(firstLabel, SRTP_KEY_LENGTH)),
    auth: createSecretKey(stream(firstLabel + 1, 20)),
    salt: stream(firstLabel + 2, srtpSaltLength(profile)),
  };
}

/** RFC 7714, 8.1. */
export function gcmVector(salt: Buffer, ssrc: number, roc: number, low: number): Buffer {
  const iv = Buffer.alloc(12);
  iv.writeUInt32BE(ssrc, 2);
  iv.writeUInt32BE(roc, 6);
  iv.writeUInt16BE(low, 10);
  for (let i = 0; i < 12; i += 1) {
    iv.writeUInt8(iv.readUInt8(i) ^ salt.readUInt8(i), i);
  }
  return iv;
}

/** RFC 3711, 4.1.1. */
export function counterVector(salt: Buffer, ssrc: number, roc: number, low: number): Buffer {
  const iv = Buffer.alloc(16);
  iv.writeUInt32BE(ssrc, 4);
  iv.writeUInt32BE(roc, 8);
  iv.writeUInt16BE(low, 12);
  for (let i = 0; i < 14; i += 1) {
    iv.writeUInt8(iv.readUInt8(i) ^ salt.readUInt8(i), i);
  }
  return iv;
}

/** RFC 7714, 9.1. */
export function gcmRtcpVector(salt: Buffer, ssrc: number, index: number): Buffer {
  return gcmVector(salt, ssrc, index >>> 16, index & 0xffff);
}

function hmac(key: KeyObject, data: Buffer, roc: number | undefined): Buffer {
  const mac = createHmac('sha1', key).update(data);
  if (roc !== undefined) {
    const word = Buffer.allocUnsafe(4);
    word.writeUInt32BE(roc, 0);
    mac.update(word);
  }
  return mac.digest().subarray(0, HMAC_TAG);
}

/**
 * Encrypts what one party is sent. That no index of a source is encrypted twice is up to the caller: `OuterStream` for RTP; RTCP is numbered
 * here, for 2^31 packets (RFC 3711, 9.2), 68 years of one a second.
 */
export class SrtpSender {
  /** Bytes to leave free behind the payload. */
  readonly overhead: number;
  readonly #profile: SrtpProfile;
  readonly #rtp: SrtpKeys;
  readonly #rtcp: SrtpKeys;
  readonly #rtpNonces = NonceLedger.open();
  readonly #rtcpNonces = NonceLedger.open();
  #rtcpIndex = 0;

  constructor(profile: SrtpProfile, master: SrtpMaster) {
    this.#profile = profile;
    this.#rtp = deriveKeys(profile, master, LABEL_RTP);
    this.#rtcp = deriveKeys(profile, master, LABEL_RTCP);
    this.overhead = profile === SRTP_AEAD_AES_128_GCM ? GCM_TAG : HMAC_TAG;
  }

  /** Encrypts in place; `packet` ends with {@link overhead} unused bytes. `roc` is the roll-over counter of its sequence number. */
  protectRtp(packet: Buffer, headerLength: number, roc: number): void {
    const end = packet.length - this.overhead;
    const ssrc = packet.readUInt32BE(8);
    const sequence = packet.readUInt16BE(2);
    const plain = packet.subarray(headerLength, end);
    if (this.#profile === SRTP_AEAD_AES_128_GCM) {
      const iv = gcmVector(this.#rtp.salt, ssrc, roc, sequence);
      this.#rtpNonces?.use(iv);
      const cipher = createCipheriv('aes-128-gcm', this.#rtp.cipher, iv);
      cipher.setAAD(packet.subarray(0, headerLength));
      cipher.update(plain).copy(packet, headerLength);
      cipher.final();
      cipher.getAuthTag().copy(packet, end);
      return;
    }
    const iv = counterVector(this.#rtp.salt, ssrc, roc, sequence);
    this.#rtpNonces?.use(iv);
    createCipheriv('aes-128-ctr', this.#rtp.cipher, iv).update(plain).copy(packet, headerLength);
    hmac(this.#rtp.auth, packet.subarray(0, end), roc).copy(packet, end);
  }

  protectRtcp(packet: Buffer): Buffer {
    this.#rtcpIndex = (this.#rtcpIndex + 1) & 0x7fffffff;
    const index = this.#rtcpIndex;
    const ssrc = packet.readUInt32BE(4);
    const word = Buffer.allocUnsafe(RTCP_INDEX_LENGTH);
    word.writeUInt32BE((0x80000000 | index) >>> 0, 0);
    const head = packet.subarray(0, 8);
    if (this.#profile === SRTP_AEAD_AES_128_GCM) {
      const iv = gcmRtcpVector(this.#rtcp.salt, ssrc, index);
      this.#rtcpNonces?.use(iv);
      const cipher = createCipheriv('aes-128-gcm', this.#rtcp.cipher, iv);
      cipher.setAAD(Buffer.concat([head, word]));
      const body = cipher.update(packet.subarray(8));
      cipher.final();
      return Buffer.concat([head, body, cipher.getAuthTag(), word]);
    }
    const iv = counterVector(this.#rtcp.salt, ssrc, index >>> 16, index & 0xffff);
    this.#rtcpNonces?.use(iv);
    const body = createCipheriv('aes-128-ctr', this.#rtcp.cipher, iv).update(packet.subarray(8));
    const signed = Buffer.concat([head, body, word]);
    return Buffer.concat([signed, hmac(this.#rtcp.auth, signed, undefined)]);
  }
}

/** Roll-over counter and replay window of one sender. Indices that were seen stand at their place in a ring. */
class SourceState {
  #highest = -1;
  readonly #seen = new Float64Array(REPLAY_WINDOW).fill(-1);

  get highest(): number {
    return this.#highest;
  }

  /** RFC 3711, 3.3.1: the index nearest to the highest one so far. */
  estimate(sequence: number): number {
    if (this.#highest < 0) {
      return sequence;
    }
    const roc = Math.floor(this.#highest / 0x10000);
    const low = this.#highest % 0x10000;
    if (low < 0x8000) {
      return sequence - low > 0x8000 && roc > 0
        ? (roc - 1) * 0x10000 + sequence
        : roc * 0x10000 + sequence;
    }
    return low - 0x8000 > sequence ? (roc + 1) * 0x10000 + sequence : roc * 0x10000 + sequence;
  }

  isReplay(index: number): boolean {
    return index <= this.#highest - REPLAY_WINDOW || this.#seen[index % REPLAY_WINDOW] === index;
  }

  accept(index: number): void {
    this.#seen[index % REPLAY_WINDOW] = index;
    if (index > this.#highest) {
      this.#highest = index;
    }
  }
}

/**
 * Decrypts what one party sends. What was seen of a source is remembered as long as the keys live: a source that was forgotten could be
 * replayed. So a party has a number of sources, and packets of further ones are refused.
 */
export class SrtpReceiver {
  readonly #profile: SrtpProfile;
  readonly #rtp: SrtpKeys;
  readonly #rtcp: SrtpKeys;
  readonly #sources = new Map<number, SourceState>();
  readonly #rtcpSources = new Map<number, SourceState>();
  readonly #maxSources: number;
  readonly #refused: () => void;
  #lastIndex = 0;

  /** @param refused told of each authentic packet of a source too many */
  constructor(
    profile: SrtpProfile,
    master: SrtpMaster,
    maxSources = MAX_SOURCES,
    refused: () => void = () => {},
  ) {
    this.#profile = profile;
    this.#maxSources = maxSources;
    this.#refused = refused;
    this.#rtp = deriveKeys(profile, master, LABEL_RTP);
    this.#rtcp = deriveKeys(profile, master, LABEL_RTCP);
  }

  /** Index (48 bits) of the packet that {@link unprotectRtp} returned last. */
  get lastIndex(): number {
    return this.#lastIndex;
  }

  /** The payload in the clear, or undefined for a packet that is forged, damaged, too old or a repetition. */
  unprotectRtp(data: Buffer, headerLength: number): Buffer | undefined {
    const sequence = data.readUInt16BE(2);
    const ssrc = data.readUInt32BE(8);
    const known = this.#sources.get(ssrc);
    const source = known ?? new SourceState();
    const index = source.estimate(sequence);
    if (source.isReplay(index)) {
      return undefined;
    }
    const payload =
      this.#profile === SRTP_AEAD_AES_128_GCM
        ? this.#openGcm(data, headerLength, ssrc, index)
        : this.#openCounter(data, headerLength, ssrc, index);
    if (payload === undefined) {
      return undefined;
    }
    if (known === undefined && !this.#remember(this.#sources, ssrc, source)) {
      return undefined;
    }
    source.accept(index);
    this.#lastIndex = index;
    return payload;
  }

  #openGcm(data: Buffer, headerLength: number, ssrc: number, index: number): Buffer | undefined {
    const end = data.length - GCM_TAG;
    if (end < headerLength) {
      return undefined;
    }
    const roc = Math.floor(index / 0x10000);
    const iv = gcmVector(this.#rtp.salt, ssrc, roc, index % 0x10000);
    const decipher = createDecipheriv('aes-128-gcm', this.#rtp.cipher, iv);
    decipher.setAAD(data.subarray(0, headerLength));
    decipher.setAuthTag(data.subarray(end));
    const payload = decipher.update(data.subarray(headerLength, end));
    try {
      decipher.final();
    } catch {
      return undefined;
    }
    return payload;
  }

  #openCounter(
    data: Buffer,
    headerLength: number,
    ssrc: number,
    index: number,
  ): Buffer | undefined {
    const end = data.length - HMAC_TAG;
    if (end < headerLength) {
      return undefined;
    }
    const roc = Math.floor(index / 0x10000);
    const expected = hmac(this.#rtp.auth, data.subarray(0, end), roc);
    if (!timingSafeEqual(expected, data.subarray(end))) {
      return undefined;
    }
    const iv = counterVector(this.#rtp.salt, ssrc, roc, index % 0x10000);
    return createDecipheriv('aes-128-ctr', this.#rtp.cipher, iv).update(
      data.subarray(headerLength, end),
    );
  }

  /** A compound packet in the clear, or undefined as for {@link unprotectRtp}. */
  unprotectRtcp(data: Buffer): Buffer | undefined {
    const gcm = this.#profile === SRTP_AEAD_AES_128_GCM;
    const tail = RTCP_INDEX_LENGTH + (gcm ? GCM_TAG : HMAC_TAG);
    if (data.length < 8 + tail) {
      return undefined;
    }
    const wordAt = gcm ? data.length - RTCP_INDEX_LENGTH : data.length - tail;
    const word = data.readUInt32BE(wordAt);
    // A packet without the E bit is authenticated only; no browser sends one.
    if (word >>> 31 === 0) {
      return undefined;
    }
    const index = word & 0x7fffffff;
    const ssrc = data.readUInt32BE(4);
    const known = this.#rtcpSources.get(ssrc);
    const source = known ?? new SourceState();
    if (source.isReplay(index)) {
      return undefined;
    }
    const plain = gcm
      ? this.#openRtcpGcm(data, wordAt, ssrc, index)
      : this.#openRtcpCounter(data, wordAt, ssrc, index);
    if (plain === undefined) {
      return undefined;
    }
    if (known === undefined && !this.#remember(this.#rtcpSources, ssrc, source)) {
      return undefined;
    }
    source.accept(index);
    return plain;
  }

  #openRtcpGcm(data: Buffer, wordAt: number, ssrc: number, index: number): Buffer | undefined {
    const head = data.subarray(0, 8);
    const tagAt = wordAt - GCM_TAG;
    const iv = gcmRtcpVector(this.#rtcp.salt, ssrc, index);
    const decipher = createDecipheriv('aes-128-gcm', this.#rtcp.cipher, iv);
    decipher.setAAD(Buffer.concat([head, data.subarray(wordAt)]));
    decipher.setAuthTag(data.subarray(tagAt, wordAt));
    const body = decipher.update(data.subarray(8, tagAt));
    try {
      decipher.final();
    } catch {
      return undefined;
    }
    return Buffer.concat([head, body]);
  }

  #openRtcpCounter(data: Buffer, wordAt: number, ssrc: number, index: number): Buffer | undefined {
    const signedEnd = wordAt + RTCP_INDEX_LENGTH;
    const expected = hmac(this.#rtcp.auth, data.subarray(0, signedEnd), undefined);
    if (!timingSafeEqual(expected, data.subarray(signedEnd))) {
      return undefined;
    }
    const iv = counterVector(this.#rtcp.salt, ssrc, index >>> 16, index & 0xffff);
    const body = createDecipheriv('aes-128-ctr', this.#rtcp.cipher, iv).update(
      data.subarray(8, wordAt),
    );
    return Buffer.concat([data.subarray(0, 8), body]);
  }

  #remember(sources: Map<number, SourceState>, ssrc: number, state: SourceState): boolean {
    if (sources.size >= this.#maxSources) {
      this.#refused();
      return false;
    }
    sources.set(ssrc, state);
    return true;
  }
}
