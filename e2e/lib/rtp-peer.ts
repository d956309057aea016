import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';

/** Of one packet by RTP (RFC 3550), and of the event in it where it is one (RFC 4733). */
export interface RtpPacket {
  readonly marker: boolean;
  readonly type: number;
  readonly sequence: number;
  readonly timestamp: number;
  readonly payload: Buffer;
}

export interface RtpEvent {
  readonly code: number;
  readonly end: boolean;
  readonly duration: number;
}

/** A UDP port of loopback that speaks RTP as a test says, packet by packet. */
export class RtpPeer {
  readonly heard: RtpPacket[] = [];
  readonly #socket: Socket;
  #sequence = 0;

  static async open(): Promise<RtpPeer> {
    const socket = createSocket('udp4').bind(0, '127.0.0.1');
    await once(socket, 'listening');
    return new RtpPeer(socket);
  }

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('message', (data) => {
      const type = data.readUInt8(1);
      this.heard.push({
        marker: type > 127,
        type: type & 127,
        sequence: data.readUInt16BE(2),
        timestamp: data.readUInt32BE(4),
        payload: data.subarray(12),
      });
    });
  }

  get port(): number {
    return this.#socket.address().port;
  }

  send(port: number, type: number, timestamp: number, payload: Buffer): void {
    const head = Buffer.alloc(12);
    head.writeUInt8(0x80, 0);
    head.writeUInt8(type, 1);
    head.writeUInt16BE(++this.#sequence, 2);
    head.writeUInt32BE(timestamp, 4);
    head.writeUInt32BE(7, 8);
    this.#socket.send(Buffer.concat([head, payload]), port, '127.0.0.1');
  }

  sendEvent(port: number, type: number, timestamp: number, event: RtpEvent): void {
    const payload = Buffer.alloc(4);
    payload.writeUInt8(event.code, 0);
    payload.writeUInt8((event.end ? 0x80 : 0) | 10, 1);
    payload.writeUInt16BE(event.duration, 2);
    this.send(port, type, timestamp, payload);
  }

  close(): void {
    this.#socket.close();
  }
}

export const eventOf = ({ payload }: RtpPacket): RtpEvent => ({
  code: payload.readUInt8(0),
  end: (payload.readUInt8(1) & 0x80) !== 0,
  duration: payload.readUInt16BE(2),
});
