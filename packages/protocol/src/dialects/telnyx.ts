import { type Dialect, defineDialect } from '../dialect.ts';

/** Verto as Telnyx speaks it: the dialect of `@telnyx/webrtc` and of our own gateway. */
export const telnyxDialect: Dialect = /* @__PURE__ */ defineDialect(
  'telnyx',
  'telnyx_rtc',
  [
    'gatewayState',
    'ping',
    'invite',
    'answer',
    'attach',
    'modify',
    'bye',
    'info',
    'candidate',
    'endOfCandidates',
    'subscribe',
    'unsubscribe',
    'broadcast',
    'clientReady',
    'punt',
    'ringing',
    'media',
    'display',
    'event',
  ],
  ['login', 'anonymous_login', 'ai_conversation', 'offhook'],
  [['webrtc.event', 'event']],
);
