import { when } from '../../soon.ts';
import { CALL_ERROR, failure } from '../outcome.ts';
import type { Method } from './method.ts';

/** Digits for the far end of a call, or a text for another user. */
export const info: Method<'info'> = (params, { core, session }) => {
  const { dtmf, msg } = params;
  if (dtmf !== undefined) {
    const leg = session.legs.get(params.dialogParams.callID);
    leg?.call.digits(leg, dtmf);
  }
  const to = msg?.to;
  const body = msg?.body;
  if (to !== undefined && body !== undefined) {
    if (session.guestOf !== null) {
      return failure(CALL_ERROR, 'a guest reaches its assistant and nobody else');
    }
    // Whoever it says it is from, it is from the user that signed in.
    return when(core.switchboard.message(session, to, body), (devices) => {
      const message = devices === 0 ? 'RECIPIENT NOT REACHABLE' : 'SENT';
      return { ok: true, result: { message, sessid: session.id } } as const;
    });
  }
  return { ok: true, result: { message: 'SENT', sessid: session.id } };
};
