import {
  CipherContext,
  GenericNack,
  HashAlgorithm,
  NamedCurveAlgorithm,
  RTCPeerConnection,
  RTCRtpCodecParameters,
  RTCRtpHeaderExtensionParameters,
  RtcpTransportLayerFeedback,
  RtpHeader,
  SignatureAlgorithm,
} from 'werift';
import type { DtlsKeys, RtcpPacket, RTCDtlsTransport, RTCRtpTransceiver, RtpPacket } from 'werift';
import type { Codec } from '../media-plane.ts';

/** A packet as the party got it. */
export interface Heard {
  readonly ssrc: number;
  readonly payloadType: number;
  readonly sequence: number;
  readonly timestamp: number;
  readonly marker: boolean;
  readonly payload: Buffer;
  readonly extensions: readonly { readonly id: number; readonly payload: Buffer }[];
  readonly at: number;
}

export interface PartyOptions {
  readonly codecs?: readonly Codec[];
  /** Payload type of Opus: Chromium uses 111, Firefox 109. */
  readonly opusType?: number;
  readonly eventRates?: readonly number[];
  readonly levelId?: number;
}

const EVENT_TYPES = new Map([
  [48_000, 110],
  [8_000, 101],
]);
const FRAMES = { opus: 960, PCMU: 160, PCMA: 160 } as const;

/**
 * The browser's side of a call for tests in Node: a peer connection of werift, which shares no code with the embedded
 * plane but the DTLS library. It sends the packets it is told to, and keeps what it gets.
 */
export class Party {
  readonly heard: Heard[] = [];
  readonly reports: RtcpPacket[] = [];
  readonly pc: RTCPeerConnection;
  readonly #transceiver: RTCRtpTransceiver;
  readonly #opusType: number;
  readonly #eventRates: readonly number[];
  readonly #ssrc = Math.floor(Math.random() * 0xffffffff);
  #levelId: number;
  #sequence = Math.floor(Math.random() * 0xffff);
  #timestamp = Math.floor(Math.random() * 0xffffffff);
  #talking: NodeJS.Timeout | null = null;
  readonly #waiting = new Set<() => void>();

  /** As a browser does, each connection gets a certificate of its own. */
  static async create(options: PartyOptions = {}): Promise<Party> {
    const keys = await CipherContext.createSelfSignedCertificateWithKey(
      { signature: SignatureAlgorithm.ecdsa_3, hash: HashAlgorithm.sha256_4 },
      NamedCurveAlgorithm.secp256r1_23,
    );
    return new Party(options, keys);
  }

  private constructor(options: PartyOptions, keys: DtlsKeys) {
    const codecs = options.codecs ?? ['opus', 'PCMU', 'PCMA'];
    this.#opusType = options.opusType ?? 111;
    this.#levelId = options.levelId ?? 0;
    const audio = codecs.map((codec) => this.#codecParameters(codec));
    this.#eventRates = options.eventRates ?? [48_000, 8_000];
    for (const rate of this.#eventRates) {
      audio.push(
        new RTCRtpCodecParameters({
          mimeType: 'audio/telephone-event',
          clockRate: rate,
          payloadType: EVENT_TYPES.get(rate) ?? 101,
          channels: 1,
        }),
      );
    }
    const uri = 'urn:ietf:params:rtp-hdrext:ssrc-audio-level';
    this.pc = new RTCPeerConnection({
      codecs: { audio, video: [] },
      headerExtensions: {
        audio: this.#levelId > 0 ? [new RTCRtpHeaderExtensionParameters({ uri })] : [],
        video: [],
      },
      dtls: { keys },
      iceServers: [],
      iceAdditionalHostAddresses: ['127.0.0.1', '::1'],
      bundlePolicy: 'max-bundle',
    });
    this.#transceiver = this.pc.addTransceiver('audio', { direction: 'sendrecv' });
    this.#withoutStun();
  }

  #codecParameters(codec: Codec): RTCRtpCodecParameters {
    if (codec === 'opus') {
      return new RTCRtpCodecParameters({
        mimeType: 'audio/opus',
        clockRate: 48_000,
        channels: 2,
        payloadType: this.#opusType,
        parameters: 'minptime=10;useinbandfec=1',
      });
    }
    return new RTCRtpCodecParameters({
      mimeType: `audio/${codec}`,
      clockRate: 8_000,
      channels: 1,
      payloadType: codec === 'PCMU' ? 0 : 8,
    });
  }

