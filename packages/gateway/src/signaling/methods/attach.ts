import { MediaError } from '../../media/media-plane.ts';
import { CALL_ERROR, failure, noSuchCall } from '../outcome.ts';
import type { Method } from './method.ts';

/** The client's answer to our attach: its call goes on with a new peer. */
export const attach: Method<'attach'> = async (params, { session }) => {
  const { callID } = params.dialogParams;
  const leg = session.legs.get(callID);
  if (!leg) {
    return noSuchCall(callID);
  }
  try {
    if (await leg.call.attached(leg, params.sdp)) {
      return { ok: true, result: { message: 'CALL ATTACHED', callID, sessid: session.id } };
    }
  } catch (error) {
    if (!(error instanceof MediaError)) {
      throw error;
    }
    return failure(CALL_ERROR, `CODEC ERROR: ${error.message}`, { callID });
  }
  return leg.ended ? noSuchCall(callID) : failure(CALL_ERROR, 'no attach waits for an answer');
};
