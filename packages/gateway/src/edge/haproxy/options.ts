import { isIP } from 'node:net';
import * as v from 'valibot';

const text = v.pipe(v.string('must be text'), v.nonEmpty('must not be empty'), v.maxLength(256));
const whole = (min: number, max: number) =>
  v.pipe(
    v.number('must be a number'),
    v.integer('must be a whole number'),
    v.minValue(min, `must be at least ${String(min)}`),
    v.maxValue(max, `must be at most ${String(max)}`),
  );
/** What may stand in the file without quotes. */
const path = v.pipe(text, v.regex(/^\/[\w./@+-]*$/, 'must be a path without spaces and quotes'));

const gateway = v.strictObject({
  /** `edge.node` of that gateway. */
  name: v.pipe(
    text,
    v.regex(/^[a-z0-9][a-z0-9-]{0,62}$/, 'must be a short lower-case name before the address'),
  ),
  address: v.pipe(
    text,
    v.regex(
      /^([A-Za-z0-9.-]+|\[[0-9a-fA-F:]+\]):\d{1,5}$/,
      'must be name=host:port, such as gw1=10.0.0.5:8080',
    ),
  ),
});

/** What a configuration of HAProxy's is written from. */
export const HaproxySchema = v.pipe(
  v.strictObject({
    listen: v.pipe(
      text,
      v.check((value) => isIP(value) !== 0, 'must be an IPv4 or IPv6 address'),
    ),
    port: whole(1, 65_535),
    gateways: v.pipe(
      v.array(gateway),
      v.minLength(1, 'must name a gateway'),
      v.maxLength(64, 'must be 64 at most'),
      v.check(
        (all) => new Set(all.map(({ name }) => name)).size === all.length,
        'must have names that differ',
      ),
    ),
    /** `edge.secret` of the gateways. */
    secret: v.pipe(v.string(), v.minLength(32, 'must hold 32 characters or more')),
    /** Chain and key in one PEM file. */
    certificate: v.exactOptional(path),
    /** Where plain HTTP is told the https address. */
    redirectPort: v.exactOptional(whole(1, 65_535)),
    statsSocket: v.optional(path, '/run/haproxy/offhook.sock'),
    /** Between two looks at a gateway. Two failed ones in a row and it is left. */
    healthMs: v.optional(whole(200, 60_000), 1000),
    maxConnections: v.optional(whole(10, 1_000_000), 20_000),
    connectionsPerAddress: v.optional(whole(1, 1_000_000), 500),
    requestsPerSecond: v.optional(whole(1, 100_000), 100),
  }),
  v.check(
    ({ redirectPort, certificate }) => redirectPort === undefined || certificate !== undefined,
    '--redirect-port needs --certificate: without TLS there is nowhere to send to',
  ),
  v.check(
    ({ redirectPort, port }) => redirectPort !== port,
    '--port and --redirect-port must not be the same',
  ),
);

export type HaproxyOptions = v.InferOutput<typeof HaproxySchema>;
