import { once } from 'node:events';
import { createServer as createHttp } from 'node:http';
import { createServer as createHttps } from 'node:https';
import { createServer as createTcp, type AddressInfo, type Server } from 'node:net';
import type { Duplex } from 'node:stream';
import { createServer as createTls } from 'node:tls';
import { WebSocketServer, type WebSocket } from 'ws';
import {
  frameLength,
  makeResponse,
  parseMessage,
  serializeMessage,
  type SipRequest,
  type SipResponse,
} from '../core/message.ts';
import { Inbox } from './inbox.ts';
import type { Reply } from './sip-peer.ts';

export type StreamTransport = 'tcp' | 'tls' | 'ws' | 'wss';

/** Certificate and key of a server, PEM. */
export interface Identity {
  readonly cert: string;
  readonly key: string;
}

interface Connection {
  send(data: string | Buffer): void;
  drop(): void;
}

/** A SIP element of somebody else that takes connections: it does what a test says, message by message. */
export class StreamPeer {
  /** Connections that there were. */
  connections = 0;
  readonly #server: Server;
  readonly #inbox = new Inbox<Connection>();
  readonly #open = new Set<Connection>();

  private constructor(server: Server) {
    this.#server = server;
  }

  static async open(transport: StreamTransport, identity: Identity, port = 0): Promise<StreamPeer> {
    const server = serverOf(transport, identity);
    const peer = new StreamPeer(server);
    if (transport === 'tcp' || transport === 'tls') {
      server.on(transport === 'tcp' ? 'connection' : 'secureConnection', (socket: Duplex) => {
        peer.#stream(socket);
      });
    } else {
      const web = new WebSocketServer({ noServer: true, handleProtocols: () => 'sip' });
      server.on('upgrade', (request, socket, head) => {
        web.handleUpgrade(request, socket, head, (client) => {
          peer.#web(client);
        });
      });
    }
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    return peer;
  }

  get place(): string {
    return `127.0.0.1:${String((this.#server.address() as AddressInfo).port)}`;
  }

  /** The next request with this method that no `request` has returned yet. */
  async request(method: string): Promise<{ request: SipRequest; reply: Reply }> {
    const { request, from } = await this.#inbox.request(method);
    return {
      request,
      reply: (status, { body = '', headers = [] } = {}) => {
        const type = body === '' ? [] : [['Content-Type', 'application/sdp'] as const];
        const contact = ['Contact', `<sip:peer@${this.place};transport=tcp>`] as const;
        const all = [contact, ...type, ...headers];
        from.send(
          serializeMessage(makeResponse(request, status, { toTag: 'peer', body, headers: all })),
        );
      },
    };
  }

  response(method: string, least = 200): Promise<SipResponse> {
    return this.#inbox.response(method, least);
  }

  /** On the connection that was opened last. */
  send(data: string | Buffer): void {
    [...this.#open].at(-1)?.send(data);
  }

  /** Cuts every connection. */
  drop(): void {
    for (const connection of this.#open) {
      connection.drop();
    }
  }

  close(): void {
    this.drop();
    this.#server.close();
  }

  #stream(socket: Duplex): void {
    let rest: Buffer = Buffer.alloc(0);
    const connection = this.#add({
      send: (data) => {
        socket.write(data);
      },
      drop: () => socket.destroy(),
    });
    socket.on('error', () => undefined);
    socket.on('close', () => this.#open.delete(connection));
    socket.on('data', (data: Buffer) => {
      rest = Buffer.concat([rest, data]);
      for (;;) {
        // Line ends between messages, such as the answer to a keep-alive, are skipped (RFC 3261, 7.5).
        while (rest.length > 1 && rest[0] === 0x0d && rest[1] === 0x0a) {
          rest = rest.subarray(2);
        }
        const length = frameLength(rest);
        if (length === null || rest.length < length) {
          return;
        }
        this.#take(rest.subarray(0, length), connection);
        rest = rest.subarray(length);
      }
    });
  }

  #web(client: WebSocket): void {
    const connection = this.#add({
      send: (data) => {
        client.send(data.toString());
      },
      drop: () => {
        client.terminate();
      },
    });
    client.on('close', () => this.#open.delete(connection));
    client.on('message', (data: Buffer) => {
      this.#take(data, connection);
    });
  }

  #add(connection: Connection): Connection {
    this.connections += 1;
    this.#open.add(connection);
    return connection;
  }

  /** OPTIONS is answered with 200 by itself. */
  #take(data: Buffer, connection: Connection): void {
    const message = parseMessage(data);
    if (message.kind === 'request' && message.method === 'OPTIONS') {
      connection.send(serializeMessage(makeResponse(message, 200, { toTag: 'ping' })));
      return;
    }
    this.#inbox.add(message, connection);
  }
}

function serverOf(transport: StreamTransport, identity: Identity): Server {
  switch (transport) {
    case 'tcp':
      return createTcp();
    case 'tls':
      return createTls(identity);
    case 'ws':
      return createHttp();
    case 'wss':
      return createHttps(identity);
  }
}
