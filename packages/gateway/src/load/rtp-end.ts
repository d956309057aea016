import { createSecretKey, randomInt } from 'node:crypto';
import {
  RTCPeerConnection,
  RTCRtpCodecParameters,
  RtpHeader,
  type RTCRtpTransceiver,
  type RtpPacket,
} from 'werift';
import type { MediaEnd, RtpTotals } from './media-end.ts';
import type { RtpClock } from './rtp-clock.ts';

const OPUS = 111;
const FRAME_SAMPLES = 960;
/** An Opus frame at the 32 kbit/s that browsers use for voice; the first eight bytes hold the time it was sent. */
const FRAME_BYTES = 80;
/** Late ones come after this many newer ones at most; a larger step back is a new stream. */
const REORDER = 100;

/** A browser's audio without the browser: ICE, DTLS and SRTP of werift, fifty packets a second. */
export class RtpEnd implements MediaEnd {
  readonly #pc: RTCPeerConnection;
  readonly #transceiver: RTCRtpTransceiver;
  readonly #clock: RtpClock;
  readonly #totals: RtpTotals;
  readonly #ssrc = randomInt(0xffffffff);
  #sequence = randomInt(0xffff);
  #timestamp = randomInt(0xffffffff);
  #heard: number | null = null;
  #hush: (() => void) | null = null;
  #closed = false;

  constructor(clock: RtpClock, totals: RtpTotals) {
    this.#clock = clock;
    this.#totals = totals;
    const opus = new RTCRtpCodecParameters({
      mimeType: 'audio/opus',
      clockRate: 48_000,
      channels: 2,
      payloadType: OPUS,
      parameters: 'minptime=10;useinbandfec=1',
    });
    this.#pc = new RTCPeerConnection({
      codecs: { audio: [opus], video: [] },
      headerExtensions: { audio: [], video: [] },
      iceServers: [],
      iceAdditionalHostAddresses: ['127.0.0.1'],
      bundlePolicy: 'max-bundle',
    });
    this.#transceiver = this.#pc.addTransceiver('audio', { direction: 'sendrecv' });
    this.#pc.connectionStateChange.subscribe((state) => {
      if (state !== 'connected' || this.#closed) {
        return;
      }
      this.#totals.connected += 1;
      this.#talk();
    });
  }

  async offer(): Promise<string> {
    this.#withoutStun();
    await this.#pc.setLocalDescription(await this.#pc.createOffer());
    this.#listen();
    return this.#pc.localDescription?.sdp ?? '';
  }

  async answer(offer: string): Promise<string> {
    await this.#pc.setRemoteDescription({ type: 'offer', sdp: withoutEvents(offer) });
    this.#withoutStun();
    await this.#pc.setLocalDescription(await this.#pc.createAnswer());
    this.#listen();
    return this.#pc.localDescription?.sdp ?? '';
  }

  async accept(answer: string): Promise<void> {
    await this.#pc.setRemoteDescription({ type: 'answer', sdp: withoutEvents(answer) });
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#hush?.();
    this.#hush = null;
    await this.#pc.close();
  }

  /** werift asks a public server when it is given none. */
  #withoutStun(): void {
    for (const { connection } of this.#pc.iceTransports) {
      (connection as { stunServer?: unknown }).stunServer = undefined;
    }
  }

  #listen(): void {
    this.#transceiver.dtlsTransport.onRtp.subscribe((packet) => {
      this.#hear(packet);
    });
  }

  #talk(): void {
    this.#hush ??= this.#clock.add(() => {
      this.#say();
    });
    withKeyObjects(this.#transceiver.dtlsTransport);
  }

  #say(): void {
    this.#sequence = (this.#sequence + 1) & 0xffff;
    this.#timestamp = (this.#timestamp + FRAME_SAMPLES) >>> 0;
    const payload = Buffer.alloc(FRAME_BYTES);
    payload.writeDoubleBE(performance.now());
    const header = new RtpHeader({
      payloadType: OPUS,
      sequenceNumber: this.#sequence,
      timestamp: this.#timestamp,
      ssrc: this.#ssrc,
    });
    this.#totals.sent += 1;
    // A packet that cannot be sent is one that the other end misses, and counts.
    this.#transceiver.dtlsTransport.sendRtp(payload, header).catch(() => undefined);
  }

  #hear({ header, payload }: RtpPacket): void {
    // What the gateway plays by itself carries no time of ours.
    if (payload.length !== FRAME_BYTES) {
      return;
    }
    this.#totals.received += 1;
    this.#totals.delay.add(performance.now() - payload.readDoubleBE());
    const step = this.#heard === null ? 1 : (header.sequenceNumber - this.#heard) & 0xffff;
    if (step > 0x8000) {
      // It was counted as lost when a later one came.
      if (0x10000 - step < REORDER) {
        this.#totals.lost -= 1;
      }
      return;
    }
    this.#totals.lost += Math.max(0, step - 1);
    this.#heard = header.sequenceNumber;
  }
}

/** werift takes several clocks of telephone-event for one. */
function withoutEvents(sdp: string): string {
  let kept = sdp;
  for (const [, type = ''] of sdp.matchAll(/^a=rtpmap:(\d+) telephone-event\//gm)) {
    kept = kept.replace(new RegExp(`^(m=audio.*) ${type}\\b`, 'm'), '$1');
    kept = kept.replaceAll(new RegExp(`^a=(rtpmap|fmtp|rtcp-fb):${type} .*\\r\\n`, 'gm'), '');
  }
  return kept;
}

interface Contexts {
  readonly localContext?: { readonly cipher?: { srtpSessionKey: unknown } };
  readonly remoteContext?: { readonly cipher?: { srtpSessionKey: unknown } };
}

/** Node takes four times as long for a packet when its key is a Buffer. */
function withKeyObjects(transport: { readonly srtp: unknown }): void {
  const { localContext, remoteContext } = transport.srtp as Contexts;
  for (const cipher of [localContext?.cipher, remoteContext?.cipher]) {
    if (cipher !== undefined && Buffer.isBuffer(cipher.srtpSessionKey)) {
      cipher.srtpSessionKey = createSecretKey(cipher.srtpSessionKey);
    }
  }
}
