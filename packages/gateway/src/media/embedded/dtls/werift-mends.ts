import { verify, X509Certificate } from 'node:crypto';
import type { DtlsServer } from 'werift';

/**
 * werift 0.25.2 does our DTLS handshake and nothing else (ICE, SRTP and RTCP are ours; see ARCHITECTURE.md). What it
 * leaves open there is mended here, through what it exposes.
 */

const HANDSHAKE = 22;
const ALERT = 21;
const CLIENT_HELLO = 1;
const CERTIFICATE = 11;
const CERTIFICATE_VERIFY = 15;
const FINISHED = 20;
const RECORD_HEADER = 13;
/** Its flight numbers of what the client sends last. */
const CLIENT_FLIGHTS = '5';

/**
 * Proof that the client holds its certificate's key. werift reads the CertificateVerify message and does not check it, so
 * anyone on the path could show a certificate that was sent in the clear before. The signature covers every handshake
 * message before it (RFC 5246, 7.4.8).
 */
export function provesPossession(socket: DtlsServer): boolean {
  const certificate = socket.remoteCertificate;
  if (!certificate) return false;
  const messages = socket.dtls.sortedHandshakeCache;
  const at = messages.findIndex(({ msg_type }) => msg_type === CERTIFICATE_VERIFY);
  const proof = messages[at];
  if (!proof || proof.fragment.length < 4) return false;
  const scheme = proof.fragment.readUInt16BE(0);
  const hash = SIGNATURE_HASHES.get(scheme);
  if (hash === undefined) return false;
  const signature = proof.fragment.subarray(4, 4 + proof.fragment.readUInt16BE(2));
  const signed = Buffer.concat(
    messages.slice(0, at).map((message) => Buffer.from(message.serialize())),
  );
  try {
    return verify(hash, signed, new X509Certificate(certificate).publicKey, signature);
  } catch {
    return false;
  }
}

/** TLS 1.2 signature algorithms (RFC 5246, 7.4.1.4.1): hash in the first byte, ECDSA (3) or RSA (1) in the second. */
const SIGNATURE_HASHES: ReadonlyMap<number, string> = new Map([
  [0x0403, 'sha256'],
  [0x0503, 'sha384'],
  [0x0603, 'sha512'],
  [0x0401, 'sha256'],
  [0x0501, 'sha384'],
  [0x0601, 'sha512'],
]);

/**
 * Records that may reach werift once it is connected. It takes a second ClientHello in the clear for a renegotiation and
 * an alert in the clear for the end: both can be forged by anyone who can write the party's address on a packet.
 */
export function isSafeAfterHandshake(data: Buffer): boolean {
  if (data.length <= RECORD_HEADER || data.readUInt16BE(3) > 0) return true;
  const type = data.readUInt8(0);
  if (type === ALERT) return false;
  return type !== HANDSHAKE || data.readUInt8(RECORD_HEADER) !== CLIENT_HELLO;
}

/**
 * A flight that waits for its answer sleeps up to 5.5 s at a time and cannot be cancelled; a later flight number makes
 * it end at its next look.
 */
export function endFlights(socket: DtlsServer): void {
  socket.dtls.flight = FINISHED;
}

/**
 * werift derives the extended master secret from all it has cached, whenever a ClientKeyExchange comes. When the client's
 * last flight is repeated, because its end was lost, the cache holds messages from behind the key exchange too, and the
 * secret comes out wrong (RFC 7627, 3: the hash ends with ClientKeyExchange). So the flight's first message, Certificate, empties it.
 */
export function repeatsClientFlight(data: Buffer): boolean {
  return (
    data.length > RECORD_HEADER &&
    data.readUInt8(0) === HANDSHAKE &&
    data.readUInt16BE(3) === 0 &&
    data.readUInt8(RECORD_HEADER) === CERTIFICATE
  );
}

/** See {@link repeatsClientFlight}. */
export function forgetClientFlight(socket: DtlsServer): void {
  const cache = socket.dtls.handshakeCache as Record<string, { data: unknown[] }>;
  const flight = cache[CLIENT_FLIGHTS];
  if (flight) flight.data = [];
}
