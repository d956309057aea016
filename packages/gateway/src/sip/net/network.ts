import { createSocket, type Socket as UdpSocket } from 'node:dgram';
import { createServer, connect as connectTcp, type Server, type Socket } from 'node:net';
import {
  connect as connectTls,
  createServer as createTlsServer,
  type Server as TlsServer,
} from 'node:tls';
import { once } from 'node:events';
import { isIP, isIPv4, isIPv6, type LookupFunction } from 'node:net';
import WebSocket from 'ws';
import type { Guard } from '../../guard.ts';
import { PlacesByAddress } from '../../limits/places-by-address.ts';
import { bracket, parseVia } from '../core/address.ts';
import type { Endpoint, Flow, SipProtocol } from '../core/flow.ts';
import {
  frameLength,
  MAX_MESSAGE_BYTES,
  parseMessage,
  SipParseError,
  withReceived,
  type SipMessage,
  type SipRequest,
  type SipResponse,
} from '../core/message.ts';
import { namingAuthority, readAuthorities } from './authority.ts';

export interface NetworkHandlers {
  /** `from` tells the address that it really came from. */
  message(message: SipMessage, flow: Flow): void;
  /** A message was handed to the network. */
  sent(text: string): void;
  /** What came is no SIP. `answer`: what tells its sender so, where it can be told. */
  malformed(flow: Flow, answer?: SipResponse): void;
  closed(flow: Flow): void;
  /** A datagram could not be sent, which is known some time after. */
  unsent(flow: Flow): void;
  /** Whether a stranger's connection is taken at all. */
  admits(address: string): boolean;
  /** A connection was opened to us. */
  accepted(flow: Flow): void;
  error(error: Error): void;
}

/** PEM texts. */
export interface Certificate {
  readonly cert: string;
  readonly key: string;
}

/** Both ends of a connection. */
interface Ends {
  readonly local: Endpoint;
  readonly remote: Endpoint;
}

export interface ConnectOptions {
  /** Name or address that the certificate must have, and of the WebSocket's Host. */
  readonly name: string;
  readonly path: string;
  /** File with the certificates of the only authorities that may have signed the server's; undefined: the system's. */
  readonly ca?: string | undefined;
}

interface Authorities {
  /** PEM; absent: those of the system. */
  readonly ca?: string;
}

const CONNECT_MS = 5_000;
/** How long a connection for a large request is waited for before it goes as a datagram, and how long that peer is not asked again. */
const STREAM_MS = 2_000;
const NO_STREAM_MS = 300_000;
const MAX_PEERS = 64;
/** Connections of one address by TLS. */
const TLS_PER_ADDRESS = 200;
/** What asks whether a connection lives. */
const KEEP_ALIVE = '\r\n\r\n';
/** A peer that does not read is cut off when this much waits for it. */
const MAX_BUFFERED = 1_048_576;

/** Sockets of SIP: datagrams and connections on one port, and connections that we open. */
export class SipNetwork {
  readonly #guard: Guard;
  readonly #handlers: NetworkHandlers;
  readonly #maxConnections: number;
  readonly #flows = new Set<StreamFlow>();
  /** Connections for large requests, by peer; or until when there is none. */
  readonly #streams = new Map<string, StreamFlow | number>();
  #udp: UdpSocket | null = null;
  #tcp: Server | null = null;
  #tls: TlsServer | null = null;
  readonly #handshakes = new PlacesByAddress(TLS_PER_ADDRESS);
  readonly #tlsSockets = new Set<Socket>();
  #closed = false;

  /**
   * @param guard everything that comes from outside runs under it
   * @param maxConnections at once, those that we open and those that are opened to us
   */
  constructor(guard: Guard, handlers: NetworkHandlers, maxConnections = 256) {
    this.#guard = guard;
    this.#maxConnections = maxConnections;
    this.#handlers = handlers;
  }

  /** The port that datagrams and connections come to. */
  get port(): number {
    return this.#udp?.address().port ?? 0;
  }

