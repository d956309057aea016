import { encodeIceServers } from '../ice-servers.ts';
import type { Method } from './method.ts';

/**
 * Whoever is signed in is registered: there is no registrar behind us to wait for. No `call_report_id`: without one no client
 * uploads reports, and there is no intake yet.
 */
export const gatewayState: Method<'gatewayState'> = (params, { core, session }) => {
  if (params.offhook !== undefined) session.extended = true;
  const { dc, region } = core.config;
  return {
    ok: true,
    result: {
      method: 'telnyx_rtc.gatewayState',
      params: { state: 'REGED', dc, region, ...encodeIceServers(core.iceServers(session.user)) },
      sessid: session.id,
    },
    voiceSdkId: session.voiceSdkId,
  };
};
