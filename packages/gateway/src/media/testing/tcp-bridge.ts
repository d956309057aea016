import { createSocket } from 'node:dgram';
import type { Socket as UdpSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { FrameReader, frame } from '../embedded/tcp/frames.ts';

/**
 * Gives werift, which speaks UDP only, a way over TCP: each of its sockets becomes a connection of RFC 6544. Between it and the bridge
 * are nothing but loopback datagrams.
 */
export class TcpBridge {
  readonly connections: Socket[] = [];
  readonly #udp: UdpSocket;
  readonly #ways = new Map<string, Socket>();

  private constructor(udp: UdpSocket) {
    this.#udp = udp;
  }

  static async open(): Promise<TcpBridge> {
    const udp = createSocket('udp4');
    udp.bind(0, '127.0.0.1');
    await once(udp, 'listening');
    return new TcpBridge(udp);
  }

  /** The description with its candidates over UDP taken away, and those over TCP replaced by the bridge. */
  through(sdp: string): string {
    const candidate = /^a=candidate:\S+ 1 tcp (\d+) (\S+) (\d+) typ host tcptype passive/m.exec(
      sdp,
    );
    if (!candidate) {
      throw new Error('no candidate over TCP');
    }
    const [, priority = '', address = '', port = ''] = candidate;
    this.#udp.on('message', (data, from) => {
      const key = String(from.port);
      let way = this.#ways.get(key);
      if (!way) {
        way = this.#open(Number(port), address, from.port);
        this.#ways.set(key, way);
      }
      way.write(frame(data));
    });
    const own = `a=candidate:1 1 udp ${priority} 127.0.0.1 ${String(this.#udp.address().port)} typ host\r\n`;
    return sdp
      .replaceAll(/^a=candidate:.*\r\n/gm, '')
      .replace(/^a=end-of-candidates\r\n/m, `${own}a=end-of-candidates\r\n`);
  }

  #open(port: number, address: string, back: number): Socket {
    const socket = connect(port, address);
    socket.setNoDelay(true);
    const reader = new FrameReader();
    socket.on('data', (bytes: Buffer) => {
      reader.push(bytes, (packet) => {
        this.#udp.send(Buffer.from(packet), back, '127.0.0.1');
      });
    });
    socket.on('error', () => undefined);
    this.connections.push(socket);
    return socket;
  }

  close(): void {
    for (const socket of this.connections) {
      socket.destroy();
    }
    this.#udp.close();
  }
}