  /** @throws Error when the address or the port is not free */
  async listen(address: string, port: number): Promise<void> {
    // Of a port that the system chose for datagrams, connections may have the number already.
    for (let tries = port === 0 ? 10 : 1; ; tries--) {
      try {
        await this.#listen(address, port);
        return;
      } catch (error) {
        const udp = this.#udp;
        this.#udp = null;
        udp?.close();
        if (tries <= 1 || (error as NodeJS.ErrnoException).code !== 'EADDRINUSE') {
          throw error;
        }
      }
    }
  }

  async #listen(address: string, port: number): Promise<void> {
    const udp = createSocket(isIPv6(address) ? 'udp6' : 'udp4');
    this.#udp = udp;
    udp.on('message', (data, from) => {
      this.#guard.run('sip', () => {
        this.#datagram(udp, data, from);
      });
    });
    udp.bind({ address, port, exclusive: true });
    await once(udp, 'listening');
    udp.on('error', (error) => {
      this.#handlers.error(error);
    });
    const tcp = createServer((socket) => {
      this.#guard.run(
        'sip',
        () => {
          this.#accept(socket, 'TCP');
        },
        () => socket.destroy(),
      );
    });
    this.#tcp = tcp;
    tcp.listen({ host: address, port: udp.address().port, exclusive: true });
    await once(tcp, 'listening');
    tcp.on('error', (error) => {
      this.#handlers.error(error);
    });
  }

  /** @throws Error when the port is not free, or the certificate cannot be used */
  async listenTls(address: string, port: number, certificate: Certificate): Promise<void> {
    const tls = createTlsServer(
      { ...certificate, minVersion: 'TLSv1.2', handshakeTimeout: CONNECT_MS },
      (socket) => {
        this.#guard.run(
          'sip',
          () => {
            this.#accept(socket, 'TLS');
          },
          () => socket.destroy(),
        );
      },
    );
    this.#tls = tls;
    tls.maxConnections = this.#maxConnections;
    // Before TLS is agreed on there is no flow: these are bounded and closed apart.
    tls.on('connection', (socket: Socket) => {
      const leave = this.#handshakes.enter(socket.remoteAddress ?? '');
      if (leave === null) {
        socket.destroy();
        return;
      }
      this.#tlsSockets.add(socket);
      socket.once('close', () => {
        this.#tlsSockets.delete(socket);
        leave();
      });
    });
    // Who cannot shake hands is no concern of ours.
    tls.on('tlsClientError', (_error, socket) => socket.destroy());
    tls.listen({ host: address, port, exclusive: true });
    await once(tls, 'listening');
    tls.on('error', (error: Error) => {
      this.#handlers.error(error);
    });
  }

  /** The port of TLS; 0 where there is none. */
  get tlsPort(): number {
    const address = this.#tls?.address();
    return typeof address === 'object' && address !== null ? address.port : 0;
  }

  /** Takes a renewed certificate for connections from now on. */
  setCertificate(certificate: Certificate): void {
    this.#tls?.setSecureContext({ ...certificate, minVersion: 'TLSv1.2' });
  }

  /** Takes a WebSocket over that was opened to us (RFC 7118). `ends`: behind a proxy the peer's own address. */
  acceptWeb(socket: WebSocket, protocol: 'WS' | 'WSS', ends: Ends): void {
    socket.on('error', () => undefined);
    if (this.#closed || this.#flows.size >= this.#maxConnections) {
      socket.terminate();
    } else {
      this.#handlers.accepted(this.#adoptWeb(socket, protocol, ends));
    }
  }

  #accept(socket: Socket, protocol: 'TCP' | 'TLS'): void {
    const from = plain(socket.remoteAddress ?? '');
    if (this.#flows.size >= this.#maxConnections || !this.#handlers.admits(from)) {
      socket.destroy();
    } else {
      this.#handlers.accepted(this.#adopt(socket, protocol));
    }
  }

  /** Whether datagrams can go there: each socket is of one family, and one of IPv6 on every address has both. */
  reaches(address: string): boolean {
    const own = this.#udp?.address();
    if (own?.family === 'IPv6') {
      return isIPv6(address) || own.address === '::';
    }
    return isIPv4(address);
  }

  /** A flow of datagrams to a peer. `streams`: a connection carries what is too large. */
  datagrams(remote: Endpoint, local: Endpoint, streams = false): Flow {
    return this.#udpFlow(remote, local, streams ? () => this.#streamTo(remote, local) : undefined);
  }

  /** Null where there was none a short time ago. */
  #streamTo(remote: Endpoint, local: Endpoint): Flow | null {
    const place = `${bracket(remote.address)}:${String(remote.port)}`;
    const known = this.#streams.get(place);
    if (typeof known === 'number' && performance.now() < known) {
      return null;
    }
    if (typeof known === 'object' && !known.isClosed) {
      return known;
    }
    if (this.#closed || this.#flows.size >= this.#maxConnections) {
      return null;
    }
    const socket = connectTcp({ host: remote.address, port: remote.port });
    const flow = this.#adopt(socket, 'TCP', { remote, local });
    flow.opens();
    socket.setTimeout(STREAM_MS, () => socket.destroy());
    socket.once('connect', () => {
      flow.opened();
      socket.setTimeout(0);
    });
    socket.once('close', () => {
      if (this.#streams.get(place) !== flow) {
        return;
      }
      if (flow.wasOpen) {
        this.#streams.delete(place);
      } else {
        this.#streams.set(place, performance.now() + NO_STREAM_MS);
      }
    });
    for (const oldest of this.#streams.keys()) {
      if (this.#streams.size < MAX_PEERS) {
        break;
      }
      this.#streams.delete(oldest);
    }
    this.#streams.set(place, flow);
    return flow;
  }

  /** Which of our addresses leads to a peer. @throws Error when there is no way */
  async localAddress(remote: string): Promise<string> {
    const probe = createSocket(isIPv6(remote) ? 'udp6' : 'udp4');
    try {
      await new Promise<void>((resolve, reject) => {
        probe.once('error', reject);
        probe.connect(5060, remote, resolve);
      });
      return probe.address().address;
    } finally {
      probe.close();
    }
  }

  /** Opens a connection. @throws Error when there is none within five seconds */
  async connect(
    protocol: Exclude<SipProtocol, 'UDP'>,
    remote: Endpoint,
    options: ConnectOptions,
  ): Promise<Flow> {
    const { name, ca } = options;
    const trusted = ca === undefined ? {} : { ca: readAuthorities(ca) };
    try {
      return protocol === 'WS' || protocol === 'WSS'
        ? await this.#connectWeb(protocol, remote, options, trusted)
        : await this.#connectStream(protocol, remote, name, trusted);
    } catch (error) {
      throw namingAuthority(error, name, ca);
    }
  }

  async #connectStream(
    protocol: 'TCP' | 'TLS',
    remote: Endpoint,
    name: string,
    trusted: Authorities,
  ): Promise<Flow> {
    const signal = AbortSignal.timeout(CONNECT_MS);
    const to = { host: remote.address, port: remote.port };
    // An address is no server name (RFC 6066, 3); the certificate is held against the address then.
    const named = isIP(name) === 0 ? { servername: name } : {};
    const socket =
      protocol === 'TCP' ? connectTcp(to) : connectTls({ ...to, ...named, ...trusted });
    try {
      await once(socket, protocol === 'TCP' ? 'connect' : 'secureConnect', { signal });
    } catch (error) {
      socket.on('error', () => undefined);
      socket.destroy();
      throw error;
    }
    if (this.#closed) {
      socket.destroy();
      throw new Error('SIP is closed');
    }
    return this.#adopt(socket, protocol);
  }

  async #connectWeb(
    protocol: 'WS' | 'WSS',
    remote: Endpoint,
    { name, path }: ConnectOptions,
    trusted: Authorities,
  ): Promise<Flow> {
    const scheme = protocol === 'WS' ? 'ws' : 'wss';
    const url = `${scheme}://${bracket(name)}:${String(remote.port)}${path}`;
    const socket = new WebSocket(url, 'sip', {
      // The name has several addresses, of which this one's turn it is.
      lookup: always(remote.address),
      handshakeTimeout: CONNECT_MS,
      maxPayload: MAX_MESSAGE_BYTES,
      ...trusted,
    });
    socket.on('error', () => undefined);
    await once(socket, 'open');
    if (this.#closed) {
      socket.terminate();
      throw new Error('SIP is closed');
    }
    const under = (socket as unknown as { _socket: Socket })._socket;
    const local = { address: under.localAddress ?? '', port: under.localPort ?? 0 };
    return this.#adoptWeb(socket, protocol, { local, remote });
  }

  #adoptWeb(socket: WebSocket, protocol: 'WS' | 'WSS', { local, remote }: Ends): StreamFlow {
    const flow = new StreamFlow(protocol, local, remote, {
      write: (data) => {
        socket.send(data);
        this.#handlers.sent(data);
      },
      waiting: () => socket.bufferedAmount,
      destroy: () => {
        socket.terminate();
      },
    });
    this.#flows.add(flow);
    socket.on('message', (data, isBinary) => {
      if (isBinary || !Buffer.isBuffer(data)) {
        return;
      }
      // A keep-alive, which is answered (RFC 5626, 4.4.1).
      if (data.length <= KEEP_ALIVE.length) {
        if (data.toString('latin1') === KEEP_ALIVE) {
          flow.send('\r\n');
        }
        return;
      }
      this.#guard.run(
        'sip',
        () => {
          this.#parse(data, flow);
        },
        () => {
          flow.close();
        },
      );
    });
    socket.on('close', () => {
      this.#gone(flow);
    });
    return flow;
  }

  async close(): Promise<void> {
    if (this.#closed) {
      return;
    }
    this.#closed = true;
    for (const flow of this.#flows) {
      flow.close();
    }
    for (const socket of this.#tlsSockets) {
      socket.destroy();
    }
    const tcp = this.#tcp;
    const tls = this.#tls;
    const udp = this.#udp;
    await Promise.all([
      tcp?.listening === true ? new Promise((resolve) => tcp.close(resolve)) : undefined,
      tls?.listening === true ? new Promise((resolve) => tls.close(resolve)) : undefined,
      udp ? new Promise<void>((resolve) => udp.close(resolve)) : undefined,
    ]);
  }

  #datagram(socket: UdpSocket, data: Buffer, from: { address: string; port: number }): void {
    // Keep-alives of either sort (RFC 5626, 3.5; RFC 3261, 7.5).
    if (data.length < 5) {
      return;
    }
    // Nothing can be sent to port 0, and nobody honest sends from it.
    if (from.port === 0) {
      return;
    }
    const { address, port } = socket.address();
    const remote = { address: plain(from.address), port: from.port };
    this.#parse(data, this.#udpFlow(remote, { address, port }));
  }

  #udpFlow(remote: Endpoint, local: Endpoint, overStream?: () => Flow | null): Flow {
    const flow: Flow = {
      protocol: 'UDP',
      isReliable: false,
      local,
      remote,
      isClosed: false,
      send: (data) => {
        const udp = this.#udp;
        if (this.#closed || !udp || !this.reaches(remote.address)) {
          return false;
        }
        const isMapped = isIPv4(remote.address) && udp.address().family === 'IPv6';
        const to = isMapped ? `::ffff:${remote.address}` : remote.address;
        try {
          // Throws where the port is none.
          udp.send(data, remote.port, to, (error) => {
            if (!error) {
              return;
            }
            this.#guard.run('sip', () => {
              this.#handlers.unsent(flow);
            });
          });
        } catch {
          return false;
        }
        this.#handlers.sent(data);
        return true;
      },
      close: () => undefined,
      ...(overStream ? { overStream } : {}),
    };
    return flow;
  }

  /** @param ends of a connection that is still being made, which cannot say them */
  #adopt(socket: Socket, protocol: 'TCP' | 'TLS', ends?: Ends): StreamFlow {
    socket.setNoDelay(true);
    const { local, remote } = ends ?? {
      local: { address: plain(socket.localAddress ?? ''), port: socket.localPort ?? 0 },
      remote: { address: plain(socket.remoteAddress ?? ''), port: socket.remotePort ?? 0 },
    };
    const flow = new StreamFlow(protocol, local, remote, {
      write: (data) => {
        socket.write(data);
        this.#handlers.sent(data);
      },
      waiting: () => socket.writableLength,
      destroy: () => {
        socket.destroy();
      },
    });
    this.#flows.add(flow);
    let rest: Buffer = Buffer.alloc(0);
    socket.on('data', (data) => {
      this.#guard.run(
        'sip',
        () => {
          rest = this.#cut(rest.length === 0 ? data : Buffer.concat([rest, data]), flow);
        },
        () => {
          flow.close();
        },
      );
    });
    socket.on('error', () => undefined);
    socket.on('close', () => {
      this.#gone(flow);
    });
    return flow;
  }

  /** Serves the messages that are there in full. Returns what is left. */
  #cut(data: Buffer, flow: StreamFlow): Buffer {
    let rest = data;
    for (;;) {
      // Keep-alives between messages (RFC 3261, 7.5); a double one is to be answered (RFC 5626, 4.4.1).
      if (rest.toString('latin1', 0, KEEP_ALIVE.length) === KEEP_ALIVE) {
        flow.send('\r\n');
      }
      while (rest.length >= 2 && rest.readUInt16BE(0) === 0x0d0a) {
        rest = rest.subarray(2);
      }
      let length: number | null;
      try {
        length = rest.length < 2 ? null : frameLength(rest);
      } catch {
        // Where the next message begins cannot be known any more.
        this.#handlers.malformed(flow);
        flow.close();
        return Buffer.alloc(0);
      }
      if (length === null || rest.length < length) {
        return rest;
      }
      this.#parse(rest.subarray(0, length), flow);
      rest = rest.subarray(length);
    }
  }

  #gone(flow: StreamFlow): void {
    this.#flows.delete(flow);
    flow.gone();
    this.#guard.run('sip', () => {
      this.#handlers.closed(flow);
    });
  }

  #parse(data: Buffer, flow: Flow): void {
    let message: SipMessage;
    try {
      message = parseMessage(data);
    } catch (error) {
      this.#handlers.malformed(flow, error instanceof SipParseError ? error.answer : undefined);
      return;
    }
    if (message.kind === 'response') {
      this.#handlers.message(message, flow);
      return;
    }
    const port = flow.isReliable ? flow.remote.port : answerPort(message, flow.remote);
    const back =
      port === flow.remote.port ? flow : this.#udpFlow({ ...flow.remote, port }, flow.local);
    this.#handlers.message(withReceived(message, flow.remote), back);
  }
}

