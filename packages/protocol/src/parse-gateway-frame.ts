import type { Dialect } from './dialect.ts';
import { readEnvelope } from './envelope.ts';
import type { GatewayFrame } from './frame.ts';
import type { FrameError } from './frame-error.ts';
import { readObject } from './json.ts';
import { DEFAULT_FRAME_LIMITS, type FrameLimits } from './limits.ts';
import { parseCall } from './parse-call.ts';
import { ok, type Result } from './result.ts';
import { GATEWAY_PARAMS } from './schemas/gateway-params.ts';
import { readSpeedTest } from './speed-test.ts';

/** Reads what a gateway sent to a client. Never throws. */
export function parseGatewayFrame(
  text: string,
  dialect: Dialect,
  limits: FrameLimits = DEFAULT_FRAME_LIMITS,
): Result<GatewayFrame, FrameError> {
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
  if (value.kind !== 'call') {
    return ok(value);
  }
  // The schemas of GATEWAY_PARAMS are what GatewayRequest is inferred from, method by method.
  return parseCall(value, GATEWAY_PARAMS) as Result<GatewayFrame, FrameError>;
}
