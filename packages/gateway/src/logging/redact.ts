/**
 * Keys whose values never reach a log, at any depth. `dialogParams` is dropped whole: clients put TURN credentials into
 * it (wire spec 21, item 16), and `sdp` holds addresses and fingerprints.
 */
export const SECRET_KEYS: readonly string[] = [
  'passwd',
  'password',
  'pass',
  'passwordHash',
  'login_token',
  'loginToken',
  'token',
  'secret',
  'credential',
  'credentials',
  'authorization',
  'cookie',
  'set-cookie',
  'sdp',
  'dialogParams',
  'iceServers',
  'ice_servers',
];

const HIDDEN = new Set(SECRET_KEYS.map((key) => key.toLowerCase()));

export const REDACTED = '[redacted]';

const MAX_DEPTH = 6;
const MAX_ITEMS = 50;
const MAX_TEXT = 1000;

/** Letters, digits, `_`, `-` and dots: what a JWT consists of. */
const DOTTED = /[\w.-]{13,}/g;
const LEAST_PART = 5;

/**
 * A text without JWTs: three base64url parts, the first one a JSON object. One look at each character. An expression for the whole would
 * begin anew at each `eyJ` and go to the end of the text each time.
 */
export function hideTokens(text: string): string {
  return text.includes('eyJ') ? text.replaceAll(DOTTED, hideTokensOf) : text;
}

function hideTokensOf(dotted: string): string {
  const parts = dotted.split('.');
  const kept: string[] = [];
  for (let at = 0; at < parts.length; at += 1) {
    const part = parts[at] ?? '';
    const start = part.indexOf('eyJ');
    const isToken =
      start >= 0 &&
      part.length >= start + 3 + LEAST_PART &&
      (parts[at + 1]?.length ?? 0) >= LEAST_PART &&
      at + 2 < parts.length;
    if (!isToken) {
      kept.push(part);
      continue;
    }
    kept.push(`${part.slice(0, start)}${REDACTED}`);
    at += 2;
  }
  return kept.join('.');
}

function redactText(text: string): string {
  const clean = hideTokens(text);
  return clean.length > MAX_TEXT ? `${clean.slice(0, MAX_TEXT)}…` : clean;
}

/** A copy that is safe to write: secrets replaced, texts, lists and depth bounded, cycles cut. */
export function redact(value: unknown, depth = 0): unknown {
  if (typeof value === 'string') {
    return redactText(value);
  }
  if (typeof value !== 'object' || value === null) {
    return value;
  }
  if (value instanceof Error) {
    return describeError(value, depth);
  }
  if (depth >= MAX_DEPTH) {
    return '[deep]';
  }
  if (Array.isArray(value)) {
    return value.slice(0, MAX_ITEMS).map((item) => redact(item, depth + 1));
  }
  if (value instanceof Date || value instanceof URL) {
    return value.toString();
  }
  const copy: Record<string, unknown> = {};
  for (const [key, item] of Object.entries(value).slice(0, MAX_ITEMS)) {
    copy[key] = HIDDEN.has(key.toLowerCase()) ? REDACTED : redact(item, depth + 1);
  }
  return copy;
}

/** Name, message, code, stack and cause; other members of an error may hold what they like and stay out. */
export function describeError(error: Error, depth = 0): Record<string, unknown> {
  const code = (error as { code?: unknown }).code;
  return {
    type: error.name,
    message: redactText(error.message),
    ...(typeof code === 'string' || typeof code === 'number' ? { code } : {}),
    ...(error.stack === undefined ? {} : { stack: redactText(error.stack) }),
    ...(error.cause === undefined || depth >= MAX_DEPTH
      ? {}
      : {
          cause: error.cause instanceof Error ? describeError(error.cause, depth + 1) : '[cause]',
        }),
  };
}
