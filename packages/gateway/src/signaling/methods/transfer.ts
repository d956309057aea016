import { randomUUID } from 'node:crypto';
import type { ClientParams, ClientResults } from '@offhook/protocol';
import type { Leg } from '../../calls/leg.ts';
import type { TransferReply } from '../../calls/transfer-order.ts';
import { when, type Soon } from '../../soon.ts';
import { byeParams } from '../bye-params.ts';
import { CALL_ERROR, failure, noSuchCall, type Outcome } from '../outcome.ts';
import type { MethodContext } from './method.ts';

type Reply = Outcome<Partial<ClientResults['modify']>>;

/**
 * `transfer` and `replace` in FreeSWITCH's form. The result says that it is under way; then either the leg ends, by BLIND_TRANSFER or
 * ATTENDED_TRANSFER, or an `offhook` frame tells why nothing came of it. Asked again by the same name, it tells how it stands.
 */
export function transfer(
  params: ClientParams['modify'],
  leg: Leg,
  { core, session }: MethodContext,
): Soon<Reply> {
  const { callID } = leg;
  const { action, destination, replaceCallID, dialogParams } = params;
  const id = params.offhook?.transfer ?? randomUUID();
  const answer = (reply: TransferReply): Reply => {
    if (reply.ok) {
      const holdState = leg.held ? 'held' : 'active';
      return { ok: true, result: { action, callID, holdState, sessid: session.id } };
    }
    const { cause, causeCode, sipCode, sipReason } = byeParams(callID, reply.ending, {});
    const data = { callID, action, cause, causeCode, sipCode, sipReason };
    return failure(CALL_ERROR, `transfer failed: ${cause}`, data);
  };
  if (params.offhook?.cancel === true) {
    core.switchboard.transfers.cancel(leg, id);
    return answer({ ok: true });
  }
  if (action === 'replace') {
    if (replaceCallID === undefined) {
      return failure(-32602, 'replaceCallID: expected a call');
    }
    const other = otherLeg(replaceCallID, { core, session });
    return other
      ? answer(core.switchboard.transfers.attended(id, leg, other))
      : noSuchCall(replaceCallID);
  }
  if (destination === undefined) {
    return failure(-32602, 'destination: expected a number or a name');
  }
  const callerNumber = dialogParams.caller_id_number;
  return when(core.switchboard.transfers.blind(leg, { id, destination, callerNumber }), answer);
}

/** Of this client, or of another one of its user. */
function otherLeg(callID: string, { core, session }: MethodContext): Leg | undefined {
  const own = session.legs.get(callID);
  if (own || session.guestOf !== null) {
    return own;
  }
  for (const party of core.directory.sessionsOf(session.user)) {
    const leg = party.legs.get(callID);
    if (leg) {
      return leg;
    }
  }
  return undefined;
}
