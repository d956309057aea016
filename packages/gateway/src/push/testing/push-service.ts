import { createECDH, createDecipheriv, createPublicKey, hkdfSync, randomBytes } from 'node:crypto';
import { createServer, request as requestSecure } from 'node:https';
import type { Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { jwtVerify } from 'jose';
import type { SenderDeps } from '../sender.ts';

/** What a push service was sent, as its browser gets it. */
export interface Delivered {
  readonly payload: Record<string, unknown>;
  readonly ttl: number;
  readonly urgency: string | undefined;
  readonly topic: string | undefined;
  /** Of the VAPID token (RFC 8292). */
  readonly subject: string | undefined;
}

/** A browser's subscription, with the private key that only it has. */
export class Browser {
  readonly path = `/send/${randomBytes(24).toString('base64url')}`;
  readonly #ecdh = createECDH('prime256v1');
  readonly #auth = randomBytes(16);
  readonly #origin: string;

  constructor(origin: string) {
    this.#origin = origin;
    this.#ecdh.generateKeys();
  }

  /** As `PushSubscription.toJSON()` gives it. */
  get subscription(): {
    readonly endpoint: string;
    readonly keys: { readonly p256dh: string; readonly auth: string };
  } {
    return {
      endpoint: `${this.#origin}${this.path}`,
      keys: {
        p256dh: this.#ecdh.getPublicKey('base64url'),
        auth: this.#auth.toString('base64url'),
      },
    };
  }

  /** RFC 8188, 2 and RFC 8291, 3.4; one record. */
  decrypt(body: Buffer): string {
    const salt = body.subarray(0, 16);
    const keyLength = body.readUInt8(20);
    const sender = body.subarray(21, 21 + keyLength);
    const sealed = body.subarray(21 + keyLength);
    if (sealed.length > body.readUInt32BE(16)) {
      throw new Error('more than one record');
    }
    const info = Buffer.concat([Buffer.from('WebPush: info\0'), this.#ecdh.getPublicKey(), sender]);
    const secret = this.#ecdh.computeSecret(sender);
    const input = Buffer.from(hkdfSync('sha256', secret, this.#auth, info, 32));
    const derive = (name: string, length: number): Buffer =>
      Buffer.from(hkdfSync('sha256', input, salt, `Content-Encoding: ${name}\0`, length));
    const decipher = createDecipheriv('aes-128-gcm', derive('aes128gcm', 16), derive('nonce', 12));
    decipher.setAuthTag(sealed.subarray(-16));
    const plain = Buffer.concat([decipher.update(sealed.subarray(0, -16)), decipher.final()]);
    const end = plain.lastIndexOf(2);
    if (end === -1 || plain.subarray(end + 1).some((byte) => byte !== 0)) {
      throw new Error('no end of the record');
    }
    return plain.subarray(0, end).toString();
  }
}

/**
 * A push service on this machine that takes nothing which a real one would not: each message must carry a VAPID token that its key has
 * signed (RFC 8292), a TTL (RFC 8030), and decrypt with the browser's key (RFC 8291).
 */
export class PushService {
  readonly delivered: Delivered[] = [];
  /** Why a message was refused. */
  readonly refused: string[] = [];
  /** What is answered, by the path of a browser; 201 otherwise. */
  readonly answers = new Map<string, number[]>();
  readonly #server: Server;
  readonly #browsers = new Map<string, Browser>();
  readonly #applicationKey: () => string;
  readonly #certificate: string;

  private constructor(server: Server, certificate: string, applicationKey: () => string) {
    this.#server = server;
    this.#certificate = certificate;
    this.#applicationKey = applicationKey;
    server.on('request', (request, response) => {
      const parts: Buffer[] = [];
      request.on('data', (part: Buffer) => parts.push(part));
      request.on('end', () => {
        const { url = '', headers } = request;
        this.#take(url, headers, Buffer.concat(parts)).then(
          (status) => response.writeHead(status).end(),
          (error: unknown) => {
            this.refused.push(String(error));
            response.writeHead(400).end();
          },
        );
      });
    });
  }

  /**
   * @param applicationKey the VAPID key that browsers were subscribed with
   * @param tls for `localhost`, PEM texts
   */
  static async start(
    applicationKey: () => string,
    tls: { readonly cert: string; readonly key: string },
  ): Promise<PushService> {
    const server = createServer({ ...tls });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return new PushService(server, tls.cert, applicationKey);
  }

  get origin(): string {
    return `https://localhost:${String((this.#server.address() as AddressInfo).port)}`;
  }

  browser(): Browser {
    const browser = new Browser(this.origin);
    this.#browsers.set(browser.path, browser);
    return browser;
  }

  /** Posts as the gateway does, and trusts this server's certificate. */
  readonly post: SenderDeps['post'] = ({ url, headers, body, signal, lookup }) =>
    new Promise((resolve, reject) => {
      const options = { method: 'POST', headers, signal, ca: this.#certificate };
      const request = requestSecure(url, { ...options, ...(lookup && { lookup }) }, resolve);
      request.on('error', reject);
      request.end(body);
    });

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #take(
    path: string,
    headers: NodeJS.Dict<string | string[]>,
    body: Buffer,
  ): Promise<number> {
    const browser = this.#browsers.get(path);
    if (!browser) {
      return 404;
    }
    const [, token = '', key = ''] =
      /^vapid t=([^,]+), ?k=([\w-]+)$/.exec(String(headers['authorization'])) ?? [];
    if (key !== this.#applicationKey()) {
      throw new Error('the key is not that of the subscription');
    }
    const { payload: claims } = await jwtVerify(token, publicKeyOf(key), {
      audience: this.origin,
      algorithms: ['ES256'],
    });
    if ((claims.exp ?? Infinity) * 1000 > Date.now() + 24 * 3_600_000) {
      throw new Error('the token lasts longer than a day');
    }
    if (headers['content-encoding'] !== 'aes128gcm' || !/^\d+$/.test(String(headers['ttl']))) {
      throw new Error('no aes128gcm, or no TTL');
    }
    const status = this.answers.get(path)?.shift() ?? 201;
    if (status === 201) {
      this.delivered.push({
        payload: JSON.parse(browser.decrypt(body)) as Record<string, unknown>,
        ttl: Number(headers['ttl']),
        urgency: headers['urgency'] as string | undefined,
        topic: headers['topic'] as string | undefined,
        subject: claims.sub,
      });
    }
    return status;
  }
}

function publicKeyOf(key: string): ReturnType<typeof createPublicKey> {
  const point = Buffer.from(key, 'base64url');
  return createPublicKey({
    format: 'jwk',
    key: {
      kty: 'EC',
      crv: 'P-256',
      x: point.subarray(1, 33).toString('base64url'),
      y: point.subarray(33, 65).toString('base64url'),
    },
  });
}
