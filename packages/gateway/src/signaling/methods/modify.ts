import type { Leg } from '../../calls/leg.ts';
import { MediaError } from '../../media/media-plane.ts';
import { transfer } from './transfer.ts';
import { CALL_ERROR, failure, noSuchCall } from '../outcome.ts';
import type { Method } from './method.ts';

/** Hold in its three forms, the new offer of an ICE restart, and transfers. */
export const modify: Method<'modify'> = async (params, context) => {
  const { session } = context;
  const { action } = params;
  const { callID } = params.dialogParams;
  const leg = session.legs.get(callID);
  if (!leg) {
    return noSuchCall(callID);
  }
  try {
    switch (action) {
      case 'hold':
      case 'unhold':
      case 'toggleHold': {
        if (!leg.answered) {
          return failure(CALL_ERROR, 'the call is not answered', { callID });
        }
        await leg.call.hold(leg, action === 'toggleHold' ? !leg.held : action === 'hold');
        return { ok: true, result: { action, callID, ...stateOf(leg), sessid: session.id } };
      }
      case 'updateMedia': {
        const { sdp } = params;
        if (sdp === undefined) {
          return failure(-32602, 'sdp: expected an offer', { callID });
        }
        if (!leg.negotiated) {
          return failure(CALL_ERROR, 'the call is not answered', { callID });
        }
        const answer = await leg.reoffered(sdp, leg.call.codec);
        return {
          ok: true,
          result: { action, callID, sdp: answer, ...stateOf(leg), sessid: session.id },
        };
      }
      case 'transfer':
      case 'replace':
        return await transfer(params, leg, context);
      default:
        return failure(
          -32602,
          'action: expected hold, unhold, toggleHold, updateMedia, transfer or replace',
        );
    }
  } catch (error) {
    if (!(error instanceof MediaError)) {
      throw error;
    }
    return failure(CALL_ERROR, error.message, { callID, action });
  }
};

/** The reference takes anything but `active` for held (wire spec 8.8.1). */
function stateOf(leg: Leg): { holdState: 'active' | 'held' } {
  return { holdState: leg.held ? 'held' : 'active' };
}
