import { Call } from '../calls/call.ts';
import type { CallCore, CallHost } from '../calls/core.ts';
import { CallAi } from './call-ai.ts';

/** The one of this call; made when it is first asked for, or when its assistant first says something. */
function aiOf(core: CallCore): CallAi {
  return (core.ai ??= new CallAi(core));
}

/**
 * A message of the gateway. Ours name the call; the service's mean the session's one call, and where there are several nobody can say
 * which: then it is an event of the client only.
 */
function take(host: CallHost, params: { readonly call_id?: unknown }): void {
  const cores = host.cores();
  const { call_id: id } = params;
  const core = typeof id === 'string' ? host.holder(id) : cores.length === 1 ? cores[0] : undefined;
  if (core) aiOf(core).take(params);
}

/** Gives every call of the page its `call.ai`. */
export function install(): void {
  Object.assign(Call.assistants, { of: aiOf, take });
}