interface Stream {
  write(data: string): void;
  waiting(): number;
  destroy(): void;
}

class StreamFlow implements Flow {
  readonly protocol: SipProtocol;
  readonly isReliable = true;
  readonly local: Endpoint;
  readonly remote: Endpoint;
  readonly #stream: Stream;
  #isClosed = false;
  #wasOpen = true;

  constructor(protocol: SipProtocol, local: Endpoint, remote: Endpoint, stream: Stream) {
    this.protocol = protocol;
    this.local = local;
    this.remote = remote;
    this.#stream = stream;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  get wasOpen(): boolean {
    return this.#wasOpen;
  }

  /** The connection is being opened, and may never be. */
  opens(): void {
    this.#wasOpen = false;
  }

  opened(): void {
    this.#wasOpen = true;
  }

  /** The connection is gone. */
  gone(): void {
    this.#isClosed = true;
  }

  send(data: string): boolean {
    if (this.#isClosed) {
      return false;
    }
    if (this.#stream.waiting() > MAX_BUFFERED) {
      this.close();
      return false;
    }
    try {
      this.#stream.write(data);
    } catch {
      // A WebSocket that is closing throws.
      this.close();
      return false;
    }
    return true;
  }

  close(): void {
    this.#stream.destroy();
  }
}

/**
 * The port that answers to a datagram go to: where it came from if it asks for that (RFC 3581), else the port that its Via names (RFC
 * 3261, 18.2.2): some send from one port and listen on another. Who names an address that is not his is behind a NAT, whatever he asks.
 */
function answerPort({ headers }: SipRequest, from: Endpoint): number {
  const via = parseVia(headers.get('Via') ?? '');
  if (!via || via.parameters.has('rport')) {
    return from.port;
  }
  return isIP(via.host) !== 0 && via.host !== from.address ? from.port : (via.port ?? 5060);
}

/** Looks every name up as one address. */
function always(address: string): LookupFunction {
  const family = isIP(address);
  return (_name, options, found) => {
    if (options.all === true) {
      found(null, [{ address, family }]);
    } else {
      found(null, address, family);
    }
  };
}

/** Without the prefix of IPv4 in IPv6. */
function plain(address: string): string {
  return address.replace(/^::ffff:(?=\d+\.)/, '');
}
