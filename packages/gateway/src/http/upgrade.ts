import { STATUS_CODES } from 'node:http';
import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Logger } from 'pino';
import { WebSocketServer } from 'ws';
import type { Guard } from '../guard.ts';
import type { SocketContext } from '../signaling/ports.ts';
import type { WebSocket } from 'ws';
import type { AddressResolver } from './addresses.ts';
import type { ConnectionLimits } from './connection-limits.ts';
import type { OriginPolicy } from './origins.ts';

interface Place {
  readonly address: string;
  readonly port: number;
}

/** Takes over a WebSocket that speaks SIP (RFC 7118). */
export type TakeSip = (
  socket: WebSocket,
  protocol: 'WS' | 'WSS',
  ends: { readonly local: Place; readonly remote: Place },
) => void;

/** Where SIP is spoken; every other path is Verto's. */
const SIP_PATH = '/sip';
const SIP_FRAME_BYTES = 65_535;

export interface UpgradeDeps {
  readonly limits: ConnectionLimits;
  readonly origins: OriginPolicy;
  readonly addresses: AddressResolver;
  readonly frameBytes: number;
  readonly logger: Logger;
  readonly guard: Guard;
  /** Counts a refusal. */
  readonly onRefused: (reason: string) => void;
  readonly onSocket: (socket: WebSocket, context: SocketContext) => void;
  /** Takes over what comes to `/sip`; absent: that path is one like every other. */
  readonly takeSip?: TakeSip;
  /** Pages reach us by TLS. */
  readonly isSecure?: boolean;
  /** Asked while draining: whether a client with this `voice_sdk_id` has calls here to come back to. */
  readonly admits: (voiceSdkId: string | null) => boolean;
}

/**
 * Turns HTTP requests into WebSockets, on any path (wire spec 21, item 1), after `Host`, `Origin` and the limits of the
 * peer's address were looked at. Nothing is kept of a request that is refused.
 */
export class Upgrader {
  readonly #deps: UpgradeDeps;
  readonly #server: Server;
  readonly #wss: WebSocketServer;
  readonly #sip: WebSocketServer;
  readonly #sockets = new Set<Duplex>();
  readonly #listener: (request: IncomingMessage, socket: Duplex, head: Buffer) => void;
  #draining = false;
  #nextId = 1;

  constructor(server: Server, deps: UpgradeDeps) {
    this.#deps = deps;
    this.#server = server;
    this.#wss = new WebSocketServer({
      noServer: true,
      clientTracking: false,
      // Frames are small and answered at once; compressing each costs more time and memory than it saves.
      perMessageDeflate: false,
      maxPayload: deps.frameBytes,
      handleProtocols: () => false,
    });
    this.#sip = new WebSocketServer({
      noServer: true,
      clientTracking: false,
      perMessageDeflate: false,
      maxPayload: SIP_FRAME_BYTES,
      handleProtocols: () => 'sip',
    });
    this.#listener = (request, socket, head) => {
      deps.guard.run(
        'upgrade',
        () => {
          this.#upgrade(request, socket, head);
        },
        () => socket.destroy(),
      );
    };
    server.on('upgrade', this.#listener);
  }

  /** From now on every new socket is refused with 503, but those of clients whose calls are still here. */
  drain(): void {
    this.#draining = true;
  }

  /** Cuts what is still open. Idempotent. */
  close(): void {
    this.#draining = true;
    this.#server.off('upgrade', this.#listener);
    this.#wss.close();
    this.#sip.close();
    for (const socket of this.#sockets) {
      socket.destroy();
    }
    this.#sockets.clear();
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    // A reset before `ws` takes over would otherwise be an unhandled error.
    const onError = (): void => {
      socket.destroy();
    };
    socket.on('error', onError);
    const { origin, host } = request.headers;
    const url = URL.parse(request.url ?? '/', 'http://gateway.invalid');
    if (this.#draining && !this.#deps.admits(url?.searchParams.get('voice_sdk_id') ?? null)) {
      this.#refuse(socket, 503, 'draining', 'The gateway is stopping', 2);
      return;
    }
    const verdict = this.#deps.origins.check(origin, host);
    if (!verdict.ok) {
      this.#deps.logger.warn({ origin, host }, `A socket was refused: ${verdict.message}`);
      this.#refuse(socket, 403, verdict.reason, verdict.message);
      return;
    }
    if (url === null) {
      this.#refuse(socket, 400, 'url', 'The address does not parse');
      return;
    }
    const takeSip = url.pathname === SIP_PATH ? this.#deps.takeSip : undefined;
    if (
      takeSip &&
      !/(^|[\s,])sip([\s,]|$)/i.test(request.headers['sec-websocket-protocol'] ?? '')
    ) {
      this.#refuse(socket, 400, 'subprotocol', 'The subprotocol of /sip is sip (RFC 7118)');
      return;
    }
    const address = this.#deps.addresses.address(request);
    const admission = this.#deps.limits.admit(address);
    if (!admission.ok) {
      const status = admission.reason === 'full' ? 503 : 429;
      this.#deps.logger.warn(
        { address, reason: admission.reason },
        'A socket was refused: too many',
      );
      this.#refuse(
        socket,
        status,
        admission.reason,
        'Too many connections',
        admission.retryAfterSeconds,
      );
      return;
    }
    this.#sockets.add(socket);
    socket.once('close', () => {
      this.#sockets.delete(socket);
      admission.leave();
    });
    if (takeSip) {
      const { localAddress = '', localPort = 0, remotePort = 0 } = request.socket;
      const ends = {
        local: { address: localAddress, port: localPort },
        remote: { address, port: remotePort },
      };
      this.#sip.handleUpgrade(request, socket, head, (websocket) => {
        socket.off('error', onError);
        takeSip(websocket, this.#deps.isSecure === true ? 'WSS' : 'WS', ends);
      });
      return;
    }
    const userAgent = request.headers['user-agent'];
    const context: SocketContext = {
      id: `s${String(this.#nextId++)}`,
      address,
      query: url.searchParams,
      ...(origin === undefined ? {} : { origin }),
      ...(host === undefined ? {} : { host }),
      ...(userAgent === undefined ? {} : { userAgent: userAgent.slice(0, 256) }),
    };
    this.#wss.handleUpgrade(request, socket, head, (websocket) => {
      socket.off('error', onError);
      this.#deps.onSocket(websocket, context);
    });
  }

  #refuse(
    socket: Duplex,
    status: number,
    reason: string,
    message: string,
    retryAfterSeconds?: number,
  ): void {
    this.#deps.onRefused(reason);
    const body = `${JSON.stringify({ error: reason, message })}\n`;
    const lines = [
      `HTTP/1.1 ${String(status)} ${STATUS_CODES[status] ?? ''}`,
      'Connection: close',
      'Content-Type: application/json',
      `Content-Length: ${String(Buffer.byteLength(body))}`,
      ...(retryAfterSeconds === undefined ? [] : [`Retry-After: ${String(retryAfterSeconds)}`]),
    ];
    socket.once('finish', () => {
      socket.destroy();
    });
    socket.end(`${lines.join('\r\n')}\r\n\r\n${body}`);
  }
}
