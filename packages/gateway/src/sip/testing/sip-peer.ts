import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { Headers } from '../core/headers.ts';
import {
  cseqOf,
  makeResponse,
  parseMessage,
  serializeMessage,
  type SipMessage,
  type SipRequest,
  type SipResponse,
} from '../core/message.ts';
import { Inbox } from './inbox.ts';

const isRequest = (message: SipMessage): message is SipRequest => message.kind === 'request';

/** A SIP element of somebody else, on a UDP port of the loopback: it does what a test says, message by message. */
export class SipPeer {
  /** Without those that were sent again, since a busy machine answered late: they are no further messages. */
  readonly received: SipMessage[] = [];
  /** Whether a datagram is lost, either way. */
  drop: (message: SipMessage | string) => boolean = () => false;
  /** OPTIONS and REGISTER are answered with 200 by itself. */
  answersPings = true;
  readonly #socket: Socket;
  readonly #address: string;
  readonly #inbox = new Inbox<RemoteInfo>();
  readonly #heard = new Set<string>();
  #copies = 0;
  #branch = 0;

  private constructor(socket: Socket, address: string) {
    this.#socket = socket;
    this.#address = address;
    socket.on('message', (data, from) => {
      this.#datagram(data, from);
    });
  }

  static async open(address = '127.0.0.1', port = 0): Promise<SipPeer> {
    const socket = createSocket('udp4');
    socket.bind(port, address);
    await once(socket, 'listening');
    return new SipPeer(socket, address);
  }

  /** How many messages were sent again. */
  get copies(): number {
    return this.#copies;
  }

  get port(): number {
    return this.#socket.address().port;
  }

  get place(): string {
    return `${this.#address}:${String(this.port)}`;
  }

  /** The next request with this method that no `request` has returned yet. */
  async request(method: string): Promise<{ request: SipRequest; reply: Reply }> {
    const { request, from } = await this.#inbox.request(method);
    return {
      request,
      reply: (status, options = {}) => {
        const { body = '', headers = [], reason } = options;
        const response = makeResponse(request, status, {
          toTag: 'peer',
          body,
          headers: [
            ['Contact', `<sip:peer@${this.place}>`],
            ...(body === '' ? [] : [['Content-Type', 'application/sdp'] as const]),
            ...headers,
          ],
          ...(reason === undefined ? {} : { reason }),
        });
        this.send(serializeMessage(response), from.port);
      },
    };
  }

  /** The next response to this method, of this status at least. */
  response(method: string, least = 200): Promise<SipResponse> {
    return this.#inbox.response(method, least);
  }

  /** Sends a request as an element of its own does. Returns it as it was sent. */
  ask(
    port: number,
    method: string,
    uri: string,
    options: {
      readonly headers?: readonly (readonly [string, string])[];
      readonly body?: string;
      readonly callId?: string;
      readonly sequence?: number;
      readonly to?: string;
      readonly from?: string;
      readonly branch?: string;
    } = {},
  ): SipRequest {
    const { body = '', callId = 'c1', sequence = 1, to = `<${uri}>` } = options;
    const branch = options.branch ?? `z9hG4bK-peer-${String(++this.#branch)}`;
    const headers = new Headers([
      ['Via', `SIP/2.0/UDP ${this.place};rport;branch=${branch}`],
      ['Max-Forwards', '70'],
      ['From', options.from ?? `"Bob" <sip:+4940111@peer.example>;tag=peer`],
      ['To', to],
      ['Call-ID', callId],
      ['CSeq', `${String(sequence)} ${method}`],
      ['Contact', `<sip:bob@${this.place}>`],
      ...(body === '' ? [] : [['Content-Type', 'application/sdp'] as const]),
      ...(options.headers ?? []),
    ]);
    const request = { kind: 'request', method, uri, headers, body } as const;
    this.send(serializeMessage(request), port);
    return request;
  }

  /** ACK of a final response to our INVITE. */
  acknowledge(port: number, invite: SipRequest, response: SipResponse, body = ''): void {
    const isAccepted = response.status < 300;
    this.ask(port, 'ACK', invite.uri, {
      callId: invite.headers.get('Call-ID') ?? '',
      sequence: cseqOf(invite.headers).number,
      to: response.headers.get('To') ?? '',
      body,
      ...(isAccepted
        ? {}
        : { branch: /branch=([^;]+)/.exec(invite.headers.get('Via') ?? '')?.[1] ?? '' }),
    });
  }

  send(text: string, port: number): void {
    if (!this.drop(text)) {
      this.#socket.send(text, port, '127.0.0.1');
    }
  }

  close(): void {
    this.#socket.close();
  }

  #datagram(data: Buffer, from: RemoteInfo): void {
    const message = parseMessage(data);
    if (this.drop(message)) {
      return;
    }
    const text = data.toString('latin1');
    const isCopy = this.#heard.has(text);
    if (isCopy) {
      this.#copies += 1;
    } else {
      this.#heard.add(text);
      this.received.push(message);
    }
    if (this.answersPings && isRequest(message) && /^(OPTIONS|REGISTER)$/.test(message.method)) {
      this.send(serializeMessage(makeResponse(message, 200, { toTag: 'ping' })), from.port);
    } else if (!isCopy) {
      this.#inbox.add(message, from);
    }
  }
}

export type Reply = (
  status: number,
  options?: {
    readonly body?: string;
    readonly headers?: readonly (readonly [string, string])[];
    readonly reason?: string;
  },
) => void;

/** A phone's description; `formats` by payload type. */
export function phoneSdp(formats = '0 8 101', lines: readonly string[] = []): string {
  return [
    'v=0',
    'o=- 1 1 IN IP4 127.0.0.1',
    's=-',
    'c=IN IP4 127.0.0.1',
    't=0 0',
    `m=audio 40000 RTP/AVP ${formats}`,
    'a=rtpmap:101 telephone-event/8000',
    ...lines,
    '',
  ].join('\r\n');
}
