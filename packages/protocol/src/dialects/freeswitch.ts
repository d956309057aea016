import { type Dialect, defineDialect } from '../dialect.ts';

/**
 * Verto as FreeSWITCH's `mod_verto` speaks it. It has no ringing, no trickled candidates, no gateway state, no anonymous
 * login and none of our extensions.
 */
export const freeswitchDialect: Dialect = /* @__PURE__ */ defineDialect(
  'freeswitch',
  'verto',
  [
    'ping',
    'invite',
    'answer',
    'attach',
    'modify',
    'bye',
    'info',
    'subscribe',
    'unsubscribe',
    'broadcast',
    'clientReady',
    'punt',
    'media',
    'display',
    'event',
  ],
  ['login'],
);
