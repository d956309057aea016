import type { FrameError } from './frame-error.ts';
import { exceedsBytes, type FrameLimits } from './limits.ts';
import { err, ok, type Result } from './result.ts';

/**
 * The speed test of wire spec 8.17: text frames outside JSON-RPC. A client announces `upload` bytes, sends `block`s and
 * `end`; a gateway answers with the milliseconds of `upload` and of `download`.
 */
export interface SpeedTestFrame {
  readonly kind: 'speedtest';
  readonly step: 'upload' | 'block' | 'download' | 'end';
  /** Bytes from a client, milliseconds from a gateway; undefined where none was given. */
  readonly value: number | undefined;
  /** Characters of the whole frame. */
  readonly size: number;
}

const STEPS: Readonly<Record<string, SpeedTestFrame['step']>> = {
  U: 'upload',
  B: 'block',
  D: 'download',
};

/** @returns undefined when the text is no frame of a speed test */
export function readSpeedTest(
  text: string,
  limits: FrameLimits,
): Result<SpeedTestFrame, FrameError> | undefined {
  if (!text.startsWith('#SP')) {
    return undefined;
  }
  return exceedsBytes(text, limits.maxBytes)
    ? err({ code: 'too_large', message: 'Frame too large', rpcCode: -32600 })
    : ok(parseSpeedTest(text));
}

/** Any letter but U, B and D ends the upload, as in FreeSWITCH. Never fails. */
function parseSpeedTest(text: string): SpeedTestFrame {
  const step = STEPS[text.charAt(3)] ?? 'end';
  // FreeSWITCH puts a space before the number, Telnyx does not. Blocks are filler, whatever they hold.
  const digits = step === 'block' ? '' : text.slice(4, 20).trim();
  const value = /^\d{1,12}$/.test(digits) ? Number(digits) : undefined;
  return { kind: 'speedtest', step, value, size: text.length };
}

/** What a client sends: `upload` with the bytes to come, `block` with its filler's size, `end`. */
export function encodeSpeedTest(step: 'upload' | 'block' | 'end', value = 0): string {
  switch (step) {
    case 'upload':
      return `#SPU ${value}`;
    case 'block':
      return `#SPB ${'.'.repeat(value)}`;
    case 'end':
      return '#SPE';
  }
}

/** What a gateway answers: whole milliseconds, directly after the letter. */
export function encodeSpeedTestResult(step: 'upload' | 'download', milliseconds: number): string {
  return `#SP${step === 'upload' ? 'U' : 'D'}${Math.round(milliseconds)}`;
}
