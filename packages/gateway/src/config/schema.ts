import { createPublicKey } from 'node:crypto';
import { isIP } from 'node:net';
import * as v from 'valibot';
import { AssistantSchema } from '../assistants/definition.ts';
import { parsePostgresUrl } from '../postgres/address.ts';
import { SipSchema } from '../sip/trunk-schema.ts';

const integer = (min: number, max: number) =>
  v.pipe(
    v.number('must be a number'),
    v.integer('must be a whole number'),
    v.minValue(min, `must be at least ${String(min)}`),
    v.maxValue(max, `must be at most ${String(max)}`),
  );

const text = v.pipe(v.string('must be text'), v.nonEmpty('must not be empty'));
const texts = v.array(text, 'must be a list of texts');
const flag = v.boolean('must be true or false');

const address = v.pipe(
  text,
  v.check((value) => isIP(value) !== 0, 'must be an IPv4 or IPv6 address, not a name'),
);

const HOST_NAME =
  /^(?=.{1,253}$)([a-z0-9_]([a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z]([a-z0-9-]{0,61}[a-z0-9])?$/i;
const STUN_SERVER = /^stun:(\[[0-9a-f:.]+\]|[^\s:[\]/?@]+)(:\d{1,5})?$/i;

const publicAddress = v.pipe(
  text,
  v.check(
    (value) => isIP(value) !== 0 || HOST_NAME.test(value) || STUN_SERVER.test(value),
    'must be an IPv4 or IPv6 address, a host name, or stun:host:port',
  ),
);

function isOrigin(value: string): boolean {
  const url = URL.parse(value);
  return url !== null && /^https?:$/.test(url.protocol) && url.origin === value.toLowerCase();
}

const origin = v.pipe(
  text,
  v.check(isOrigin, 'must be an origin such as https://app.example.com, without a path'),
);

const publicUrl = v.pipe(
  text,
  v.check((value) => {
    const url = URL.parse(value);
    return (
      url !== null && /^https?:$/.test(url.protocol) && url.pathname === '/' && url.search === ''
    );
  }, 'must be an http or https address without a path'),
);

const safeUrl = v.pipe(
  text,
  v.check((value) => {
    const url = URL.parse(value);
    if (url === null) {
      return false;
    }
    const loopback = /^(localhost|127\.0\.0\.1|\[::1\])$/.test(url.hostname);
    return url.protocol === 'https:' || (url.protocol === 'http:' && loopback);
  }, 'must be an https address (http only on loopback)'),
);

const redisUrl = v.pipe(
  text,
  v.check((value) => {
    const url = URL.parse(value);
    return (
      url !== null &&
      /^rediss?:$/.test(url.protocol) &&
      url.hostname !== '' &&
      url.username === '' &&
      url.password === '' &&
      /^(\/\d{0,4})?$/.test(url.pathname)
    );
  }, 'must look like redis://host:6379 or rediss://host:6379 (TLS), with the name and password in redis.username and redis.password'),
);

const pushSubject = v.pipe(
  text,
  v.check((value) => {
    const url = URL.parse(value);
    return url?.protocol === 'https:' || (url?.protocol === 'mailto:' && value.includes('@'));
  }, 'must be mailto: with an address, or an https address'),
);

const turnUrl = v.pipe(
  text,
  v.regex(
    /^turns?:[^\s:/?@]+(:\d{1,5})?(\?transport=(udp|tcp))?$|^turns?:\[[0-9a-f:.]+\](:\d{1,5})?(\?transport=(udp|tcp))?$/i,
    'must look like turn:host:port?transport=udp',
  ),
);

const iceServer = v.strictObject({
  urls: v.union(
    [text, v.pipe(texts, v.minLength(1, 'must not be empty'))],
    'must be an address or a list of them',
  ),
  username: v.exactOptional(text),
  credential: v.exactOptional(text),
});

const publicKey = v.pipe(
  text,
  v.check(
    (pem) => publicKeyAlgorithm(pem) !== null,
    'must be a PEM public key: RSA of 2048 bits or more, P-256 or Ed25519',
  ),
);

export const JWT_ALGORITHMS = ['HS256', 'RS256', 'ES256', 'EdDSA'] as const;
export type JwtAlgorithm = (typeof JWT_ALGORITHMS)[number];

/** The one algorithm that a public key may verify; null when the text is no key that we take. */
export function publicKeyAlgorithm(pem: string): Exclude<JwtAlgorithm, 'HS256'> | null {
  // A private key would be accepted by createPublicKey; asking for it here would be a leak waiting to happen.
  if (!pem.includes('PUBLIC KEY') && !pem.includes('CERTIFICATE')) {
    return null;
  }
  try {
    const key = createPublicKey(pem);
    const details = key.asymmetricKeyDetails;
    if (key.asymmetricKeyType === 'ed25519') {
      return 'EdDSA';
    }
    if (key.asymmetricKeyType === 'ec') {
      return details?.namedCurve === 'prime256v1' ? 'ES256' : null;
    }
    if (key.asymmetricKeyType === 'rsa') {
      return (details?.modulusLength ?? 0) >= 2048 ? 'RS256' : null;
    }
    return null;
  } catch {
    return null;
  }
}

const jwt = v.strictObject({
  secrets: v.optional(
    v.array(
      v.pipe(
        v.string('must be text'),
        v.check((value) => Buffer.byteLength(value) >= 32, 'must be 32 bytes or more'),
      ),
      'must be a list of secrets',
    ),
    [],
  ),
  publicKeys: v.optional(v.array(publicKey, 'must be a list of PEM keys'), []),
  jwksUrl: v.exactOptional(safeUrl),
  issuer: v.optional(texts, []),
  audience: v.optional(texts, []),
  algorithms: v.optional(
    v.array(v.picklist(JWT_ALGORITHMS, 'must be HS256, RS256, ES256 or EdDSA')),
    [...JWT_ALGORITHMS],
  ),
  clockToleranceSeconds: v.optional(integer(0, 300), 5),
  requireUser: v.optional(flag, false),
});

/** An rtpengine. */
const mediaNode = v.strictObject({
  address,
  port: integer(1, 65_535),
  weight: v.optional(integer(0, 1_000), 1),
});

export const ConfigSchema = v.strictObject({
  host: v.optional(
    v.union([address, v.literal('localhost')], 'must be an IP address or localhost'),
    '127.0.0.1',
  ),
  port: v.optional(integer(0, 65_535), 8080),
  publicUrl: v.exactOptional(publicUrl),
  tls: v.exactOptional(v.strictObject({ cert: text, key: text })),
  trustProxy: v.optional(
    v.array(
      v.pipe(
        text,
        v.check(
          isProxyAddress,
          'must be an address, a network such as 10.0.0.0/8, or loopback, linklocal, uniquelocal',
        ),
      ),
      'must be a list of addresses',
    ),
    [],
  ),
  origins: v.optional(v.array(origin, 'must be a list of origins'), []),
  hosts: v.optional(
    v.array(
      v.pipe(
        text,
        v.regex(/^[^\s/@]+$/, 'must be a host name, with a port when it is not the usual one'),
      ),
    ),
    [],
  ),
  dataDir: v.optional(text, 'offhook-data'),
  web: v.optional(v.strictObject({ root: v.exactOptional(text) }), {}),
  media: v.optional(
    v.strictObject({
      plane: v.optional(
        v.picklist(['embedded', 'rtpengine'], 'must be embedded or rtpengine'),
        'embedded',
      ),
      nodes: v.optional(v.array(mediaNode, 'must be a list of nodes'), []),
      publicAddress: v.optional(v.array(publicAddress, 'must be a list of addresses'), []),
      bind: v.optional(v.array(address, 'must be a list of addresses'), []),
      portMin: v.optional(integer(1024, 65_535), 20_000),
      portMax: v.optional(integer(1024, 65_535), 20_099),
      iceTcp: v.optional(flag, true),
      publicTcpPort: v.exactOptional(integer(1, 65_535)),
      workers: v.exactOptional(integer(1, 256)),
      disconnectedSeconds: v.optional(integer(1, 60), 5),
      failedSeconds: v.optional(integer(2, 600), 30),
    }),
    {},
  ),
  auth: v.optional(
    v.strictObject({ jwt: v.optional(jwt, {}), hashConcurrency: v.optional(integer(1, 16), 2) }),
    {},
  ),
  limits: v.optional(
    v.strictObject({
      frameBytes: v.optional(integer(16_384, 4_194_304), 262_144),
      loginFrameBytes: v.optional(integer(1024, 4_194_304), 16_384),
      framesBeforeLogin: v.optional(integer(4, 100_000), 64),
      waitingPerAddress: v.optional(integer(1, 1_000_000), 250),
      framesPerSecond: v.optional(integer(1, 10_000), 50),
      frameBurst: v.optional(integer(1, 100_000), 200),
      bufferedBytes: v.optional(integer(65_536, 268_435_456), 1_048_576),
      loginSeconds: v.optional(integer(1, 300), 10),
      loginsPerMinute: v.optional(integer(1, 10_000), 30),
      loginFailuresPerMinute: v.optional(integer(1, 100_000), 60),
      apiRequestsPerMinute: v.optional(integer(1, 1_000_000), 600),
      callsPerUser: v.optional(integer(1, 10_000), 16),
      socketsPerUser: v.optional(integer(1, 100_000), 16),
      connections: v.optional(integer(1, 1_000_000), 20_000),
      connectionsPerAddress: v.optional(integer(1, 1_000_000), 500),
      connectsPerSecond: v.optional(integer(1, 100_000), 100),
      httpConnections: v.optional(integer(1, 1_000_000), 5_000),
      httpConnectionsPerAddress: v.optional(integer(1, 1_000_000), 500),
      legPacketsPerSecond: v.optional(integer(60, 100_000), 300),
      legBytesPerSecond: v.optional(integer(10_000, 100_000_000), 200_000),
      legDigitsPerSecond: v.optional(integer(1, 1_000), 20),
      legSources: v.optional(integer(1, 64), 8),
      legsPerThread: v.optional(integer(1, 10_000), 400),
      threadLagMs: v.optional(integer(10, 10_000), 200),
      tcpMediaConnections: v.optional(integer(1, 100_000), 4_096),
      tcpMediaConnectionsPerAddress: v.optional(integer(1, 100_000), 1_000),
    }),
    {},
  ),
  calls: v.optional(
    v.strictObject({
      noAnswerSeconds: v.optional(integer(1, 600), 60),
      parkSeconds: v.optional(integer(0, 3600), 90),
      unansweredParkSeconds: v.optional(integer(0, 3600), 30),
      mediaSilenceSeconds: v.optional(integer(0, 3600), 60),
      pingSeconds: v.optional(integer(1, 120), 15),
    }),
    {},
  ),
  admin: v.optional(
    v.strictObject({
      passwords: v.optional(flag, true),
      oidc: v.exactOptional(
        v.strictObject({
          issuer: v.pipe(
            safeUrl,
            v.check((value) => {
              const url = URL.parse(value);
              return url?.search === '' && url.hash === '' && url.username === '';
            }, 'must be an address without a query, a fragment or a user'),
          ),
          clientId: text,
          clientSecret: text,
          claim: text,
          values: v.pipe(texts, v.minLength(1, 'must not be empty')),
          scopes: v.optional(
            v.pipe(
              texts,
              v.check((list) => list.includes('openid'), 'must hold openid'),
            ),
            ['openid', 'profile', 'email'],
          ),
          name: v.exactOptional(v.pipe(text, v.maxLength(60, 'must be 60 characters or fewer'))),
        }),
      ),
    }),
    {},
  ),
  audit: v.optional(
    v.strictObject({
      days: v.optional(integer(1, 3650), 365),
      entries: v.optional(integer(100, 100_000), 20_000),
    }),
    {},
  ),
  iceServers: v.optional(v.array(iceServer, 'must be a list of RTCIceServer objects'), []),
  turn: v.exactOptional(
    v.strictObject({
      urls: v.pipe(
        v.array(turnUrl, 'must be a list of addresses'),
        v.minLength(1, 'must not be empty'),
      ),
      secret: text,
      ttlSeconds: v.optional(integer(600, 604_800), 43_200),
    }),
  ),
  edge: v.exactOptional(
    v.strictObject({
      node: v.pipe(text, v.regex(/^[a-z0-9][a-z0-9-]{0,62}$/, 'must be a short lower-case name')),
      secret: v.pipe(text, v.minLength(32, 'must be 32 characters or more')),
    }),
  ),
  redis: v.exactOptional(
    v.strictObject({
      url: redisUrl,
      username: v.exactOptional(text),
      password: v.exactOptional(text),
      ca: v.exactOptional(text),
      prefix: v.optional(
        v.pipe(
          text,
          v.regex(/^[\w:.-]{1,64}$/, 'must be up to 64 letters, digits and any of _ : . -'),
        ),
        'offhook:',
      ),
    }),
  ),
  dc: v.optional(text, 'local'),
  region: v.optional(text, 'local'),
  domains: v.optional(v.array(v.pipe(text, v.toLowerCase())), []),
  services: v.optional(
    v.strictObject({
      echo: v.optional(texts, []),
      tone: v.optional(texts, []),
      dtmf: v.optional(texts, []),
    }),
    {},
  ),
  sip: v.exactOptional(SipSchema),
  push: v.optional(
    v.strictObject({
      enabled: v.optional(flag, true),
      subject: v.exactOptional(pushSubject),
      waitSeconds: v.optional(integer(5, 120), 30),
      hosts: v.optional(v.array(v.pipe(text, v.toLowerCase())), []),
    }),
    {},
  ),
  metrics: v.optional(
    v.strictObject({
      token: v.exactOptional(v.pipe(text, v.minLength(16, 'must be 16 characters or more'))),
    }),
    {},
  ),
  tracing: v.optional(
    v.strictObject({
      url: v.exactOptional(
        v.pipe(
          text,
          v.check(
            (value) => /^https?:$/.test(URL.parse(value)?.protocol ?? ''),
            'must be an http or https address',
          ),
        ),
      ),
      authorization: v.exactOptional(text),
      ratio: v.optional(
        v.pipe(
          v.number('must be a number'),
          v.minValue(0, 'must be 0 to 1'),
          v.maxValue(1, 'must be 0 to 1'),
        ),
        1,
      ),
      service: v.optional(text, 'offhook-gateway'),
    }),
    {},
  ),
  reports: v.optional(
    v.strictObject({
      enabled: v.optional(flag, true),
      retentionDays: v.optional(integer(1, 3650), 30),
      maxBytes: v.optional(integer(16_777_216, Number.MAX_SAFE_INTEGER), 2_147_483_648),
      bytesPerUser: v.optional(integer(16_777_216, Number.MAX_SAFE_INTEGER), 1_073_741_824),
      bytesPerAddress: v.optional(integer(16_777_216, Number.MAX_SAFE_INTEGER), 4_294_967_296),
      recordings: v.optional(flag, false),
    }),
    {},
  ),
  database: v.exactOptional(
    v.strictObject({
      url: v.pipe(
        text,
        v.check(
          (value) => parsePostgresUrl(value) !== null,
          'must look like postgres://user@host/name, without a password or options',
        ),
      ),
      password: v.exactOptional(text),
      tls: v.exactOptional(flag),
      ca: v.exactOptional(text),
      pool: v.optional(integer(1, 50), 4),
    }),
  ),
  webhooks: v.optional(
    v.strictObject({
      urls: v.optional(v.array(safeUrl, 'must be a list of addresses'), []),
      secret: v.exactOptional(v.pipe(text, v.minLength(16, 'must be 16 characters or more'))),
    }),
    {},
  ),
  assistantPolicy: v.optional(
    v.strictObject({
      hosts: v.optional(v.array(v.pipe(text, v.toLowerCase())), []),
      privateHosts: v.optional(flag, false),
      keys: v.optional(
        v.array(
          v.strictObject({
            env: v.pipe(text, v.regex(/^ASSISTANT_KEY_[A-Z0-9_]+$/, 'must be ASSISTANT_KEY_...')),
            hosts: texts,
          }),
          'must be a list of keys with their hosts',
        ),
        [],
      ),
    }),
    {},
  ),
  assistants: v.optional(
    v.pipe(
      v.array(AssistantSchema, 'must be a list of assistants'),
      v.check(
        (list) => new Set(list.map(({ id }) => id)).size === list.length,
        'must not hold two assistants of one id',
      ),
    ),
    [],
  ),
  log: v.optional(
    v.strictObject({
      level: v.optional(
        v.picklist(
          ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'],
          'must be trace, debug, info, warn, error, fatal or silent',
        ),
        'info',
      ),
    }),
    {},
  ),
  drain: v.optional(
    v.strictObject({
      callSeconds: v.optional(integer(0, 3600), 30),
      idleSeconds: v.optional(integer(0, 600), 5),
    }),
    {},
  ),
  demo: v.optional(
    v.strictObject({ enabled: v.optional(flag, false), users: v.optional(integer(1, 1000), 2) }),
    {},
  ),
});

/** Everything the gateway is told from outside, validated, defaults filled in, secrets read. */
export type Config = v.InferOutput<typeof ConfigSchema>;

export function isProxyAddress(value: string): boolean {
  if (/^(loopback|linklocal|uniquelocal)$/.test(value)) {
    return true;
  }
  const [base = '', prefix, ...rest] = value.split('/');
  const version = isIP(base);
  if (version === 0 || rest.length > 0) {
    return false;
  }
  return (
    prefix === undefined ||
    (/^\d{1,3}$/.test(prefix) && Number(prefix) <= (version === 4 ? 32 : 128))
  );
}
