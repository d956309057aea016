import { brotliDecompressSync, gunzipSync, inflateSync } from 'node:zlib';
import { parseCallRecording, parseCallReport } from '@offhook/protocol';
import type { CallRecording, CallReport, Result } from '@offhook/protocol';
import { scrub } from './scrub.ts';
import type { Upload, UploadRefusal } from './store.ts';

/** What a body may be after it was unpacked: a small one can hold a large one. */
export const UNPACKED_BYTES = { report: 8 * 1024 * 1024, recording: 24 * 1024 * 1024 } as const;

/** A call of days, flushed every second. */
const MAX_SEGMENT = 1_000_000;

export class BodyError extends Error {
  readonly reason: UploadRefusal;
  constructor(reason: UploadRefusal, message: string) {
    super(message);
    this.name = 'BodyError';
    this.reason = reason;
  }
}

/** @throws {BodyError} */
export function readReport(upload: Upload): CallReport {
  const report = checked(parseCallReport(scrub(readJson(upload, UNPACKED_BYTES.report))));
  mustBe(upload.callId, report.summary.callId);
  if ((report.segment ?? 0) > MAX_SEGMENT) {
    throw new BodyError('bad_body', 'segment: expected a count of segments');
  }
  return report;
}

/** @throws {BodyError} */
export function readRecording(upload: Upload): CallRecording {
  const recording = checked(parseCallRecording(readJson(upload, UNPACKED_BYTES.recording)));
  mustBe(upload.callId, recording.call_id);
  return recording;
}

function mustBe(callId: string, named: string): void {
  if (callId === named) {
    return;
  }
  throw new BodyError('call_mismatch', 'The body is about another call than x-call-id names');
}

function checked<T>(result: Result<T, { readonly message: string }>): T {
  if (result.ok) {
    return result.value;
  }
  throw new BodyError('bad_body', result.error.message);
}

function readJson(upload: Upload, maxBytes: number): unknown {
  const bytes = unpack(upload, maxBytes);
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)) as unknown;
  } catch {
    // The parser's message quotes the body.
    throw new BodyError('bad_body', 'The body is not JSON in UTF-8');
  }
}

function unpack({ body, encoding }: Upload, maxOutputLength: number): Uint8Array {
  try {
    switch (encoding) {
      case 'identity':
        return body;
      case 'gzip':
        return gunzipSync(body, { maxOutputLength });
      case 'deflate':
        return inflateSync(body, { maxOutputLength });
      case 'br':
        return brotliDecompressSync(body, { maxOutputLength });
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') {
      const limit = `The unpacked body is larger than ${String(maxOutputLength)} bytes`;
      throw new BodyError('too_large', limit);
    }
    throw new BodyError('bad_encoding', `The body cannot be unpacked as ${encoding}`);
  }
}
