import { customHeaders } from '../../calls/dialog.ts';
import { endingOf } from '../../calls/hangup.ts';
import { MediaError } from '../../media/media-plane.ts';
import { CALL_ERROR, failure, noSuchCall } from '../outcome.ts';
import type { Method } from './method.ts';

/** A device answers. The result comes when the media plane took the description: it makes the client's call active. */
export const answer: Method<'answer'> = async (params, { core, session }) => {
  const { callID } = params.dialogParams;
  const over = {
    ok: true,
    result: { message: 'CALL ENDED', callID, sessid: session.id },
  } as const;
  const leg = session.legs.get(callID);
  // The bye is on its way. An error now would make the reference report a failure of its own beside it.
  if (!leg) {
    return session.hadCall(callID) ? over : noSuchCall(callID);
  }
  if (leg.role === 'caller') {
    return failure(CALL_ERROR, 'this call was placed, not received');
  }
  try {
    const outcome = await leg.call.answer(leg, params.sdp, customHeaders(params.dialogParams));
    if (outcome === 'over') {
      return over;
    }
  } catch (error) {
    const isMedia = error instanceof MediaError;
    if (!isMedia) {
      core.guard.caught('frame', error);
    }
    const refusal = isMedia
      ? failure(CALL_ERROR, `CODEC ERROR: ${error.message}`, { callID })
      : failure(-32603, 'internal error', { callID });
    return {
      ...refusal,
      after: () => {
        leg.call.dropDevice(leg, endingOf(error));
      },
    };
  }
  return { ok: true, result: { message: 'CALL ANSWERED', callID, sessid: session.id } };
};
