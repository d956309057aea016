import {
  constants,
  createECDH,
  randomBytes,
  sign,
  timingSafeEqual,
  verify,
  X509Certificate,
} from 'node:crypto';
import { SRTP_AEAD_AES_128_GCM, SRTP_AES128_CM_SHA1_80 } from '../rtp/srtp.ts';
import type { SrtpProfile } from '../rtp/srtp.ts';
import { matchesFingerprint } from './certificate.ts';
import type { Certificate, Fingerprint } from './certificate.ts';
import { FlightWriter } from './flight.ts';
import type { FlightItem } from './flight.ts';
import {
  CIPHER_SUITE,
  CURVE_P256,
  ECDSA_P256_SHA256,
  HANDSHAKE,
  readCertificate,
  readClientHello,
  readClientKeyExchange,
  readSignature,
  SIGNATURES,
  writeCertificate,
  writeCertificateRequest,
  writeHandshake,
  writeKeyParameters,
  writeServerHello,
  writeSignature,
} from './handshake.ts';
import type { HandshakeMessage } from './handshake.ts';
import { KeySchedule } from './keys.ts';
import type { SrtpKeying } from './keys.ts';
import { Reassembly } from './reassembly.ts';
import { readRecords, RECORD } from './record.ts';
import type { DtlsRecord, RecordCipher } from './record.ts';

export interface DtlsHandlers {
  send(data: Buffer): void;
  /** The handshake is done and the party is who its SDP says. Once. */
  connected(keying: SrtpKeying): void;
  /** The party closed the connection (close_notify): its page is gone. */
  closed(): void;
  /** The party is someone else, or the handshake cannot succeed. Once; nothing follows. */
  failed(reason: string): void;
}

/**
 * What comes next from the client:
 *
 * ```
 *   hello ─► certificate ─► key ─► proof ─► finished ─► connected
 *      └──────────┴──────────┴───────┴─────────┴────────────┴──► done (no exits)
 * ```
 *
 * Up to the proof, messages come in the clear; Finished and all that follows come sealed.
 */
type State = 'hello' | 'certificate' | 'key' | 'proof' | 'finished' | 'connected' | 'done';

/** The handshake cannot go on; the message says why. */
class HandshakeFailure extends Error {}

const SRTP_PROFILES: readonly SrtpProfile[] = [SRTP_AEAD_AES_128_GCM, SRTP_AES128_CM_SHA1_80];
const CLOSE_NOTIFY = 0;
/** First wait before a flight is repeated; it doubles. Browsers start about as low. */
const REPEAT_MS = 100;
const MAX_REPEAT_MS = 2_000;
/** About half a minute of repetitions. */
const MAX_REPEATS = 18;
/** A repeated flight of the party is answered at most this often. */
const ANSWER_MS = 40;
/** Sealed records that overtook the messages that the keys come from. */
const MAX_EARLY_RECORDS = 4;

/**
 * Our end of DTLS-SRTP (RFC 5763, RFC 5764): DTLS 1.2, always the server, with the one cipher suite that WebRTC makes
 * everyone support. The party proves that it holds the key of its certificate, and the certificate is the one that its SDP
 * announced. There is no cookie exchange, which would cost a round trip: ICE has shown that the party is where it says
 * before anything reaches this.
 */
export class DtlsEndpoint {
  readonly #certificate: Certificate;
  readonly #fingerprints: readonly Fingerprint[];
  readonly #handlers: DtlsHandlers;
  readonly #reassembly = new Reassembly();
  readonly #writer = new FlightWriter();
  readonly #ecdh = createECDH('prime256v1');
  readonly #random = randomBytes(32);
  #state: State = 'hello';
  #clientRandom = Buffer.alloc(0);
  #profile: SrtpProfile = SRTP_AEAD_AES_128_GCM;
  /** All handshake messages so far, whole and with their headers, as the hashes cover them. */
  readonly #transcript: Buffer[] = [];
  #party: X509Certificate | null = null;
  #keys: KeySchedule | null = null;
  #cipher: RecordCipher | null = null;
  #early: DtlsRecord[] = [];
  #highestSealed = -1;
  #flight: readonly FlightItem[] = [];
  #sentAt = 0;
  #repeatMs = REPEAT_MS;
  #repeats = 0;

