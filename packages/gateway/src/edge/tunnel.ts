import { request as httpRequest } from 'node:http';
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { Duplex } from 'node:stream';

/**
 * Carries one WebSocket upgrade to an upstream, byte for byte. Our own rather than a proxy library's, which accept the browser's
 * socket before the upstream has: a browser must see "open" only when a gateway took the connection, and a refused one must still
 * be free to go to the next gateway.
 */
export type TunnelOutcome =
  | {
      readonly kind: 'open';
      readonly upstream: Duplex;
      readonly head: Buffer;
      readonly response: IncomingMessage;
    }
  /** The upstream answered, but not with an upgrade (a limit, a refused origin). */
  | { readonly kind: 'answered'; readonly response: IncomingMessage }
  | { readonly kind: 'unreachable'; readonly error: Error };

const CONNECT_TIMEOUT_MS = 3000;

/** Never rejects. */
export function openTunnel(
  base: URL,
  path: string,
  headers: IncomingHttpHeaders,
): Promise<TunnelOutcome> {
  return new Promise((resolve) => {
    const request = base.protocol === 'https:' ? httpsRequest : httpRequest;
    const outgoing = request({
      protocol: base.protocol,
      hostname: base.hostname.replace(/^\[|\]$/g, ''),
      port: base.port,
      path,
      headers,
      agent: false,
      timeout: CONNECT_TIMEOUT_MS,
    });
    outgoing.on('upgrade', (response, upstream, head) => {
      upstream.setTimeout(0);
      resolve({ kind: 'open', upstream, head, response });
    });
    outgoing.on('response', (response) => {
      resolve({ kind: 'answered', response });
    });
    outgoing.on('timeout', () => outgoing.destroy(new Error('the gateway did not answer in time')));
    outgoing.on('error', (error) => {
      resolve({ kind: 'unreachable', error });
    });
    outgoing.end();
  });
}

/** Writes the head of the upstream's answer to the browser's socket. */
export function writeHead(socket: Duplex, response: IncomingMessage): void {
  const lines = [`HTTP/1.1 ${String(response.statusCode)} ${response.statusMessage ?? ''}`];
  for (let i = 0; i + 1 < response.rawHeaders.length; i += 2) {
    const name = response.rawHeaders[i] ?? '';
    // A refusal's body reaches us without its chunks, and ends with the connection.
    if (/^transfer-encoding$/i.test(name)) {
      continue;
    }
    lines.push(`${name}: ${response.rawHeaders[i + 1] ?? ''}`);
  }
  socket.write(`${lines.join('\r\n')}\r\n\r\n`);
}

/** A complete error answer on a raw socket, which is then closed. */
export function refuse(socket: Duplex, status: number, error: string, message: string): void {
  const body = JSON.stringify({ error, message });
  const text =
    { 403: 'Forbidden', 502: 'Bad Gateway', 503: 'Service Unavailable' }[status] ?? 'Error';
  socket.end(
    `HTTP/1.1 ${String(status)} ${text}\r\nContent-Type: application/json\r\n` +
      `Content-Length: ${String(Buffer.byteLength(body))}\r\nConnection: close\r\n\r\n${body}`,
  );
}

/** Joins both sockets until either ends; `ended` runs once. */
export function join(a: Duplex, b: Duplex, ended: () => void): void {
  let open = true;
  const end = (): void => {
    if (!open) {
      return;
    }
    open = false;
    a.destroy();
    b.destroy();
    ended();
  };
  for (const socket of [a, b]) {
    socket.on('error', end);
    socket.on('close', end);
  }
  a.pipe(b);
  b.pipe(a);
}
