import { once } from 'node:events';
import { connect as connectTcp, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { onTestFinished } from 'vitest';
import { WebSocket } from 'ws';
import { answerChallenge, chooseChallenge } from '../core/digest.ts';
import { Headers } from '../core/headers.ts';
import {
  frameLength,
  makeResponse,
  parseMessage,
  serializeMessage,
  type SipRequest,
  type SipResponse,
} from '../core/message.ts';
import { REALM } from './accounts.ts';
import { Inbox } from './inbox.ts';

/** A phone, or a page, on one connection to the gateway. */
export class StreamPhone {
  readonly #inbox = new Inbox<undefined>();
  readonly #transport: string;
  readonly #write: (text: string) => void;
  readonly #end: () => void;
  readonly closed: Promise<unknown>;
  /** What is no message, such as the answer to a keep-alive. */
  rest = '';
  #sequence = 0;

  private constructor(transport: string, stream: Socket | WebSocket) {
    this.#transport = transport;
    this.closed = once(stream, 'close');
    stream.on('error', () => undefined);
    if (stream instanceof WebSocket) {
      this.#write = (text) => {
        stream.send(text);
      };
      this.#end = () => {
        stream.terminate();
      };
      stream.on('message', (data: Buffer) => {
        this.#take(data);
      });
    } else {
      this.#write = (text) => stream.write(text);
      this.#end = () => stream.destroy();
      let rest: Buffer = Buffer.alloc(0);
      stream.on('data', (data: Buffer) => {
        rest = Buffer.concat([rest, data]);
        for (;;) {
          const length = frameLength(rest);
          if (length === null || rest.length < length) {
            break;
          }
          this.#take(rest.subarray(0, length));
          rest = rest.subarray(length);
        }
        this.rest = rest.toString('latin1');
      });
    }
    onTestFinished(() => {
      this.end();
    });
  }

  /** @param place of TCP and TLS: a port of the loopback; else a URL */
  static async open(
    transport: 'TCP' | 'TLS' | 'WS' | 'WSS',
    place: number | string,
  ): Promise<StreamPhone> {
    if (typeof place === 'string') {
      const socket = new WebSocket(place, 'sip', { rejectUnauthorized: false });
      const phone = new StreamPhone(transport, socket);
      await once(socket, 'open');
      return phone;
    }
    const to = { host: '127.0.0.1', port: place };
    const socket =
      transport === 'TLS' ? connectTls({ ...to, rejectUnauthorized: false }) : connectTcp(to);
    const phone = new StreamPhone(transport, socket);
    await once(socket, transport === 'TLS' ? 'secureConnect' : 'connect');
    return phone;
  }

  send(text: string): void {
    this.#write(text);
  }

  end(): void {
    this.#end();
  }

  async register(login: string, password: string): Promise<SipResponse> {
    const own = `sip:${login.split('~', 1)[0] ?? ''}@${REALM}`;
    const ask = async (answer: readonly (readonly [string, string])[]): Promise<SipResponse> => {
      const number = String(++this.#sequence);
      const headers = new Headers([
        ['Via', `SIP/2.0/${this.#transport} x.invalid;branch=z9hG4bK-stream-${number}`],
        ['Max-Forwards', '70'],
        ['From', `<${own}>;tag=stream`],
        ['To', `<${own}>`],
        ['Call-ID', `stream-${login}`],
        ['CSeq', `${number} REGISTER`],
        ['Contact', '<sip:me@x.invalid;transport=ws>'],
        ...answer,
      ]);
      const uri = `sip:${REALM}`;
      this.send(serializeMessage({ kind: 'request', method: 'REGISTER', uri, headers, body: '' }));
      return this.#inbox.response('REGISTER', 200);
    };
    const first = await ask([]);
    const challenge = chooseChallenge(first.headers.all('WWW-Authenticate'));
    if (!challenge) {
      return first;
    }
    const credentials = { username: login, password };
    return ask([
      ['Authorization', answerChallenge(challenge, credentials, 'REGISTER', `sip:${REALM}`)],
    ]);
  }

  async request(
    method: string,
  ): Promise<{ request: SipRequest; reply: (status: number, body?: string) => void }> {
    const { request } = await this.#inbox.request(method);
    return {
      request,
      reply: (status, body = '') => {
        const headers: [string, string][] = [['Contact', '<sip:me@x.invalid;transport=ws>']];
        if (body !== '') {
          headers.push(['Content-Type', 'application/sdp']);
        }
        this.send(serializeMessage(makeResponse(request, status, { toTag: 'me', body, headers })));
      },
    };
  }

  #take(data: Buffer): void {
    if (data.length > 4) {
      this.#inbox.add(parseMessage(data), undefined);
    } else {
      this.rest = data.toString('latin1');
    }
  }
}
