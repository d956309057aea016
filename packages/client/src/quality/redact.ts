/** What must never leave the page: by the name of the member that holds it, and by what the text looks like. */
const SECRET =
  'passw(?:or)?d|credential|secret|token|authorization|api[-_]?key|ice[-_]?pwd|fingerprint|certificate|report_?id';
const SECRET_NAME = new RegExp(`${SECRET}|^(?:auth|pwd)$`, 'i');
/** Such a member in a text that holds JSON. Names are short: without a bound, a quote would cost the square of what follows it. */
const SECRET_MEMBER = new RegExp(
  `("[^"\\\\]{0,64}(?:${SECRET})[^"\\\\]{0,64}"\\s*:\\s*)"(?:[^"\\\\]|\\\\.)*"`,
  'gi',
);
/** Begins where such characters begin, and nowhere among them. */
const JWT = /(?<![\w-])[\w-]{10,}\.[\w-]{10,}\.[\w-]{10,}\b/g;
/** ICE passwords and DTLS fingerprints in SDP (RFC 8839, 5.4; RFC 8122, 5). */
const SDP_KEYS = /(a=(?:ice-pwd|fingerprint|crypto):?)[^\r\n"\\]*/g;
const IPV4 = /\b\d{1,3}(?:\.\d{1,3}){3}\b/g;
/** Anything of hexadecimal groups and colons; what it is, {@link isIpv6} says: times look much the same. */
const MAYBE_IPV6 = /(?<![\w:.])[\da-f]{0,4}(?::[\da-f]{0,4}){2,7}(?![\w:])/gi;

const HIDDEN = '[redacted]';
const ADDRESS = '[address]';
/** Known secrets that are shorter are too likely to be part of something else. */
const LEAST_SECRET = 4;

export interface Redaction {
  /** Addresses stay. */
  readonly addresses: boolean;
  /** Levels of nesting that stay; default 4. */
  readonly depth?: number;
  /** Members of an object and items of a list that stay; default 100. */
  readonly width?: number;
}

const isIpv6 = (text: string): boolean =>
  text.length > 2 && (text.includes('::') || text.split(':').length === 8);

export function redactText(text: string, addresses: boolean): string {
  const clean = text
    .replace(SECRET_MEMBER, `$1"${HIDDEN}"`)
    .replace(JWT, HIDDEN)
    .replace(SDP_KEYS, `$1${HIDDEN}`);
  if (addresses) {
    return clean;
  }
  return clean
    .replace(IPV4, ADDRESS)
    .replace(MAYBE_IPV6, (found) => (isIpv6(found) ? ADDRESS : found));
}

/** A copy fit for an upload: secrets out, bounded, errors as name and message, nothing that JSON cannot hold. */
export function redact(value: unknown, how: Redaction, level = 0): unknown {
  const { addresses, depth = 4, width = 100 } = how;
  if (typeof value === 'string') {
    return redactText(value, addresses);
  }
  if (typeof value === 'bigint') {
    return String(value);
  }
  if (typeof value === 'function' || typeof value === 'symbol') {
    return undefined;
  }
  if (typeof value !== 'object' || value === null) {
    return value;
  }
  if (level >= depth) {
    return '[truncated]';
  }
  if (value instanceof Error) {
    const { name, message } = value;
    return { name, message: redactText(message, addresses) };
  }
  if (Array.isArray(value)) {
    return value.slice(0, width).map((item) => redact(item, how, level + 1));
  }
  const copy: Record<string, unknown> = {};
  for (const [name, member] of Object.entries(value).slice(0, width)) {
    if (!SECRET_NAME.test(name)) {
      copy[name] = redact(member, how, level + 1);
    }
  }
  return copy;
}

/**
 * Writes JSON without the secrets that the client itself knows, wherever in a text they stand. The last door: what goes through it
 * was redacted by {@link redact} where it came from.
 */
export function stringify(value: unknown, secrets: readonly (string | undefined)[]): string {
  const known = secrets.filter(
    (secret): secret is string => secret !== undefined && secret.length >= LEAST_SECRET,
  );
  if (known.length === 0) {
    return JSON.stringify(value);
  }
  return JSON.stringify(value, (_, member: unknown) => {
    if (typeof member !== 'string') {
      return member;
    }
    return known.reduce((text, secret) => text.replaceAll(secret, HIDDEN), member);
  });
}
