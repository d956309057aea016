/**
 * Method names without a dialect's prefix. A {@link Dialect} maps them to what stands on the wire, where `invite` is
 * `telnyx_rtc.invite` or `verto.invite`.
 */

/** What a client asks of a gateway. */
export type ClientMethod =
  | 'login'
  | 'anonymous_login'
  | 'gatewayState'
  | 'ping'
  | 'invite'
  | 'answer'
  | 'attach'
  | 'modify'
  | 'bye'
  | 'info'
  | 'candidate'
  | 'endOfCandidates'
  | 'subscribe'
  | 'unsubscribe'
  | 'broadcast'
  | 'ai_conversation';

/** What a gateway tells or asks a client. */
export type GatewayMethod =
  | 'clientReady'
  | 'gatewayState'
  | 'ping'
  | 'punt'
  | 'invite'
  | 'ringing'
  | 'media'
  | 'answer'
  | 'bye'
  | 'attach'
  | 'candidate'
  | 'endOfCandidates'
  | 'display'
  | 'info'
  | 'event'
  | 'ai_conversation'
  | 'offhook';

export type Method = ClientMethod | GatewayMethod;
