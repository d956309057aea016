import { CAUSES, type Cause } from '@offhook/protocol';
import { callerIdentity, customHeaders } from '../../calls/dialog.ts';
import { CALL_ERROR, failure } from '../outcome.ts';
import type { Method } from './method.ts';

const REFUSALS = {
  in_use: { cause: 'DESTINATION_OUT_OF_ORDER', message: 'callID is in use' },
  no_audio: {
    cause: 'INCOMPATIBLE_DESTINATION',
    message: 'CODEC ERROR: the offer is no description with audio',
  },
  expired: { cause: 'CALL_REJECTED', message: 'the login token has expired; sign in again' },
  // Dialling its destination instead would ring a person.
  nothing_to_recover: {
    cause: 'INVALID_CALL_REFERENCE',
    message: 'the call to recover does not exist',
  },
} as const satisfies Readonly<Record<string, { cause: Cause; message: string }>>;

/**
 * Answered at once: ringing, early media and answer must not overtake the result (wire spec 8.1). What is wrong with the
 * destination is told by a bye, since a bye carries a cause to the application and an error does not.
 */
export const invite: Method<'invite'> = (params, { core, session }) => {
  const from = core.clock.monotonic();
  const { dialogParams: dialog, sdp } = params;
  const { callID } = dialog;
  const invitation = core.switchboard.invite(session, {
    callID,
    sdp,
    destination: dialog.destination_number,
    identity: callerIdentity(dialog, session.user, session.displayName),
    headers: customHeaders(dialog),
    callerNumber: dialog.caller_id_number,
    recovers: dialog.recoveredCallId,
  });
  if (!invitation.ok) {
    const { cause, message } = REFUSALS[invitation.why];
    return failure(CALL_ERROR, message, { callID, cause, causeCode: CAUSES[cause] });
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
