import { parseAiClientMessage } from '@offhook/protocol';
import type { Leg } from '../../calls/leg.ts';
import type { MessageOutcome } from '../../services/service.ts';
import type { Session } from '../session.ts';
import { CALL_ERROR, failure } from '../outcome.ts';
import type { Method } from './method.ts';

/**
 * What a page tells its assistant. A notification gets no reply (wire spec 8.15), so what is wrong with it is told by an `error`
 * event of the conversation; a request gets both.
 */
export const aiConversation: Method<'ai_conversation'> = (params, { session }) => {
  const message = parseAiClientMessage(params);
  const leg = legOf(session, message.ok ? message.value.call_id : undefined);
  if (!leg?.call.service?.onMessage) {
    return failure(CALL_ERROR, 'there is no call with an assistant');
  }
  if (!message.ok) {
    tellError(leg, { code: 'bad_item', message: message.error.message });
    return failure(message.error.rpcCode, message.error.message);
  }
  const outcome = leg.call.service.onMessage(message.value);
  if (!outcome.ok) {
    tellError(leg, outcome);
    return failure(CALL_ERROR, outcome.message, { code: outcome.code });
  }
  const { tools } = outcome;
  return { ok: true, result: { sessid: session.id, ...(tools === undefined ? {} : { tools }) } };
};

/** The call that a message names; else the session's latest one with an assistant. */
function legOf(session: Session, callID: string | undefined): Leg | undefined {
  if (callID !== undefined) {
    return session.legs.get(callID);
  }
  return [...session.legs.values()].findLast((leg) => leg.call.service?.onMessage !== undefined);
}

function tellError(
  leg: Leg,
  { code, message }: Pick<Extract<MessageOutcome, { ok: false }>, 'code' | 'message'>,
): void {
  leg.tell({ kind: 'conversation', event: { type: 'error', error: { code, message } } });
}