  /** werift asks a public STUN server when it is given none. */
  #withoutStun(): void {
    for (const { connection } of this.pc.iceTransports) {
      (connection as { stunServer?: unknown }).stunServer = undefined;
    }
  }

  async offer(): Promise<string> {
    await this.pc.setLocalDescription(await this.pc.createOffer());
    this.#listen();
    return this.pc.localDescription?.sdp ?? '';
  }

  async accept(answer: string): Promise<void> {
    await this.pc.setRemoteDescription({ type: 'answer', sdp: answer });
    this.#listen();
  }

  async answer(offer: string): Promise<string> {
    const known = this.#withoutOtherEvents(offer);
    await this.pc.setRemoteDescription({ type: 'offer', sdp: known });
    this.#withoutStun();
    await this.pc.setLocalDescription(await this.pc.createAnswer());
    this.#listen();
    return this.pc.localDescription?.sdp ?? '';
  }

  /** werift matches events by their name, whatever their clock, so it is shown only those that it shall take. */
  #withoutOtherEvents(sdp: string): string {
    let kept = sdp;
    for (const [, type = '', rate] of sdp.matchAll(/^a=rtpmap:(\d+) telephone-event\/(\d+)/gm)) {
      if (this.#eventRates.includes(Number(rate))) {
        continue;
      }
      kept = kept.replace(new RegExp(`^(m=audio.*) ${type}\\b`, 'm'), '$1');
      kept = kept.replaceAll(new RegExp(`^a=(rtpmap|fmtp|rtcp-fb):${type} .*\\r\\n`, 'gm'), '');
    }
    return kept;
  }

  /** An offer with new ICE credentials on the same connection. */
  async restartOffer(): Promise<string> {
    this.pc.restartIce();
    this.#withoutStun();
    return this.offer();
  }

  /** @param answer to {@link restartOffer} */
  async acceptRestart(answer: string): Promise<void> {
    await this.accept(answer);
    // werift answers a restart but starts no checks of its own.
    await Promise.all(this.pc.iceTransports.map((transport) => transport.start().catch(() => {})));
  }

  get #dtls(): RTCDtlsTransport {
    return this.#transceiver.dtlsTransport;
  }

  #listening: RTCDtlsTransport | null = null;

  #listen(): void {
    const dtls = this.#dtls;
    if (this.#listening === dtls) {
      return;
    }
    this.#listening = dtls;
    dtls.onRtp.subscribe((packet) => {
      this.#hear(packet);
    });
    dtls.onRtcp.subscribe((packet) => {
      this.reports.push(packet);
      this.#wake();
    });
  }

  #hear({ header, payload }: RtpPacket): void {
    this.heard.push({
      ssrc: header.ssrc,
      payloadType: header.payloadType,
      sequence: header.sequenceNumber,
      timestamp: header.timestamp,
      marker: header.marker,
      payload: Buffer.from(payload),
      extensions: header.extensions.map(({ id, payload: data }) => ({ id, payload: data })),
      at: performance.now(),
    });
    this.#wake();
  }

  #wake(): void {
    for (const check of [...this.#waiting]) {
      check();
    }
  }

  /** Resolves when `condition` holds, asked again with every packet; rejects after `ms`. */
  until(what: string, condition: () => boolean, ms = 5_000): Promise<void> {
    if (condition()) {
      return Promise.resolve();
    }
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#waiting.delete(check);
        reject(new Error(`not within ${String(ms)} ms: ${what}`));
      }, ms);
      const check = (): void => {
        if (!condition()) {
          return;
        }
        clearTimeout(timer);
        this.#waiting.delete(check);
        resolve();
      };
      this.#waiting.add(check);
    });
  }

  /** Until `count` packets came from now on; returns them. */
  async listen(count: number, ms = 5_000): Promise<Heard[]> {
    const from = this.heard.length;
    const what = `${String(count)} packets`;
    await this.until(what, () => this.heard.length >= from + count, ms);
    return this.heard.slice(from, from + count);
  }

  async connected(): Promise<void> {
    if (this.pc.connectionState === 'connected') {
      return;
    }
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => {
        reject(new Error(`the party is ${this.pc.connectionState} after 10 s`));
      }, 10_000);
      this.pc.connectionStateChange.subscribe((state) => {
        if (state !== 'connected') {
          return;
        }
        clearTimeout(timer);
        resolve();
      });
    });
  }

  /** Sends one audio frame. `gap` leaves out so many frames before it. */
  say(audio: string | Buffer, codec: Codec = 'opus', gap = 0): void {
    this.#sequence = (this.#sequence + 1 + gap) & 0xffff;
    this.#timestamp = (this.#timestamp + FRAMES[codec] * (1 + gap)) >>> 0;
    const type = codec === 'opus' ? this.#opusType : codec === 'PCMU' ? 0 : 8;
    const payload = typeof audio === 'string' ? Buffer.from(audio) : audio;
    this.#send(type, this.#timestamp, payload, false);
  }

  #send(payloadType: number, timestamp: number, payload: Buffer, marker: boolean): void {
    const level = Buffer.from([0x80 | 33]);
    const header = new RtpHeader({
      payloadType,
      sequenceNumber: this.#sequence,
      timestamp,
      ssrc: this.#ssrc,
      marker,
      ...(this.#levelId > 0
        ? { extension: true, extensions: [{ id: this.#levelId, payload: level }] }
        : {}),
    });
    void this.#dtls.sendRtp(payload, header);
  }

  /** Sends a packet with numbers that no browser would choose. */
  sendAs(
    ssrc: number,
    sequence: number,
    payload: Buffer,
    payloadType: number = this.#opusType,
  ): void {
    const header = new RtpHeader({
      payloadType,
      sequenceNumber: sequence,
      timestamp: (sequence * 960) >>> 0,
      ssrc,
      marker: false,
    });
    void this.#dtls.sendRtp(payload, header);
  }

  /** One RFC 4733 event as browsers send it: updates of one timestamp, the end three times. */
  press(digit: string, rate: 48_000 | 8_000): void {
    const event = '0123456789*#ABCD'.indexOf(digit);
    const packet = (duration: number, end: boolean): void => {
      this.#sequence = (this.#sequence + 1) & 0xffff;
      const payload = Buffer.from([event, end ? 0x8a : 0x0a, 0, 0]);
      payload.writeUInt16BE(duration, 2);
      const type = EVENT_TYPES.get(rate) ?? 101;
      this.#send(type, this.#timestamp, payload, duration === rate / 50);
    };
    for (let frame = 1; frame <= 5; frame += 1) {
      packet((frame * rate) / 50, false);
    }
    for (let i = 0; i < 3; i += 1) {
      packet((5 * rate) / 50, true);
    }
    this.#timestamp = (this.#timestamp + 6 * 960) >>> 0;
  }

  /** Asks for a packet again. */
  ask(ssrc: number, sequence: number): void {
    const nack = new GenericNack({
      senderSsrc: this.#ssrc,
      mediaSourceSsrc: ssrc,
      lost: [sequence],
    });
    const packet = new RtcpTransportLayerFeedback({ feedback: nack });
    void this.#dtls.sendRtcp([packet]);
  }

  /** Says `text` every 20 ms until {@link hush}. */
  talk(text: string, codec: Codec = 'opus'): void {
    this.hush();
    this.#talking = setInterval(() => {
      this.say(text, codec);
    }, 20);
  }

  hush(): void {
    if (this.#talking !== null) {
      clearInterval(this.#talking);
    }
    this.#talking = null;
  }

  async close(): Promise<void> {
    this.hush();
    this.#waiting.clear();
    await this.pc.close();
  }
}

/** How the packets of one stream follow each other: lost, repeated, stepped back. */
export function continuity(packets: readonly Heard[]): {
  ssrcs: number;
  missing: number;
  repeated: number;
  backwards: number;
} {
  let missing = 0;
  let repeated = 0;
  let backwards = 0;
  for (let i = 1; i < packets.length; i += 1) {
    const step = ((packets[i]?.sequence ?? 0) - (packets[i - 1]?.sequence ?? 0)) & 0xffff;
    if (step === 0) {
      repeated += 1;
    } else if (step > 0x8000) {
      backwards += 1;
    } else {
      missing += step - 1;
    }
    const time = ((packets[i]?.timestamp ?? 0) - (packets[i - 1]?.timestamp ?? 0)) | 0;
    if (time < 0) {
      backwards += 1;
    }
  }
  return { ssrcs: new Set(packets.map(({ ssrc }) => ssrc)).size, missing, repeated, backwards };
}
