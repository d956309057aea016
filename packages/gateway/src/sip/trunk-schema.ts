import { isIP } from 'node:net';
import * as v from 'valibot';
import { DIGEST_ALGORITHMS } from '../auth/digest-hash.ts';
import { parseServer } from './net/resolve.ts';

const text = v.pipe(v.string('must be text'), v.nonEmpty('must not be empty'), v.maxLength(256));
const whole = (min: number, max: number) =>
  v.pipe(
    v.number('must be a number'),
    v.integer('must be a whole number'),
    v.minValue(min, `must be at least ${String(min)}`),
    v.maxValue(max, `must be at most ${String(max)}`),
  );
const flag = v.boolean('must be true or false');
const address = v.pipe(
  text,
  v.check((value) => isIP(value) !== 0, 'must be an IPv4 or IPv6 address, not a name'),
);
const number = v.pipe(text, v.regex(/^\+?[0-9*#]{1,32}$/, 'must be a number such as +4930123456'));
const prefix = v.pipe(
  v.string('must be text'),
  v.regex(/^\+?[0-9*#]{0,32}$/, 'must be the beginning of a number, such as +49'),
);
const name = v.pipe(text, v.regex(/^[a-z0-9][a-z0-9-]{0,31}$/, 'must be a short lower-case name'));
const user = v.pipe(text, v.regex(/^[^\s@:;<>"]{1,64}$/, 'must be a user name'));

const codecs = v.optional(
  v.pipe(
    v.array(v.picklist(['opus', 'PCMU', 'PCMA'], 'must be opus, PCMU or PCMA')),
    v.minLength(1, 'must not be empty'),
  ),
  ['PCMU', 'PCMA'],
);

/** Several users ring together. */
const target = v.union(
  [
    text,
    v.pipe(
      v.array(text),
      v.check(
        (users) => users.length >= 1 && users.length <= 16 && new Set(users).size === users.length,
        'must be a list of 1 to 16 different users',
      ),
    ),
  ],
  'must be a user, service or assistant, or a list of users',
);

export const TrunkSchema = v.strictObject({
  name,
  servers: v.pipe(
    v.array(
      v.pipe(
        text,
        v.check((value) => parseServer(value) !== undefined, 'must be a host, or host:port'),
      ),
      'must be a list of servers',
    ),
    v.minLength(1, 'must not be empty'),
    v.maxLength(8, 'must hold 8 at most'),
  ),
  transport: v.optional(
    v.picklist(['udp', 'tcp', 'tls', 'ws', 'wss'], 'must be udp, tcp, tls, ws or wss'),
    'udp',
  ),
  path: v.optional(v.pipe(text, v.startsWith('/', 'must begin with /')), '/'),
  ca: v.exactOptional(
    v.pipe(v.string('must be the path of a file'), v.nonEmpty('must not be empty')),
  ),
  domain: v.exactOptional(text),
  username: v.exactOptional(user),
  password: v.exactOptional(text),
  inbound: v.exactOptional(v.strictObject({ username: user, password: text })),
  identity: v.optional(v.picklist(['from', 'pai'], 'must be from or pai'), 'from'),
  privacy: v.optional(flag, false),
  register: v.optional(flag, false),
  expiresSeconds: v.optional(whole(60, 86_400), 600),
  pingSeconds: v.optional(whole(5, 3600), 30),
  addresses: v.optional(v.array(address, 'must be a list of addresses'), []),
  codecs,
  media: v.optional(v.picklist(['rtp', 'webrtc'], 'must be rtp or webrtc'), 'rtp'),
  srtp: v.optional(flag, false),
  latch: v.optional(flag, false),
  dtmf: v.optional(v.picklist(['rfc4733', 'info'], 'must be rfc4733 or info'), 'rfc4733'),
  format: v.optional(v.picklist(['e164', 'digits'], 'must be e164 or digits'), 'e164'),
  largeRequests: v.optional(v.picklist(['tcp', 'udp'], 'must be tcp or udp'), 'tcp'),
  redirects: v.optional(v.picklist(['refuse', 'follow'], 'must be refuse or follow'), 'refuse'),
  refer: v.optional(flag, false),
  callsAtOnce: v.optional(whole(1, 10_000), 30),
  numbers: v.optional(v.record(v.union([v.literal('*'), number]), target, 'must be an object'), {}),
});

/** Phones of our users, which sign in here. */
const DevicesSchema = v.strictObject({
  realm: v.pipe(
    text,
    v.regex(/^[A-Za-z0-9][A-Za-z0-9.-]{0,127}$/, 'must be a name such as pbx.example.com'),
  ),
  expiresSeconds: v.optional(whole(60, 3600), 600),
  codecs,
  srtp: v.optional(flag, true),
  algorithms: v.optional(
    v.pipe(
      v.array(v.picklist(DIGEST_ALGORITHMS, 'must be MD5 or SHA-256')),
      v.minLength(1, 'must not be empty'),
      v.maxLength(2, 'must hold 2 at most'),
    ),
    ['MD5'],
  ),
});

export const SipSchema = v.pipe(
  v.strictObject({
    bind: v.optional(address, '0.0.0.0'),
    port: v.optional(whole(0, 65_535), 5060),
    tlsPort: v.exactOptional(whole(0, 65_535)),
    publicAddress: v.exactOptional(address),
    devices: v.exactOptional(DevicesSchema),
    trunks: v.pipe(
      v.optional(v.array(TrunkSchema, 'must be a list of trunks'), []),
      v.maxLength(64, 'must hold 64 at most'),
      v.check(
        (list) => new Set(list.map(({ name: each }) => each)).size === list.length,
        'must not hold two trunks of one name',
      ),
      v.check(
        (list) =>
          list.every(
            ({ register, username, password }) =>
              !register || (username !== undefined && password !== undefined),
          ),
        'a trunk that registers needs a username and a password',
      ),
      v.check(
        (list) =>
          list.every(({ ca, transport }) => ca === undefined || /^(?:tls|wss)$/.test(transport)),
        'ca is for a trunk whose transport is tls or wss',
      ),
    ),
    dialling: v.optional(
      v.strictObject({
        country: v.exactOptional(
          v.pipe(text, v.regex(/^[1-9]\d{0,2}$/, 'must be a country code such as 49')),
        ),
        national: v.optional(v.pipe(text, v.regex(/^\d{1,4}$/, 'must be digits')), '0'),
        international: v.optional(v.pipe(text, v.regex(/^\d{1,5}$/, 'must be digits')), '00'),
        short: v.optional(v.array(number), []),
      }),
      {},
    ),
    routes: v.optional(
      v.array(
        v.strictObject({
          prefix,
          trunk: name,
          strip: v.optional(whole(0, 16), 0),
          prepend: v.optional(prefix, ''),
        }),
        'must be a list of routes',
      ),
      [],
    ),
    emergency: v.optional(v.array(number, 'must be a list of numbers'), []),
    callers: v.optional(
      v.array(
        v.strictObject({
          users: v.union([v.literal('*'), v.array(text)], 'must be a list of users, or "*"'),
          routes: v.array(prefix, 'must be a list of beginnings of numbers'),
          callsAtOnce: v.optional(whole(1, 1_000), 2),
          minutesADay: v.exactOptional(whole(1, 1_440_000)),
          callerIds: v.optional(v.array(number, 'must be a list of numbers'), []),
        }),
        'must be a list of rules',
      ),
      [],
    ),
    tokens: v.exactOptional(
      v.strictObject({
        routes: v.array(prefix, 'must be a list of beginnings of numbers'),
        callsAtOnce: v.optional(whole(1, 1_000), 2),
        minutesADay: v.exactOptional(whole(1, 1_440_000)),
        callerIds: v.optional(v.array(number, 'must be a list of numbers'), []),
      }),
    ),
  }),
  v.check(
    ({ routes, trunks }) =>
      routes.every((route) => trunks.some((trunk) => trunk.name === route.trunk)),
    'routes must name a trunk that exists',
  ),
  v.check(
    ({ devices, trunks }) => devices !== undefined || trunks.length > 0,
    'must have trunks, or devices, or both',
  ),
);

export type SipConfig = v.InferOutput<typeof SipSchema>;
export type TrunkConfig = v.InferOutput<typeof TrunkSchema>;
export type DevicesConfig = NonNullable<SipConfig['devices']>;