  constructor(
    certificate: Certificate,
    fingerprints: readonly Fingerprint[],
    handlers: DtlsHandlers,
  ) {
    this.#certificate = certificate;
    this.#fingerprints = fingerprints;
    this.#handlers = handlers;
  }

  receive(data: Buffer): void {
    for (const record of readRecords(data)) {
      if (record.epoch === 0) {
        this.#clear(record);
      } else if (record.epoch === 1) {
        this.#sealed(record);
      }
    }
  }

  /** Anyone can write these: they build the handshake, whose end proves them all, and nothing else. */
  #clear({ type, body }: DtlsRecord): void {
    if (type !== RECORD.handshake || this.#state === 'done') {
      return;
    }
    if (this.#reassembly.repeats(body)) {
      this.#answerRepetition();
    }
    if (this.#state !== 'finished' && this.#state !== 'connected') {
      this.#advance(body);
    }
  }

  #sealed(record: DtlsRecord): void {
    if (this.#state === 'done') {
      return;
    }
    if (!this.#cipher) {
      if (this.#early.length < MAX_EARLY_RECORDS) {
        this.#early.push(record);
      }
      return;
    }
    // Not even a copy of a record counts twice.
    if (record.sequence <= this.#highestSealed) {
      return;
    }
    const opened = this.#cipher.open(record);
    if (!opened) {
      return;
    }
    this.#highestSealed = record.sequence;
    const { type, body } = opened;
    if (type === RECORD.handshake) {
      if (this.#reassembly.repeats(body)) {
        this.#answerRepetition();
      }
      if (this.#state === 'finished') {
        this.#advance(body);
      }
    } else if (type === RECORD.alert && this.#state === 'connected') {
      if (body.length === 2 && body.readUInt8(1) === CLOSE_NOTIFY) {
        this.#handlers.closed();
      }
    }
  }

  #advance(body: Buffer): void {
    this.#reassembly.add(body);
    try {
      let message = this.#reassembly.take();
      while (message) {
        this.#message(message);
        message = this.#reassembly.take();
      }
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      this.#fail(error instanceof HandshakeFailure ? reason : `a message is malformed: ${reason}`);
    }
  }

  #message(message: HandshakeMessage): void {
    const { body } = message;
    switch (this.#state) {
      case 'hello':
        this.#take(message, HANDSHAKE.clientHello);
        this.#hello(body);
        this.#state = 'certificate';
        return;
      case 'certificate':
        this.#take(message, HANDSHAKE.certificate);
        this.#identify(readCertificate(body));
        this.#state = 'key';
        return;
      case 'key':
        this.#take(message, HANDSHAKE.clientKeyExchange);
        this.#agree(readClientKeyExchange(body));
        this.#state = 'proof';
        return;
      case 'proof':
        this.#prove(body);
        this.#take(message, HANDSHAKE.certificateVerify);
        this.#state = 'finished';
        this.#unseal();
        return;
      case 'finished':
        this.#finish(message);
        return;
      case 'connected':
      case 'done':
        return;
    }
  }

  #take(message: HandshakeMessage, type: number): void {
    if (message.type !== type) {
      throw new HandshakeFailure('a message is out of order');
    }
    this.#transcript.push(writeHandshake(message));
  }

  #hello(body: Buffer): void {
    const hello = readClientHello(body);
    const profile = SRTP_PROFILES.find((known) => hello.srtpProfiles.includes(known));
    if (profile === undefined) {
      throw new HandshakeFailure('no SRTP profile in common');
    }
    if (!hello.cipherSuites.includes(CIPHER_SUITE) || !hello.groups.includes(CURVE_P256)) {
      throw new HandshakeFailure('no cipher suite in common');
    }
    if (!hello.hasExtendedMasterSecret) {
      throw new HandshakeFailure('the party lacks the extended master secret');
    }
    this.#profile = profile;
    // Not from Node's pool: a piece of that would keep the whole of it.
    this.#clientRandom = Buffer.alloc(hello.random.length);
    hello.random.copy(this.#clientRandom);
    const parameters = writeKeyParameters(this.#ecdh.generateKeys());
    const signed = Buffer.concat([this.#clientRandom, this.#random, parameters]);
    const signature = sign('sha256', signed, this.#certificate.key);
    const bodies: [number, Buffer][] = [
      [HANDSHAKE.serverHello, writeServerHello(hello, this.#random, profile)],
      [HANDSHAKE.certificate, writeCertificate(this.#certificate.der)],
      [
        HANDSHAKE.serverKeyExchange,
        Buffer.concat([parameters, writeSignature(ECDSA_P256_SHA256, signature)]),
      ],
      [HANDSHAKE.certificateRequest, writeCertificateRequest()],
      [HANDSHAKE.serverHelloDone, Buffer.alloc(0)],
    ];
    const messages = bodies.map(([type, part], sequence) => ({ type, sequence, body: part }));
    for (const message of messages) {
      this.#transcript.push(writeHandshake(message));
    }
    this.#flight = messages.map((message) => ({ kind: 'message', message }));
    this.#send();
  }

  #identify(certificate: Buffer): void {
    if (!matchesFingerprint(certificate, this.#fingerprints)) {
      throw new HandshakeFailure('the certificate is not the one that the SDP announced');
    }
    this.#party = new X509Certificate(certificate);
  }

  #agree(point: Buffer): void {
    const secret = this.#ecdh.computeSecret(point);
    this.#keys = new KeySchedule(secret, this.#transcript, this.#clientRandom, this.#random);
  }

  /** CertificateVerify covers all messages before it (RFC 5246, 7.4.8). */
  #prove(body: Buffer): void {
    const { scheme, signature } = readSignature(body);
    const known = SIGNATURES.get(scheme);
    const key = this.#party?.publicKey;
    const options = known?.pss
      ? { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST }
      : {};
    const signed = Buffer.concat(this.#transcript);
    if (!known || !key || !verify(known.hash, signed, { key, ...options }, signature)) {
      throw new HandshakeFailure('the party does not hold the key of its certificate');
    }
  }

  /** From here on, only what is sealed counts. */
  #unseal(): void {
    this.#reassembly.dropPieces();
    this.#cipher = this.#keys?.recordCipher() ?? null;
    for (const record of this.#early.splice(0)) {
      this.#sealed(record);
    }
  }

  #finish(message: HandshakeMessage): void {
    const keys = this.#keys;
    const expected = keys?.verifyData('client', this.#transcript);
    this.#take(message, HANDSHAKE.finished);
    const matches =
      expected?.length === message.body.length && timingSafeEqual(expected, message.body);
    if (!keys || !matches) {
      throw new HandshakeFailure('the handshake was tampered with');
    }
    const sequence = this.#flight.length;
    const body = keys.verifyData('server', this.#transcript);
    const finished = { type: HANDSHAKE.finished, sequence, body };
    this.#flight = [{ kind: 'changeCipherSpec' }, { kind: 'message', message: finished }];
    this.#state = 'connected';
    this.#send();
    // Nothing is hashed or proven any more.
    this.#transcript.length = 0;
    this.#party = null;
    this.#keys = null;
    this.#clientRandom = Buffer.alloc(0);
    this.#handlers.connected(keys.srtp(this.#profile));
  }

  #send(): void {
    this.#sentAt = performance.now();
    for (const datagram of this.#writer.write(this.#flight, this.#cipher)) {
      this.#handlers.send(datagram);
    }
  }

  /** The party says something again: it did not get our answer. */
  #answerRepetition(): void {
    if (performance.now() - this.#sentAt >= ANSWER_MS) {
      this.#send();
    }
  }

  /** Repeats our flight while the party's next one is missing (RFC 6347, 4.2.4). */
  tick(now: number): void {
    const waits = this.#state !== 'hello' && this.#state !== 'connected' && this.#state !== 'done';
    if (!waits || now - this.#sentAt < this.#repeatMs || this.#repeats >= MAX_REPEATS) {
      return;
    }
    this.#repeats += 1;
    this.#repeatMs = Math.min(this.#repeatMs * 2, MAX_REPEAT_MS);
    this.#send();
  }

  #fail(reason: string): void {
    this.#handlers.send(this.#writer.failure());
    this.close();
    this.#handlers.failed(reason);
  }

  close(): void {
    this.#state = 'done';
    this.#transcript.length = 0;
    this.#party = null;
    this.#keys = null;
    this.#clientRandom = Buffer.alloc(0);
    this.#early = [];
    this.#flight = [];
    this.#reassembly.dropPieces();
  }
}
