import type { RemoteCandidate } from '../../media/media-plane.ts';
import type { Session } from '../session.ts';
import type { Method } from './method.ts';

/** Answered at once: the client reads nothing in the reply, and what a candidate is good for shows in the media. */
export const candidate: Method<'candidate'> = (params, { session }) => {
  take(session, params.dialogParams.callID, {
    candidate: params.candidate,
    sdpMid: params.sdpMid ?? null,
    sdpMLineIndex: params.sdpMLineIndex ?? null,
  });
  return { ok: true, result: { sessid: session.id } };
};

/** The reference may send it twice (wire spec 8.7); the media plane takes the second for the first. */
export const endOfCandidates: Method<'endOfCandidates'> = (params, { session }) => {
  take(session, params.dialogParams.callID, { candidate: null });
  return { ok: true, result: { sessid: session.id } };
};

function take(session: Session, callID: string, remote: RemoteCandidate): void {
  const leg = session.legs.get(callID);
  if (leg) {
    leg.candidate(remote);
  } else if (!session.hadCall(callID)) {
    session.keepCandidate(callID, remote);
  }
}
