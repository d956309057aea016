import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseClientFrame, telnyxDialect } from './index.ts';
import { brokenLimit, DEFAULT_FRAME_LIMITS, type FrameLimits } from './limits.ts';

const none: FrameLimits = {
  maxBytes: Number.MAX_SAFE_INTEGER,
  maxDepth: Number.MAX_SAFE_INTEGER,
  maxString: Number.MAX_SAFE_INTEGER,
  maxKeys: Number.MAX_SAFE_INTEGER,
};

/** What the scan of the text must agree with, taken from the parsed value. */
function measure(value: unknown): { depth: number; longest: number; keys: number } {
  if (typeof value === 'string') {
    return { depth: 0, longest: value.length, keys: 0 };
  }
  if (typeof value !== 'object' || value === null) {
    return { depth: 0, longest: 0, keys: 0 };
  }
  const names = Array.isArray(value) ? [] : Object.keys(value);
  const inner = Object.values(value).map(measure);
  return {
    depth: 1 + Math.max(0, ...inner.map((m) => m.depth)),
    longest: Math.max(0, ...names.map((n) => n.length), ...inner.map((m) => m.longest)),
    // An empty container counts as one.
    keys: Math.max(1, inner.length) + inner.reduce((sum, m) => sum + m.keys, 0),
  };
}

const value = fc.oneof(
  fc.jsonValue({ maxDepth: 6, stringUnit: 'binary' }),
  fc.array(
    fc.string({ unit: fc.constantFrom('\\', '"', '{', ']', ',', '\n', '\u0000', 'é', '😀') }),
  ),
);
/** The same value, in half of the cases with what JSON keeps only in strings written as \u escapes. */
const text = fc.tuple(value, fc.boolean()).map(([v, escape]) => {
  const json = JSON.stringify(v);
  const hex = (unit: string): string => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
  return escape ? json.replace(/[A-Z é]/g, hex) : json;
});

describe('the limits of a frame', () => {
  it('are those of the parsed value: each passes at its bound and breaks one below', () => {
    fc.assert(
      fc.property(text, (json) => {
        const { depth, longest, keys } = measure(JSON.parse(json));
        const bytes = Buffer.byteLength(json);
        const exact = { maxBytes: bytes, maxDepth: depth, maxString: longest, maxKeys: keys };
        expect(brokenLimit(json, exact)).toBeUndefined();
        expect(brokenLimit(json, { ...none, maxBytes: bytes - 1 })).toBe('too_large');
        if (depth > 0) {
          expect(brokenLimit(json, { ...none, maxDepth: depth - 1 })).toBe('too_deep');
        }
        if (longest > 0) {
          expect(brokenLimit(json, { ...none, maxString: longest - 1 })).toBe('field_too_long');
        }
        if (keys > 0) {
          expect(brokenLimit(json, { ...none, maxKeys: keys - 1 })).toBe('too_many_fields');
        }
      }),
      { numRuns: 2000 },
    );
  });

  it('are checked before the text is parsed: broken JSON beyond a limit is refused for the limit', () => {
    const refuse = (json: string): string | undefined => {
      const parsed = parseClientFrame(json, telnyxDialect);
      return parsed.ok ? undefined : parsed.error.code;
    };
    expect(refuse('['.repeat(100_000))).toBe('too_deep');
    expect(refuse(`{"a":"${'x'.repeat(DEFAULT_FRAME_LIMITS.maxString + 1)}`)).toBe(
      'field_too_long',
    );
    expect(refuse(`[${'0,'.repeat(DEFAULT_FRAME_LIMITS.maxKeys + 1)}`)).toBe('too_many_fields');
    expect(refuse(' '.repeat(DEFAULT_FRAME_LIMITS.maxBytes + 1))).toBe('too_large');
    expect(refuse(`#SPB ${'.'.repeat(DEFAULT_FRAME_LIMITS.maxBytes)}`)).toBe('too_large');
  });

  it('leave room for an SDP of 64 KiB, escaped as JSON escapes it', () => {
    const sdp = 'a\r\n'.repeat(21_845).padEnd(65_536, 'b');
    const frame = JSON.stringify({
      id: 1,
      method: 'telnyx_rtc.invite',
      params: { sdp, dialogParams: { callID: 'c', destination_number: 'echo' } },
    });
    expect(parseClientFrame(frame, telnyxDialect).ok).toBe(true);
  });

  it('are cheap to check: a hostile text of a million backslashes and quotes is scanned in linear time', () => {
    const scan = (units: number): number => {
      const hostile = `"${'\\"'.repeat(units)}${'\\'.repeat(units)}`;
      const start = performance.now();
      brokenLimit(hostile, none);
      return performance.now() - start;
    };
    scan(1_000);
    // Quadratic work would take minutes.
    expect(scan(500_000)).toBeLessThan(1_000);
  });
});
