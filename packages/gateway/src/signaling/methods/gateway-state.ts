import { encodeIceServers } from '../ice-servers.ts';
import type { Method } from './method.ts';

/**
 * Whoever is signed in is registered: there is no registrar behind us to wait for. Without a `call_report_id` no client uploads
 * reports.
 */
export const gatewayState: Method<'gatewayState'> = (params, { core, session }) => {
  if (params.offhook !== undefined) session.extended = true;
  const { dc, region } = core.config;
  const key = core.reports?.reportKey(session) ?? null;
  return {
    ok: true,
    result: {
      method: 'telnyx_rtc.gatewayState',
      params: {
        state: 'REGED',
        dc,
        region,
        ...(key === null ? {} : { call_report_id: key }),
        ...encodeIceServers(core.iceServers(session.user)),
      },
      sessid: session.id,
    },
    voiceSdkId: session.voiceSdkId,
  };
};
