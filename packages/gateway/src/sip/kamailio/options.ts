import { isIP } from 'node:net';
import * as v from 'valibot';

const text = v.pipe(v.string('must be text'), v.nonEmpty('must not be empty'), v.maxLength(256));
const port = v.pipe(
  v.number('must be a number'),
  v.integer('must be a whole number'),
  v.minValue(1, 'must be at least 1'),
  v.maxValue(65_535, 'must be at most 65535'),
);
const address = v.pipe(
  text,
  v.check((value) => isIP(value) !== 0, 'must be an IPv4 or IPv6 address'),
);
/** What may stand in quotes in the file. */
const path = v.pipe(text, v.regex(/^[\w./@+-]+$/, 'must be a path without spaces and quotes'));
const domain = v.pipe(text, v.regex(/^[A-Za-z0-9.-]+$/, 'must be a domain such as sip.example'));
const origin = v.pipe(
  text,
  v.regex(
    /^https?:\/\/[A-Za-z0-9.-]+(:\d{1,5})?$/,
    'must be an origin such as https://app.example',
  ),
);

/** What a configuration of Kamailio's is written from. */
export const KamailioSchema = v.strictObject({
  /** The address that it listens on. */
  listen: address,
  /** Of UDP, TCP, and WebSocket, which comes to the TCP port. */
  port: v.optional(port, 5060),
  /** What others are told in place of `listen`: behind a one-to-one NAT. */
  advertise: v.exactOptional(address),
  domain,
  /** `host` or `host:port`, in order of preference. */
  gateways: v.pipe(
    v.array(
      v.pipe(
        text,
        v.regex(/^([A-Za-z0-9.-]+|\[[0-9a-fA-F:]+\])(:\d{1,5})?$/, 'must be host or host:port'),
      ),
    ),
    v.minLength(1, 'must name a gateway'),
    v.maxLength(32, 'must be 32 at most'),
  ),
  tls: v.exactOptional(
    v.strictObject({ port: v.optional(port, 5061), certificate: path, key: path }),
  ),
  /** Sites whose pages may open a WebSocket; none: all. */
  origins: v.optional(v.array(origin), []),
  /** Where the files will be. */
  folder: path,
});

export type KamailioOptions = v.InferOutput<typeof KamailioSchema>;

/** User names and passwords of phones. */
export const PhonesSchema = v.record(
  v.pipe(text, v.regex(/^[A-Za-z0-9._+-]{1,64}$/, 'must be a user name')),
  v.pipe(
    v.string('must be text'),
    v.minLength(6, 'must have six characters at least'),
    v.maxLength(256),
  ),
);

export type Phones = v.InferOutput<typeof PhonesSchema>;
