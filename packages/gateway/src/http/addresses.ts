import type { IncomingMessage } from 'node:http';
import proxyAddr from '@fastify/proxy-addr';

/** Finds the client's address: the socket's own, or what a trusted proxy says. */
export class AddressResolver {
  readonly #trust: (address: string, hop: number) => boolean;
  readonly #trustsProxies: boolean;

  constructor(trustedProxies: readonly string[]) {
    this.#trustsProxies = trustedProxies.length > 0;
    this.#trust = proxyAddr.compile([...trustedProxies]);
  }

  /** Whether what comes from there comes for others, as its operator says. */
  isProxy(address: string): boolean {
    return this.#trustsProxies && this.#trust(address, 0);
  }

  address(request: IncomingMessage): string {
    if (request.socket.remoteAddress === undefined) {
      return '';
    }
    return proxyAddr(request, this.#trust);
  }

  /**
   * Whether the request comes from this machine. A forwarding header that nobody vouches for says that it does not: a
   * reverse proxy on loopback that was not named in `trustProxy` must not open what is for loopback only.
   */
  isLocal(request: IncomingMessage): boolean {
    const forwarded =
      request.headers['x-forwarded-for'] !== undefined || request.headers.forwarded !== undefined;
    if (forwarded && !this.#trustsProxies) {
      return false;
    }
    return isLoopback(this.address(request));
  }
}

export function isLoopback(address: string): boolean {
  return address.startsWith('127.') || address === '::1' || /^::ffff:127\./i.test(address);
}

/** Whether a host name, without its port, can only mean this machine (RFC 6761, 6.3). */
export function isLoopbackName(name: string): boolean {
  const plain = name.toLowerCase().replace(/^\[(.*)\]$/, '$1');
  return plain === 'localhost' || plain.endsWith('.localhost') || isLoopback(plain);
}
