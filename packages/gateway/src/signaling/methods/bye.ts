import { CAUSES, causeOf } from '@offhook/protocol';
import { customHeaders } from '../../calls/dialog.ts';
import type { Method } from './method.ts';

/**
 * Always answered with a result, also for a call that is not there or not this client's: both byes may have crossed, and an
 * error would show as a failure to hang up (44003) of a call that is over. Nothing but the session's own call changes.
 */
export const bye: Method<'bye'> = (params, { core, session }) => {
  const { callID } = params.dialogParams;
  const cause = causeOf(params.cause, params.causeCode);
  const leg = session.legs.get(callID);
  if (leg) {
    const ending = { cause, headers: customHeaders(params.dialogParams) };
    core.switchboard.hangup(leg, ending, params.offhook?.replacedBy !== undefined);
  }
  return {
    ok: true,
    result: { message: 'CALL ENDED', callID, cause, causeCode: CAUSES[cause], sessid: session.id },
  };
};
