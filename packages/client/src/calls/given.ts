import type { SipHeader } from '../options.ts';

/*
 * What applications give along with a call, an answer or a hangup, read at the door. A gateway refuses a whole request for one bad
 * member, so what is bad is left out and named.
 */

/** As gateways take them: UTF-16 units. */
const MOST_HEADERS = 64;
const LONGEST_NAME = 128;
const LONGEST_VALUE = 4_096;
const LONGEST_TEXT = 256;
// eslint-disable-next-line no-control-regex -- a line break would begin another header
const ONE_LINE = /^[^\u0000-\u0008\u000a-\u001f\u007f]*$/;

/** The headers that a gateway takes. `leftOut` hears of each of the others. */
export function readHeaders(given: unknown, leftOut: (what: string) => void): SipHeader[] {
  if (given == null) {
    return [];
  }
  if (!Array.isArray(given)) {
    leftOut('customHeaders: not an array');
    return [];
  }
  const headers = given.flatMap((header: unknown, index): SipHeader[] => {
    const { name, value } = (header ?? {}) as { readonly name?: unknown; readonly value?: unknown };
    const text = typeof value === 'number' || typeof value === 'boolean' ? String(value) : value;
    const fits =
      isLine(name, LONGEST_NAME) && name !== '' && isLine(text, LONGEST_VALUE)
        ? { name, value: text }
        : null;
    if (!fits) {
      leftOut(`customHeaders[${index}]: ${typeof name === 'string' ? name.slice(0, 40) : '?'}`);
    }
    return fits ? [fits] : [];
  });
  if (headers.length > MOST_HEADERS) {
    leftOut(`customHeaders: more than ${MOST_HEADERS}`);
  }
  return headers.slice(0, MOST_HEADERS);
}

export function isLine(value: unknown, most: number): value is string {
  return typeof value === 'string' && value.length <= most && ONE_LINE.test(value);
}

/** How a call is ended, as far as a gateway can be told. Null: not given. */
export interface GivenEnd {
  readonly cause: string | null;
  readonly causeCode: number | null;
  readonly sipCode: number | null;
  readonly sipReason: string | null;
  readonly sipCallId: string | null;
}

export function readEnd(
  given: Readonly<Record<string, unknown>>,
  leftOut: (what: string) => void,
): GivenEnd {
  const text = (name: string): string | null => {
    const value = given[name] ?? null;
    if (value === null || isLine(value, LONGEST_TEXT)) {
      return value;
    }
    leftOut(name);
    return null;
  };
  const code = (name: string): number | null => {
    const value = given[name] ?? null;
    const number = typeof value === 'string' && /^\d{1,5}$/.test(value) ? Number(value) : value;
    if (number === null || (typeof number === 'number' && Number.isFinite(number))) {
      return number;
    }
    leftOut(name);
    return null;
  };
  return {
    cause: text('cause') || null,
    causeCode: code('causeCode'),
    sipCode: code('sipCode'),
    sipReason: text('sipReason'),
    sipCallId: text('sip_call_id'),
  };
}

/** A request holds so many digits. */
const MOST_DIGITS = 64;
const LONGEST_DIGITS = 1_024;

/**
 * Digits as gateways take them, in pieces of 64: letters large, without the spaces and hyphens that people write between them. `,`
 * and `w` wait. Null when there is something else among them, or nothing.
 */
export function readDigits(given: unknown): string[] | null {
  const text = typeof given === 'number' ? String(given) : given;
  if (typeof text !== 'string' || text.length > LONGEST_DIGITS) {
    return null;
  }
  const digits = text
    .replace(/[\s()./-]/g, '')
    .toUpperCase()
    .replaceAll('W', 'w')
    .replaceAll('P', ',');
  if (!/^[0-9A-D#*w,]+$/.test(digits)) {
    return null;
  }
  return digits.match(new RegExp(`.{1,${MOST_DIGITS}}`, 'g'));
}

/** What a caller may wait with. Throws TypeError for what is no signal; null: none is given. */
export function readSignal(given: unknown): AbortSignal | null {
  if (given == null) {
    return null;
  }
  const { addEventListener, removeEventListener } = given as Record<string, unknown>;
  if (typeof addEventListener !== 'function' || typeof removeEventListener !== 'function') {
    throw new TypeError('signal is no AbortSignal');
  }
  return given as AbortSignal;
}
