import { DtlsServer } from 'werift';
import type { SrtpMaster, SrtpProfile } from '../rtp/srtp.ts';
import {
  SRTP_AEAD_AES_128_GCM,
  SRTP_AES128_CM_SHA1_80,
  SRTP_KEY_LENGTH,
  srtpSaltLength,
} from '../rtp/srtp.ts';
import { matchesFingerprint } from './certificate.ts';
import type { Certificate, Fingerprint } from './certificate.ts';
import {
  endFlights,
  forgetClientFlight,
  isSafeAfterHandshake,
  provesPossession,
  repeatsClientFlight,
} from './werift-mends.ts';

export interface SrtpKeying {
  readonly profile: SrtpProfile;
  /** What we send with, and what the party sends with. */
  readonly local: SrtpMaster;
  readonly remote: SrtpMaster;
}

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
 * Our end of DTLS-SRTP (RFC 5763, RFC 5764): always the server, so that the browser speaks first and no round trip is
 * spent on finding out who does.
 */
export class DtlsEndpoint {
  readonly #socket: DtlsServer;
  readonly #handlers: DtlsHandlers;
  readonly #fingerprints: readonly Fingerprint[];
  #state: 'handshake' | 'connected' | 'done' = 'handshake';
  #receive: (data: Buffer) => void = () => {};

  constructor(
    certificate: Certificate,
    fingerprints: readonly Fingerprint[],
    handlers: DtlsHandlers,
  ) {
    this.#handlers = handlers;
    this.#fingerprints = fingerprints;
    const transport = {
      type: 'ice',
      address: { address: '', family: '', port: 0 },
      closed: false,
      onData: () => {},
      send: (data: Buffer) => {
        if (this.#state !== 'done') handlers.send(data);
        return Promise.resolve();
      },
      close: () => Promise.resolve(),
    };
    this.#socket = new DtlsServer({
      transport,
      cert: certificate.certPem,
      key: certificate.keyPem,
      signatureHash: certificate.signatureHash,
      srtpProfiles: [SRTP_AEAD_AES_128_GCM, SRTP_AES128_CM_SHA1_80],
      certificateRequest: true,
      extendedMasterSecret: true,
    });
    // It has put its own function there.
    const receive = transport.onData as (data: Buffer) => void;
    this.#receive = receive;
    this.#socket.onConnect.once(() => {
      this.#finish();
    });
    this.#socket.onClose.subscribe(() => {
      if (this.#state === 'connected') handlers.closed();
    });
  }

  receive(data: Buffer): void {
    if (this.#state === 'done') return;
    if (this.#state === 'connected' && !isSafeAfterHandshake(data)) return;
    if (this.#state === 'handshake' && repeatsClientFlight(data)) forgetClientFlight(this.#socket);
    try {
      this.#receive(data);
    } catch {
      // A record that does not parse is none of ours; DTLS drops it (RFC 6347, 4.1.2.7).
    }
  }

  #finish(): void {
    if (this.#state !== 'handshake') return;
    const certificate = this.#socket.remoteCertificate;
    const profile = this.#socket.srtp.srtpProfile;
    if (!certificate || !matchesFingerprint(certificate, this.#fingerprints)) {
      this.#fail('the certificate is not the one that the SDP announced');
      return;
    }
    if (!provesPossession(this.#socket)) {
      this.#fail('the party does not hold the key of its certificate');
      return;
    }
    if (profile !== SRTP_AEAD_AES_128_GCM && profile !== SRTP_AES128_CM_SHA1_80) {
      this.#fail('no SRTP profile in common');
      return;
    }
    this.#state = 'connected';
    const keys = this.#socket.extractSessionKeys(SRTP_KEY_LENGTH, srtpSaltLength(profile));
    this.#handlers.connected({
      profile,
      local: { key: keys.localKey, salt: keys.localSalt },
      remote: { key: keys.remoteKey, salt: keys.remoteSalt },
    });
  }

  #fail(reason: string): void {
    this.close();
    this.#handlers.failed(reason);
  }

  close(): void {
    this.#state = 'done';
    endFlights(this.#socket);
  }
}
