import type { Dialect } from './dialect.ts';
import type { FrameId } from './frame-error.ts';
import type { ClientMethod, GatewayMethod } from './methods.ts';
import type { ClientParams } from './schemas/client-params.ts';
import type { GatewayParams } from './schemas/gateway-params.ts';

/**
 * A request, or a notification when `id` is undefined, in either direction.
 * @throws TypeError when the dialect has no such method: a mistake of the program, not of the peer
 */
export function encodeRequest<M extends ClientMethod>(
  dialect: Dialect,
  id: FrameId | undefined,
  method: M,
  params: ClientParams[M],
  voiceSdkId?: string,
): string;
export function encodeRequest<M extends GatewayMethod>(
  dialect: Dialect,
  id: FrameId | undefined,
  method: M,
  params: GatewayParams[M],
  voiceSdkId?: string,
): string;
export function encodeRequest(
  dialect: Dialect,
  id: FrameId | undefined,
  method: ClientMethod | GatewayMethod,
  params: unknown,
  voiceSdkId?: string,
): string {
  const wire = dialect.toWire.get(method);
  if (wire === undefined) {
    throw new TypeError(`The ${dialect.name} dialect has no ${method}`);
  }
  return JSON.stringify({
    jsonrpc: '2.0',
    id,
    method: wire,
    params,
    voice_sdk_id: voiceSdkId,
  });
}

/** An answer. `null` and `undefined` become `{}`: the reference client breaks on a null result. */
export function encodeResult(id: FrameId, result: unknown, voiceSdkId?: string): string {
  return JSON.stringify({ jsonrpc: '2.0', id, result: result ?? {}, voice_sdk_id: voiceSdkId });
}

/** A refusal. `id` is null when the request's could not be read. */
export function encodeError(
  id: FrameId | null,
  error: { readonly code: number; readonly message: string; readonly data?: unknown },
): string {
  const { code, message, data } = error;
  return JSON.stringify({ jsonrpc: '2.0', id, error: { code, message, data } });
}
