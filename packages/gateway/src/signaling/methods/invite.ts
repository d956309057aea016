import { CAUSES } from '@offhook/protocol';
import { CALL_ERROR, failure, type Method } from './method.ts';

/**
 * Answered at once: ringing, early media and answer must not overtake the result (wire spec 8.1). What is wrong with the
 * destination is told by a bye, since a bye carries a cause to the application and an error does not.
 */
export const invite: Method<'invite'> = (params, { core, session }) => {
  const from = core.clock.monotonic();
  const { callID } = params.dialogParams;
  const invitation = core.switchboard.invite(session, params);
  if (!invitation.ok) {
    return invitation.why === 'in_use'
      ? failure(CALL_ERROR, 'callID is in use', {
          callID,
          cause: 'DESTINATION_OUT_OF_ORDER',
          causeCode: CAUSES.DESTINATION_OUT_OF_ORDER,
        })
      : failure(CALL_ERROR, 'CODEC ERROR: the offer is no description with audio', {
          callID,
          cause: 'INCOMPATIBLE_DESTINATION',
          causeCode: CAUSES.INCOMPATIBLE_DESTINATION,
        });
  }
  return {
    ok: true,
    result: { message: 'CALL CREATED', callID, sessid: session.id },
    after: () => {
      core.metrics.inviteHandled(core.clock.monotonic() - from);
      invitation.begin();
      for (const candidate of session.takeCandidates(callID)) {
        session.legs.get(callID)?.candidate(candidate);
      }
    },
  };
};
