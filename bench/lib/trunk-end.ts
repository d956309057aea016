import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { randomInt } from 'node:crypto';
import { makeAnswer } from '../../packages/gateway/src/load/descriptions.ts';
import type { RtpTotals } from '../../packages/gateway/src/load/media-end.ts';
import type { RtpClock } from '../../packages/gateway/src/load/rtp-clock.ts';
import {
  makeResponse,
  parseMessage,
  serializeMessage,
  type SipRequest,
} from '../../packages/gateway/src/sip/core/message.ts';

/** As RtpEnd's. */
const OPUS = 111;
const FRAME_SAMPLES = 960;
const FRAME_BYTES = 80;
const HEADER_BYTES = 12;

/** The element at the other end of a trunk: answers every INVITE at once, and with a clock talks by RTP in each call. */
export class TrunkEnd {
  /** When the last INVITE came. */
  invitedAt = Number.NaN;
  readonly #socket: Socket;
  readonly #media: { readonly clock: RtpClock; readonly totals: RtpTotals } | null;
  readonly #calls = new Map<string, RtpTalk>();

  private constructor(
    socket: Socket,
    media: { readonly clock: RtpClock; readonly totals: RtpTotals } | null,
  ) {
    this.#socket = socket;
    this.#media = media;
    socket.on('message', (data, from) => {
      this.#datagram(data, from);
    });
  }

  static async open(
    media: { readonly clock: RtpClock; readonly totals: RtpTotals } | null = null,
  ): Promise<TrunkEnd> {
    const socket = createSocket({ type: 'udp4', recvBufferSize: 4_194_304 });
    socket.bind(0, '127.0.0.1');
    await once(socket, 'listening');
    return new TrunkEnd(socket, media);
  }

  /** The gateway's configuration of a trunk that leads here, open to all. */
  get sip(): string {
    return JSON.stringify({
      bind: '127.0.0.1',
      port: 0,
      trunks: [
        {
          name: 'bench',
          servers: [`127.0.0.1:${this.#socket.address().port}`],
          codecs: ['opus'],
          callsAtOnce: 10_000,
          largeRequests: 'udp',
        },
      ],
      routes: [{ prefix: '', trunk: 'bench' }],
      callers: [{ users: '*', routes: [''], callsAtOnce: 1_000 }],
    });
  }

  close(): void {
    for (const talk of this.#calls.values()) {
      talk.close();
    }
    this.#socket.close();
  }

  #datagram(data: Buffer, from: RemoteInfo): void {
    const at = performance.now();
    const message = parseMessage(data);
    if (message.kind === 'response') {
      return;
    }
    const callId = message.headers.get('Call-ID') ?? '';
    switch (message.method) {
      case 'INVITE':
        this.invitedAt = at;
        this.#answer(message, from, callId);
        return;
      case 'ACK':
        this.#calls.get(callId)?.begin();
        return;
      case 'BYE':
        this.#calls.get(callId)?.close();
        this.#calls.delete(callId);
    }
    this.#reply(message, from, '');
  }

  #answer(invite: SipRequest, from: RemoteInfo, callId: string): void {
    if (!this.#media) {
      this.#reply(invite, from, makeAnswer(invite.body));
      return;
    }
    if (this.#calls.has(callId)) {
      return;
    }
    const talk = new RtpTalk(this.#media.clock, this.#media.totals, invite.body);
    this.#calls.set(callId, talk);
    void talk.open().then((sdp) => {
      this.#reply(invite, from, sdp);
    });
  }

  #reply(request: SipRequest, { port, address }: RemoteInfo, body: string): void {
    const contact = ['Contact', `<sip:bench@127.0.0.1:${this.#socket.address().port}>`] as const;
    const type = ['Content-Type', 'application/sdp'] as const;
    const headers = body === '' ? [contact] : [contact, type];
    const response = makeResponse(request, 200, { toTag: 'bench', headers, body });
    this.#socket.send(serializeMessage(response), port, address);
  }
}

/** One call's RTP: frames as RtpEnd sends them, without ICE, DTLS and SRTP. */
class RtpTalk {
  readonly #clock: RtpClock;
  readonly #totals: RtpTotals;
  readonly #to: number;
  readonly #socket = createSocket('udp4');
  readonly #packet = Buffer.alloc(HEADER_BYTES + FRAME_BYTES);
  #sequence = randomInt(0xffff);
  #timestamp = randomInt(0xffffffff);
  #heard: number | null = null;
  #hush: (() => void) | null = null;

  constructor(clock: RtpClock, totals: RtpTotals, offer: string) {
    this.#clock = clock;
    this.#totals = totals;
    this.#to = Number(/^m=audio (\d+) /m.exec(offer)?.[1]);
    this.#packet.writeUInt8(0x80, 0);
    this.#packet.writeUInt8(OPUS, 1);
    this.#packet.writeUInt32BE(randomInt(0xffffffff), 8);
    this.#socket.on('message', (data) => {
      this.#hear(data);
    });
  }

  /** @returns the answer */
  async open(): Promise<string> {
    this.#socket.bind(0, '127.0.0.1');
    await once(this.#socket, 'listening');
    return [
      'v=0',
      'o=- 1 1 IN IP4 127.0.0.1',
      's=-',
      'c=IN IP4 127.0.0.1',
      't=0 0',
      `m=audio ${this.#socket.address().port} RTP/AVP ${OPUS}`,
      `a=rtpmap:${OPUS} opus/48000/2`,
      '',
    ].join('\r\n');
  }

  begin(): void {
    this.#hush ??= this.#clock.add(() => {
      this.#say();
    });
  }

  close(): void {
    this.#hush?.();
    this.#hush = null;
    this.#socket.close();
  }

  #say(): void {
    this.#sequence = (this.#sequence + 1) & 0xffff;
    this.#timestamp = (this.#timestamp + FRAME_SAMPLES) >>> 0;
    const packet = Buffer.from(this.#packet);
    packet.writeUInt16BE(this.#sequence, 2);
    packet.writeUInt32BE(this.#timestamp, 4);
    packet.writeDoubleBE(performance.now(), HEADER_BYTES);
    this.#totals.sent += 1;
    this.#socket.send(packet, this.#to, '127.0.0.1');
  }

  #hear(data: Buffer): void {
    // RTCP, and what the gateway plays by itself, carry no time of ours.
    if (data.length !== HEADER_BYTES + FRAME_BYTES) {
      return;
    }
    if (this.#heard === null) {
      this.#totals.connected += 1;
    }
    this.#totals.received += 1;
    this.#totals.delay.add(performance.now() - data.readDoubleBE(HEADER_BYTES));
    const sequence = data.readUInt16BE(2);
    const step = this.#heard === null ? 1 : (sequence - this.#heard) & 0xffff;
    if (step > 0x8000) {
      return;
    }
    this.#totals.lost += Math.max(0, step - 1);
    this.#heard = sequence;
  }
}
