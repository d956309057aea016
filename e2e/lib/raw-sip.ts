import type { RemoteInfo, Socket } from 'node:dgram';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';

/** A SIP element in the raw: datagrams on a port of loopback, as a test writes and reads them. */
export class RawSip {
  /** Requests that came, but for pings. */
  readonly requests: string[] = [];
  /** What an INVITE is answered with, one after another; without any it is not answered. */
  answers: readonly number[] = [];
  readonly #socket: Socket;
  #next: ((text: string) => void) | null = null;

  static async open(port = 0): Promise<RawSip> {
    const socket = createSocket('udp4').bind(port, '127.0.0.1');
    await once(socket, 'listening');
    return new RawSip(socket);
  }

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('message', (data, from) => {
      this.#take(data.toString(), from);
    });
  }

  get port(): number {
    return this.#socket.address().port;
  }

  /** Sends a request, and returns the status and the text of the first answer; null when none comes in a second. */
  async ask(
    port: number,
    method: string,
    uri: string,
    user: string,
    extra: readonly string[] = [],
  ): Promise<{ status: number; text: string } | null> {
    const own = `127.0.0.1:${String(this.port)}`;
    const id = String(Math.random()).slice(2);
    const lines = [
      `${method} ${uri} SIP/2.0`,
      `Via: SIP/2.0/UDP ${own};rport;branch=z9hG4bK${id}`,
      `From: <sip:${user}@sip.example>;tag=${id}`,
      `To: <${method === 'REGISTER' ? `sip:${user}@sip.example` : uri}>`,
      `Call-ID: ${id}`,
      `CSeq: 1 ${method}`,
      `Contact: <sip:${user}@${own}>`,
      'Max-Forwards: 70',
      ...extra,
      'Content-Length: 0',
    ];
    const answer = new Promise<string>((resolve) => {
      this.#next = resolve;
    });
    this.#socket.send(`${lines.join('\r\n')}\r\n\r\n`, port, '127.0.0.1');
    const late = new Promise<null>((resolve) => setTimeout(resolve, 1_000, null));
    const text = await Promise.race([answer, late]);
    this.#next = null;
    return text === null ? null : { status: Number(text.split(' ')[1]), text };
  }

  close(): void {
    this.#socket.close();
  }

  #take(text: string, from: RemoteInfo): void {
    if (text.startsWith('SIP/2.0 ')) {
      this.#next?.(text);
      return;
    }
    const answer = (status: number): void => {
      const kept = text
        .split('\r\n')
        .filter((line) => /^(via|from|to|call-id|cseq|record-route):/i.test(line))
        .map((line) => (/^to:/i.test(line) && !line.includes(';tag=') ? `${line};tag=raw` : line));
      const lines = [`SIP/2.0 ${String(status)} Because`, ...kept, 'Content-Length: 0'];
      this.#socket.send(`${lines.join('\r\n')}\r\n\r\n`, from.port, from.address);
    };
    if (text.startsWith('OPTIONS ')) {
      answer(200);
      return;
    }
    this.requests.push(text);
    if (text.startsWith('INVITE ')) {
      for (const status of this.answers) {
        answer(status);
      }
    }
  }
}
