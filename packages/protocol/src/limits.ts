import type { FrameErrorCode } from './frame-error.ts';

/** Bounds on a frame, all checked on the text before it is parsed. */
export interface FrameLimits {
  /** UTF-8 bytes of the whole frame. */
  readonly maxBytes: number;
  /** Objects and arrays inside one another; the frame itself is level 1. */
  readonly maxDepth: number;
  /** UTF-16 units of any string, key or value, after unescaping. */
  readonly maxString: number;
  /** Members of all objects and elements of all arrays of the frame together. */
  readonly maxKeys: number;
}

/** Room for a 64 KiB SDP and for the largest debug report of a call, and little more. */
export const DEFAULT_FRAME_LIMITS: FrameLimits = {
  maxBytes: 262_144,
  maxDepth: 24,
  maxString: 131_072,
  maxKeys: 8_192,
};

const QUOTE = 0x22;
const COMMA = 0x2c;
const OPEN_BRACKET = 0x5b;
const BACKSLASH = 0x5c;
const CLOSE_BRACKET = 0x5d;
const LOWER_U = 0x75;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;

/**
 * Which limit a text breaks, or undefined. One pass, linear, no allocation. Text that is not JSON may pass; JSON.parse
 * finds that out.
 */
export function brokenLimit(text: string, limits: FrameLimits): FrameErrorCode | undefined {
  if (exceedsBytes(text, limits.maxBytes)) {
    return 'too_large';
  }
  let depth = 0;
  let keys = 0;
  const length = text.length;
  for (let i = 0; i < length; i++) {
    switch (text.charCodeAt(i)) {
      case QUOTE: {
        const end = closingQuote(text, i + 1);
        // An unescaped string is never longer than its escaped form, so most need no second look.
        if (
          end - i - 1 > limits.maxString &&
          unescapedLength(text, i + 1, end) > limits.maxString
        ) {
          return 'field_too_long';
        }
        i = end;
        break;
      }
      case OPEN_BRACE:
      case OPEN_BRACKET:
        if (++depth > limits.maxDepth) {
          return 'too_deep';
        }
        if (++keys > limits.maxKeys) {
          return 'too_many_fields';
        }
        break;
      case CLOSE_BRACE:
      case CLOSE_BRACKET:
        depth--;
        break;
      // A container with n members has n - 1 commas; its opening counted for the first one.
      case COMMA:
        if (++keys > limits.maxKeys) {
          return 'too_many_fields';
        }
        break;
      default:
        break;
    }
  }
  return undefined;
}

/** Index of the quote that ends the string, or the text's length. Runs of backslashes are each looked at once. */
function closingQuote(text: string, start: number): number {
  let quote = text.indexOf('"', start);
  while (quote !== -1) {
    let backslash = quote - 1;
    while (backslash >= start && text.charCodeAt(backslash) === BACKSLASH) {
      backslash--;
    }
    if ((quote - backslash) % 2 === 1) {
      return quote;
    }
    quote = text.indexOf('"', quote + 1);
  }
  return text.length;
}

function unescapedLength(text: string, start: number, end: number): number {
  let units = 0;
  for (let i = start; i < end; i++) {
    if (text.charCodeAt(i) === BACKSLASH) {
      i += text.charCodeAt(i + 1) === LOWER_U ? 5 : 1;
    }
    units++;
  }
  return units;
}

/** Whether the text is longer than that in UTF-8. */
export function exceedsBytes(text: string, maxBytes: number): boolean {
  if (text.length > maxBytes) {
    return true;
  }
  // A UTF-16 unit takes at most three bytes of UTF-8.
  if (text.length * 3 <= maxBytes) {
    return false;
  }
  let bytes = text.length;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit < 0x80) {
      continue;
    }
    // A surrogate pair is four bytes for two units: one more for each half.
    bytes += unit < 0x800 || (unit >= 0xd800 && unit <= 0xdfff) ? 1 : 2;
  }
  return bytes > maxBytes;
}
