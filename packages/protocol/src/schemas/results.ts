import type { Check, Checked } from '../check.ts';
import type { OffhookFeatures } from '../features.ts';
import type { ClientMethod } from '../methods.ts';
import { IceServersSchema } from './ice-servers.ts';
import {
  boolean,
  type Known,
  lenient,
  list,
  number,
  numeric,
  object,
  otherwise,
  string,
} from './tools.ts';

const text = lenient(string);
const names = lenient(list(string));
const iceServers = lenient(IceServersSchema);
const feature = otherwise(boolean, false);

/** Any state passes, see `isGatewayState`. */
const stateParams = object({
  state: string,
  call_report_id: text,
  dc: text,
  region: text,
  ice_servers: iceServers,
});

const FeaturesSchema = object({
  v: number,
  trickle: feature,
  reattach: feature,
  replace: feature,
  ping: feature,
  ai: feature,
  transfer: feature,
  registered: lenient(stateParams),
}) satisfies Check<OffhookFeatures>;

/** Wire spec 4.3. `sessid` is '' when the gateway gave none. */
const LoginSchema = object({
  message: text,
  sessid: otherwise(string, ''),
  /** What a gateway of ours offers; absent from others. */
  offhook: lenient(FeaturesSchema),
  /** TURN credentials of a gateway of ours, good for 12 h. */
  ice_servers: iceServers,
});

/** Wire spec 5.1. */
const GatewayStateSchema = object({
  method: text,
  params: stateParams,
  sessid: text,
});

/** Nothing in it is needed: that it came is what counts. */
const CallSchema = object({
  message: text,
  callID: text,
  cause: text,
  causeCode: lenient(numeric),
  sessid: text,
});

/** Wire spec 8.8. `holdState` other than `active` means held; `sdp` answers `updateMedia`. */
const ModifySchema = object({
  action: text,
  callID: text,
  holdState: text,
  sdp: text,
  sessid: text,
});

const PlainSchema = object({ message: text, sessid: text });

const SubscribeSchema = object({
  subscribedChannels: names,
  alreadySubscribedChannels: names,
  unauthorizedChannels: names,
});

const UnsubscribeSchema = object({
  unsubscribedChannels: names,
  notSubscribedChannels: names,
});

/** FreeSWITCH puts the error of a broadcast into a successful result. */
const BroadcastSchema = object({ code: lenient(numeric), message: text });

/** One schema a client method. */
export const CLIENT_RESULTS = {
  login: LoginSchema,
  anonymous_login: LoginSchema,
  gatewayState: GatewayStateSchema,
  ping: PlainSchema,
  invite: CallSchema,
  answer: CallSchema,
  attach: CallSchema,
  modify: ModifySchema,
  bye: CallSchema,
  info: PlainSchema,
  candidate: PlainSchema,
  endOfCandidates: PlainSchema,
  subscribe: SubscribeSchema,
  unsubscribe: UnsubscribeSchema,
  broadcast: BroadcastSchema,
  ai_conversation: PlainSchema,
} satisfies Record<ClientMethod, Check<unknown>>;

export type LoginResult = Known<Checked<typeof LoginSchema>>;
export type GatewayStateResult = Known<Checked<typeof GatewayStateSchema>>;
export type CallResult = Known<Checked<typeof CallSchema>>;
export type InviteResult = CallResult;
export type AnswerResult = CallResult;
export type AttachResult = CallResult;
export type ByeResult = CallResult;
export type ModifyResult = Known<Checked<typeof ModifySchema>>;
export type PlainResult = Known<Checked<typeof PlainSchema>>;
export type SubscribeResult = Known<Checked<typeof SubscribeSchema>>;
export type UnsubscribeResult = Known<Checked<typeof UnsubscribeSchema>>;
export type BroadcastResult = Known<Checked<typeof BroadcastSchema>>;

/** The result of each client method. */
export interface ClientResults {
  readonly login: LoginResult;
  readonly anonymous_login: LoginResult;
  readonly gatewayState: GatewayStateResult;
  readonly ping: PlainResult;
  readonly invite: InviteResult;
  readonly answer: AnswerResult;
  readonly attach: AttachResult;
  readonly modify: ModifyResult;
  readonly bye: ByeResult;
  readonly info: PlainResult;
  readonly candidate: PlainResult;
  readonly endOfCandidates: PlainResult;
  readonly subscribe: SubscribeResult;
  readonly unsubscribe: UnsubscribeResult;
  readonly broadcast: BroadcastResult;
  readonly ai_conversation: PlainResult;
}
