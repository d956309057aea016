import { readDebugFrame } from './debug-report.ts';
import type { Dialect } from './dialect.ts';
import { readEnvelope } from './envelope.ts';
import type { ClientFrame } from './frame.ts';
import type { FrameError } from './frame-error.ts';
import { readObject } from './json.ts';
import { DEFAULT_FRAME_LIMITS, type FrameLimits } from './limits.ts';
import { parseCall } from './parse-call.ts';
import type { Result } from './result.ts';
import { CLIENT_PARAMS } from './schemas/client-params.ts';
import { readSpeedTest } from './speed-test.ts';

/**
 * Reads what a client sent to a gateway. Never throws. An error holds `id` and `method` where they could be read, so that
 * the gateway can answer with `rpcCode`.
 */
export function parseClientFrame(
  text: string,
  dialect: Dialect,
  limits: FrameLimits = DEFAULT_FRAME_LIMITS,
): Result<ClientFrame, FrameError> {
  const speedTest = readSpeedTest(text, limits);
  if (speedTest !== undefined) {
    return speedTest;
  }
  const frame = readObject(text, limits);
  if (!frame.ok) {
    return frame;
  }
  const envelope = readEnvelope(frame.value, dialect);
  if (!envelope.ok) {
    return envelope;
  }
  const { value } = envelope;
  if (value.kind === 'call') {
    // The schemas of CLIENT_PARAMS are what ClientRequest is inferred from, method by method.
    return parseCall(value, CLIENT_PARAMS) as Result<ClientFrame, FrameError>;
  }
  if (value.kind === 'unknown' && value.method === undefined) {
    return readDebugFrame(frame.value, value);
  }
  return { ok: true, value };
}
