import * as v from 'valibot';
import type { OffhookFeatures } from '../features.ts';
import type { ClientMethod } from '../methods.ts';
import { IceServerSchema } from './ice-servers.ts';
import { type Known, lenient, list, numeric } from './tools.ts';

const string = () => lenient(v.string());
const names = () => lenient(list(v.string()));
const iceServers = () => lenient(v.array(IceServerSchema));
const feature = () => v.fallback(v.boolean(), false);

const FeaturesSchema = v.looseObject({
  v: v.number(),
  trickle: feature(),
  reattach: feature(),
  replace: feature(),
  ping: feature(),
  ai: feature(),
}) satisfies v.GenericSchema<unknown, OffhookFeatures>;

/** Wire spec 4.3. `sessid` is '' when the gateway gave none. */
const LoginSchema = v.looseObject({
  message: string(),
  sessid: v.fallback(v.string(), ''),
  /** What a gateway of ours offers; absent from others. */
  offhook: lenient(FeaturesSchema),
  /** TURN credentials of a gateway of ours, good for 12 h. */
  ice_servers: iceServers(),
});

/** Wire spec 5.1. Any state passes, see `isGatewayState`. */
const GatewayStateSchema = v.looseObject({
  method: string(),
  params: v.looseObject({
    state: v.string(),
    call_report_id: string(),
    dc: string(),
    region: string(),
    ice_servers: iceServers(),
  }),
  sessid: string(),
});

/** Nothing in it is needed: that it came is what counts. */
const CallSchema = v.looseObject({
  message: string(),
  callID: string(),
  cause: string(),
  causeCode: lenient(numeric()),
  sessid: string(),
});

/** Wire spec 8.8. `holdState` other than `active` means held; `sdp` answers `updateMedia`. */
const ModifySchema = v.looseObject({
  action: string(),
  callID: string(),
  holdState: string(),
  sdp: string(),
  sessid: string(),
});

const PlainSchema = v.looseObject({ message: string(), sessid: string() });

const SubscribeSchema = v.looseObject({
  subscribedChannels: names(),
  alreadySubscribedChannels: names(),
  unauthorizedChannels: names(),
});

const UnsubscribeSchema = v.looseObject({
  unsubscribedChannels: names(),
  notSubscribedChannels: names(),
});

/** FreeSWITCH puts the error of a broadcast into a successful result. */
const BroadcastSchema = v.looseObject({ code: lenient(numeric()), message: string() });

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
} satisfies Record<ClientMethod, v.GenericSchema>;

export type LoginResult = Known<v.InferOutput<typeof LoginSchema>>;
export type GatewayStateResult = Known<v.InferOutput<typeof GatewayStateSchema>>;
export type CallResult = Known<v.InferOutput<typeof CallSchema>>;
export type InviteResult = CallResult;
export type AnswerResult = CallResult;
export type AttachResult = CallResult;
export type ByeResult = CallResult;
export type ModifyResult = Known<v.InferOutput<typeof ModifySchema>>;
export type PlainResult = Known<v.InferOutput<typeof PlainSchema>>;
export type SubscribeResult = Known<v.InferOutput<typeof SubscribeSchema>>;
export type UnsubscribeResult = Known<v.InferOutput<typeof UnsubscribeSchema>>;
export type BroadcastResult = Known<v.InferOutput<typeof BroadcastSchema>>;

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
