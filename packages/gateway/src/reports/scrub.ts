import { hideTokens } from '../logging/redact.ts';

/**
 * Takes secrets out of what clients upload. Our client leaves them out by itself; the reference's debug log holds whole
 * messages, and what is kept here for weeks should not open a door.
 */
const SECRET_NAME =
  /passw(or)?d|credential|secret|token|authorization|^auth$|api[-_]?key|ice[-_]?pwd|cookie|^sessid$|^x-(?:.*-)?(?:auth|key|pin|pwd)$/i;
/** ICE passwords and keys in SDP (RFC 8839, 5.4; RFC 4568; RFC 4566, 5.12), whose lines may be those of JSON. */
const SDP_KEYS = /(a=(?:ice-pwd|crypto):?|(?:^|[\r\n]|\\[rn])k=)[^\r\n"\\]*/g;
/**
 * Members of JSON inside a text, also of JSON quoted once more. It begins at the quote, not at the backslashes before it: a run of them
 * would be gone through from each of its places.
 */
const JSON_MEMBER =
  /("(?:passwd|password|login_token|loginToken|token|credential|secret|authorization|cookie|sessid|x-api-key|x-auth-token)\\*"\s*:\s*\\*")[^"\\]*/gi;
const SUSPICIOUS =
  /eyJ|a=(?:ice-pwd|crypto)|(?:^|[\r\nrn])k=|passw|token|credential|secret|authorization|cookie|sessid|x-api-key/i;

const HIDDEN = '[redacted]';
/** Reports are shallow; what is deeper was made to hurt. */
const MAX_DEPTH = 24;

/** Whether what goes by this name, a member or a header, opens a door. */
export function isSecretName(name: string): boolean {
  return SECRET_NAME.test(name);
}

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
  // A custom header is an object of two members: its name says whether the value is secret.
  const header: unknown = 'name' in value ? value.name : undefined;
  const isSecretHeader = typeof header === 'string' && isSecretName(header);
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => {
      const isSecret = isSecretName(name) || (isSecretHeader && name === 'value');
      return [name, isSecret && typeof member === 'string' ? HIDDEN : scrub(member, depth + 1)];
    }),
  );
}
