import { encodeIceServers } from '../ice-servers.ts';
import type { SignalingCore } from '../core.ts';
import type { Session } from '../session.ts';
import type { Method } from './method.ts';

/**
 * Whoever is signed in is registered: there is no registrar behind us to wait for. Without a `call_report_id` no client uploads
 * reports.
 */
export const gatewayState: Method<'gatewayState'> = (params, { core, session }) => {
  if (params.offhook !== undefined) {
    session.extend();
  }
  return {
    ok: true,
    result: {
      method: 'telnyx_rtc.gatewayState',
      params: {
        ...registeredState(core, session),
        ...encodeIceServers(core.iceServers(session.user, session.guestOf?.assistant ?? null)),
      },
      sessid: session.id,
    },
    voiceSdkId: session.voiceSdkId,
  };
};

/** What is to be known of a session that is signed in; our login reply says it too, so that a client need not ask first. */
export function registeredState(
  core: SignalingCore,
  session: Session,
): { state: 'REGED'; dc: string; region: string; call_report_id?: string } {
  const { dc, region } = core.config;
  const key = core.reports?.reportKey(session) ?? null;
  return { state: 'REGED', dc, region, ...(key === null ? {} : { call_report_id: key }) };
}
