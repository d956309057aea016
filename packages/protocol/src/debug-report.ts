import { check, type Checked } from './check.ts';
import type { UnknownFrame } from './envelope.ts';
import type { FrameError, FrameId } from './frame-error.ts';
import type { JsonObject } from './json.ts';
import { ok, type Result } from './result.ts';
import { upTo } from './schemas/client-tools.ts';
import { anything, number, object, oneOf } from './schemas/tools.ts';

/**
 * Debug reports over the socket (wire spec 17): requests with `type` in the place of `method` and no `params`. Each with an
 * `id` wants a result; a start blocks the reference client's call until it has one.
 */
const DebugFrameSchema = object({
  type: oneOf('debug_report_start', 'debug_report_data', 'debug_report_stop'),
  debug_report_id: upTo(256),
  debug_report_version: number,
  call_id: upTo(256),
  debug_report_data: anything,
});

export type DebugReportType = Checked<typeof DebugFrameSchema>['type'];

export interface DebugFrame {
  readonly kind: 'debug';
  readonly id: FrameId | undefined;
  readonly type: DebugReportType;
  /** One a peer connection. */
  readonly debug_report_id: string;
  readonly debug_report_version: number;
  readonly call_id: string;
  /** Only in `debug_report_data`: one event of the peer connection. */
  readonly debug_report_data?: unknown;
}

/** Reads a frame without a method; it stays unknown unless its `type` is one of a debug report. */
export function readDebugFrame(
  frame: JsonObject,
  unknown: UnknownFrame,
): Result<DebugFrame | UnknownFrame, FrameError> {
  const { type } = frame;
  if (typeof type !== 'string' || !type.startsWith('debug_report_')) {
    return ok(unknown);
  }
  const checked = check(DebugFrameSchema, frame, type, unknown.id);
  if (!checked.ok) {
    return checked;
  }
  const { debug_report_id, debug_report_version, call_id, debug_report_data } = checked.value;
  return ok({
    kind: 'debug',
    id: unknown.id,
    type: checked.value.type,
    debug_report_id,
    debug_report_version,
    call_id,
    ...(debug_report_data === undefined ? {} : { debug_report_data }),
  });
}

export function encodeDebugFrame(frame: Omit<DebugFrame, 'kind'>): string {
  const { id, type, debug_report_id, debug_report_version, call_id, debug_report_data } = frame;
  return JSON.stringify({
    jsonrpc: '2.0',
    id,
    type,
    debug_report_id,
    debug_report_version,
    call_id,
    debug_report_data,
  });
}
