import { hideTokens } from '../logging/redact.ts';

/**
 * Takes secrets out of what clients upload. Our client leaves them out by itself; the reference's debug log holds whole
 * messages, and what is kept here for weeks should not open a door.
 */
const SECRET_NAME =
  /passw(or)?d|credential|secret|token|authorization|^auth$|api[-_]?key|ice[-_]?pwd/i;
/** ICE passwords and keys in SDP (RFC 8839, 5.4; RFC 4568). */
const SDP_KEYS = /(a=(?:ice-pwd|crypto):?)[^\r\n"\\]*/g;
/**
 * Members of JSON inside a text, also of JSON quoted once more. It begins at the quote, not at the backslashes before it: a run of them
 * would be gone through from each of its places.
 */
const JSON_MEMBER =
  /("(?:passwd|password|login_token|loginToken|token|credential|secret|authorization)\\*"\s*:\s*\\*")[^"\\]*/gi;
const SUSPICIOUS = /eyJ|a=(?:ice-pwd|crypto)|passw|token|credential|secret|authorization/i;

const HIDDEN = '[redacted]';
/** Reports are shallow; what is deeper was made to hurt. */
const MAX_DEPTH = 24;

export function scrubText(text: string): string {
  if (!SUSPICIOUS.test(text)) {
    return text;
  }
  return hideTokens(text).replace(SDP_KEYS, `$1${HIDDEN}`).replace(JSON_MEMBER, `$1${HIDDEN}`);
}

/** A copy of a JSON value without secrets. */
export function scrub(value: unknown, depth = 0): unknown {
  if (typeof value === 'string') {
    return scrubText(value);
  }
  if (typeof value !== 'object' || value === null) {
    return value;
  }
  if (depth >= MAX_DEPTH) {
    return '[deep]';
  }
  if (Array.isArray(value)) {
    return value.map((item) => scrub(item, depth + 1));
  }
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [
      name,
      typeof member === 'string' && SECRET_NAME.test(name) ? HIDDEN : scrub(member, depth + 1),
    ]),
  );
}
