import {
  CipherContext,
  HashAlgorithm,
  NamedCurveAlgorithm,
  RTCPeerConnection,
  RTCRtpCodecParameters,
  SignatureAlgorithm,
} from 'werift';
import type { DtlsKeys, RTCRtpTransceiver, RtpPacket } from 'werift';
import type { MediaFloor } from './floor.ts';

interface Leg {
  readonly pc: RTCPeerConnection;
  readonly transceiver: RTCRtpTransceiver;
}

/** Two peer connections of werift a call, packets passed from one to the other. */
export class WeriftFloor implements MediaFloor {
  readonly #calls = new Map<string, { readonly a: Leg; readonly b: Leg }>();
  #keys: Promise<DtlsKeys> | null = null;

  async begin(call: string, offer: string): Promise<{ answer: string; offer: string }> {
    const [a, b] = await Promise.all([this.#leg(), this.#leg()]);
    this.#calls.set(call, { a, b });
    await a.pc.setRemoteDescription({ type: 'offer', sdp: offer });
    withoutStun(a.pc);
    // Its client role waits 100 ms before it begins.
    a.transceiver.dtlsTransport.role = 'server';
    await a.pc.setLocalDescription(await a.pc.createAnswer());
    await b.pc.setLocalDescription(await b.pc.createOffer());
    return { answer: a.pc.localDescription?.sdp ?? '', offer: b.pc.localDescription?.sdp ?? '' };
  }

  async join(call: string, answer: string): Promise<void> {
    const legs = this.#calls.get(call);
    if (!legs) {
      throw new Error('no such call');
    }
    const { a, b } = legs;
    await b.pc.setRemoteDescription({ type: 'answer', sdp: answer });
    pass(a, b);
    pass(b, a);
  }

  async end(call: string): Promise<void> {
    const legs = this.#calls.get(call);
    this.#calls.delete(call);
    await Promise.all([legs?.a.pc.close(), legs?.b.pc.close()]);
  }

  delays(): number[] {
    return [];
  }

  async #leg(): Promise<Leg> {
    // One certificate for all, as a server has.
    this.#keys ??= CipherContext.createSelfSignedCertificateWithKey(
      { signature: SignatureAlgorithm.ecdsa_3, hash: HashAlgorithm.sha256_4 },
      NamedCurveAlgorithm.secp256r1_23,
    );
    const opus = new RTCRtpCodecParameters({
      mimeType: 'audio/opus',
      clockRate: 48_000,
      channels: 2,
      payloadType: 111,
    });
    const pc = new RTCPeerConnection({
      codecs: { audio: [opus], video: [] },
      headerExtensions: { audio: [], video: [] },
      dtls: { keys: await this.#keys },
      iceServers: [],
      iceAdditionalHostAddresses: ['127.0.0.1'],
      bundlePolicy: 'max-bundle',
    });
    const transceiver = pc.addTransceiver('audio', { direction: 'sendrecv' });
    withoutStun(pc);
    return { pc, transceiver };
  }
}

/** It asks a public server when it is given none. */
function withoutStun(pc: RTCPeerConnection): void {
  for (const { connection } of pc.iceTransports) {
    (connection as { stunServer?: unknown }).stunServer = undefined;
  }
}

function pass(from: Leg, to: Leg): void {
  from.transceiver.dtlsTransport.onRtp.subscribe(({ payload, header }: RtpPacket) => {
    to.transceiver.dtlsTransport.sendRtp(payload, header).catch(() => undefined);
  });
}
