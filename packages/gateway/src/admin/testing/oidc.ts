import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { SignJWT, exportJWK, generateKeyPair } from 'jose';
import type { JWTPayload } from 'jose';
import { Provider } from 'oidc-provider';

export const CLIENT = {
  clientId: 'offhook',
  clientSecret: 'secret-of-the-gateway-at-the-provider',
};

/** Where browsers know the gateway of the test. */
export const PUBLIC = 'http://phone.localhost:8080';

/** A provider that others wrote (oidc-provider), with its own pages for signing in. */
export class RealProvider {
  readonly issuer: string;
  readonly #server: Server;

  private constructor(issuer: string, server: Server) {
    this.issuer = issuer;
    this.#server = server;
  }

  /** @param claims of everybody, beside `sub`, which is the name that was typed */
  static async start(claims: Readonly<Record<string, unknown>>): Promise<RealProvider> {
    const server = createServer();
    const issuer = await listen(server);
    const provider = new Provider(issuer, {
      clients: [
        {
          client_id: CLIENT.clientId,
          client_secret: CLIENT.clientSecret,
          redirect_uris: [`${PUBLIC}/oidc/callback`],
          post_logout_redirect_uris: [`${PUBLIC}/quality/sign-in`],
        },
      ],
      claims: { openid: ['sub', ...Object.keys(claims)] },
      conformIdTokenClaims: false,
      cookies: { keys: ['a key of this test only'] },
      findAccount: (_ctx, id) => ({ accountId: id, claims: () => ({ ...claims, sub: id }) }),
      ttl: { IdToken: 600 },
    });
    const handle = provider.callback();
    server.on('request', (request, response) => void handle(request, response));
    return new RealProvider(issuer, server);
  }

  /** Signs in at its pages as a browser does. @returns where it sends the browser at the end */
  async signIn(start: string, user: string): Promise<URL> {
    const cookies = new Map<string, string>();
    let url = new URL(start);
    let form: Record<string, string> | null = null;
    for (let step = 0; step < 12; step += 1) {
      const response = await fetch(url, {
        method: form === null ? 'GET' : 'POST',
        redirect: 'manual',
        headers: { cookie: [...cookies].map((pair) => pair.join('=')).join('; ') },
        ...(form === null ? {} : { body: new URLSearchParams(form) }),
      });
      const page = await response.text();
      for (const line of response.headers.getSetCookie()) {
        const [name = '', value = ''] = (line.split(';')[0] ?? '').split('=');
        cookies.set(name, value);
      }
      const location = response.headers.get('location');
      if (location !== null) {
        url = new URL(location, url);
        form = null;
        if (url.origin === PUBLIC) {
          return url;
        }
      } else {
        const prompt = /name="prompt" value="(\w+)"/.exec(page)?.[1];
        if (prompt === undefined) {
          throw new Error(`The provider shows ${String(response.status)} ${page.slice(0, 2000)}`);
        }
        form = prompt === 'login' ? { prompt, login: user, password: 'any' } : { prompt };
      }
    }
    throw new Error('The provider leads nowhere');
  }

  close(): Promise<void> {
    return close(this.#server);
  }
}

/** A provider that gives out whatever ID token a test wants. */
export class FalseProvider {
  readonly issuer: string;
  readonly #server: Server;
  /** Claims of the next ID token, over those of a valid one. */
  claims: JWTPayload = {};
  /** Signs with a key that its key set does not name. */
  wrongKey = false;
  /** What it says of itself, over what is right. */
  metadata: Readonly<Record<string, unknown>> = {};
  /** How often it was asked of itself. */
  discoveries = 0;
  /** It fails with every request. */
  down = false;
  /** The body of the last request for tokens. */
  asked = new URLSearchParams();

  private constructor(issuer: string, server: Server) {
    this.issuer = issuer;
    this.#server = server;
  }

  static async start(): Promise<FalseProvider> {
    const server = createServer();
    const provider = new FalseProvider(await listen(server), server);
    const [key, other] = [await generateKeyPair('RS256'), await generateKeyPair('RS256')];
    const jwks = { keys: [{ ...(await exportJWK(key.publicKey)), kid: 'one', alg: 'RS256' }] };
    const { issuer } = provider;
    const answer = async (path: string, body: string): Promise<unknown> => {
      switch (path) {
        case '/.well-known/openid-configuration':
          provider.discoveries += 1;
          return {
            issuer,
            authorization_endpoint: `${issuer}/auth`,
            token_endpoint: `${issuer}/token`,
            jwks_uri: `${issuer}/jwks`,
            response_types_supported: ['code'],
            subject_types_supported: ['public'],
            id_token_signing_alg_values_supported: ['RS256'],
            ...provider.metadata,
          };
        case '/jwks':
          return jwks;
        default: {
          provider.asked = new URLSearchParams(body);
          const now = Math.floor(Date.now() / 1000);
          const usual = { iss: issuer, aud: CLIENT.clientId, sub: 'ann', iat: now, exp: now + 300 };
          const signer = new SignJWT({ ...usual, ...provider.claims });
          signer.setProtectedHeader({ alg: 'RS256', kid: 'one' });
          const { privateKey } = provider.wrongKey ? other : key;
          const id_token = await signer.sign(privateKey);
          return { access_token: 'x', token_type: 'Bearer', id_token };
        }
      }
    };
    server.on('request', (request, response) => {
      let body = '';
      request.on('data', (chunk: Buffer) => (body += chunk.toString()));
      request.on('end', () => {
        void answer(request.url ?? '', body).then((told) => {
          response.writeHead(provider.down ? 503 : 200, { 'content-type': 'application/json' });
          response.end(provider.down ? '{}' : JSON.stringify(told));
        });
      });
    });
    return provider;
  }

  close(): Promise<void> {
    return close(this.#server);
  }
}

async function listen(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
}

async function close(server: Server): Promise<void> {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
}
