/** What must never leave the page: by the name of the member that holds it, and by what the text looks like. */
const SECRET_NAME =
  /passw(or)?d|credential|secret|token|authorization|^auth$|api[-_]?key|ice[-_]?pwd/i;
const JWT = /\b[\w-]{10,}\.[\w-]{10,}\.[\w-]{10,}\b/g;
/** ICE passwords and DTLS fingerprints in SDP (RFC 8839, 5.4; RFC 8122, 5). */
const SDP_KEYS = /(a=(?:ice-pwd|fingerprint|crypto):?)[^\r\n"\\]*/g;
const IPV4 = /\b\d{1,3}(?:\.\d{1,3}){3}\b/g;
const IPV6 = /\b(?:[\da-f]{1,4}:){3,7}[\da-f]{0,4}\b/gi;

const HIDDEN = '[redacted]';
const DEPTH = 4;

export function redactText(text: string, addresses: boolean): string {
  const clean = text.replace(JWT, HIDDEN).replace(SDP_KEYS, `$1${HIDDEN}`);
  return addresses ? clean : clean.replace(IPV4, '[address]').replace(IPV6, '[address]');
}

/** A copy fit for an upload: secrets out, four levels deep, errors as name and message, nothing that JSON cannot hold. */
export function redact(value: unknown, addresses: boolean, depth = 0): unknown {
  if (typeof value === 'string') return redactText(value, addresses);
  if (typeof value === 'bigint') return String(value);
  if (typeof value === 'function' || typeof value === 'symbol') return undefined;
  if (typeof value !== 'object' || value === null) return value;
  if (depth >= DEPTH) return '[truncated]';
  if (value instanceof Error) {
    const { name, message } = value;
    return { name, message: redactText(message, addresses) };
  }
  if (Array.isArray(value)) {
    return value.slice(0, 100).map((item) => redact(item, addresses, depth + 1));
  }
  const copy: Record<string, unknown> = {};
  for (const [name, member] of Object.entries(value).slice(0, 100)) {
    if (!SECRET_NAME.test(name)) copy[name] = redact(member, addresses, depth + 1);
  }
  return copy;
}
