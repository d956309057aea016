import { CAUSES, sipStatusFor, type GatewayParams } from '@offhook/protocol';
import type { Ending } from '../calls/hangup.ts';

/** `sipCode` and `sipReason` only where something failed. */
export function byeParams(
  callID: string,
  ending: Ending,
  ids: Pick<GatewayParams['bye'], 'telnyx_call_control_id' | 'telnyx_session_id' | 'telnyx_leg_id'>,
): GatewayParams['bye'] {
  const { sip: words } = ending;
  const mapped = sipStatusFor(ending.cause);
  const sip = words?.code === undefined ? mapped : { code: words.code, reason: words.reason ?? '' };
  return {
    callID,
    cause: ending.cause,
    causeCode: CAUSES[ending.cause],
    ...(sip === undefined ? {} : { sipCode: sip.code, sipReason: sip.reason }),
    ...(words?.callId === undefined ? {} : { sipCallId: words.callId }),
    ...ids,
    dialogParams: { custom_headers: ending.headers ?? [] },
  };
}
