import { Call } from '../calls/call.ts';
import type { Leg } from '../calls/leg.ts';
import { CallAi } from './call-ai.ts';

/** The one of this call; made when it is first asked for, or when its assistant first says something. */
function aiOf(leg: Leg): CallAi {
  return leg.assistant((own) => new CallAi(own));
}

/**
 * A message of the gateway. Ours name the call; the service's mean the session's one call, and where there are several nobody can say
 * which: then it is an event of the client only.
 */
function take(legs: readonly Leg[], params: { readonly call_id?: unknown }): void {
  const { call_id: id } = params;
  const leg =
    typeof id === 'string'
      ? legs.find((one) => one.id === id)
      : legs.length === 1
        ? legs[0]
        : undefined;
  if (leg) {
    aiOf(leg).take(params);
  }
}

/** Gives every call of the page its `call.ai`. */
export function install(): void {
  Object.assign(Call.assistants, { of: aiOf, take });
}
