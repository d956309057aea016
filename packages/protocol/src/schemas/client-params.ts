import type { Check, Checked } from '../check.ts';
import type { ClientMethod } from '../methods.ts';
import {
  boundedList,
  callId,
  digits,
  flag,
  integer,
  longText,
  sdp,
  secret,
  text,
} from './client-tools.ts';
import { DialogParamsSchema, InviteDialogParamsSchema } from './dialog-params.ts';
import {
  anything,
  boolean,
  decoration,
  either,
  type Known,
  lenient,
  maybe,
  nullish,
  number,
  numeric,
  object,
  oneOf,
  openObject,
  optional,
} from './tools.ts';

const MAX_SURVIVORS = 64;
const MAX_CHANNELS = 64;

/** An object in login, a string in call messages, as mobile SDKs send it everywhere. */
const userAgent = maybe(either(longText, openObject));

/** Only towards a gateway that announced itself. A shape of another version is read as absent. */
const survivors = lenient(
  object({
    v: number,
    calls: optional(
      boundedList(object({ callID: callId, peer: oneOf('live', 'gone') }), MAX_SURVIVORS),
    ),
  }),
);

/** Wire spec 4.1. All configured credentials come together; which one counts is the gateway's decision. */
export const LoginSchema = object({
  login: maybe(text),
  passwd: maybe(secret),
  login_token: maybe(secret),
  userVariables: maybe(openObject),
  reconnection: maybe(flag),
  loginParams: maybe(openObject),
  'User-Agent': userAgent,
  /** The session to resume. */
  sessid: maybe(text),
  offhook: survivors,
});

/** Wire spec 4.2. */
export const AnonymousLoginSchema = object({
  target_type: text,
  target_id: text,
  target_version_id: maybe(text),
  target_params: maybe(openObject),
  userVariables: maybe(openObject),
  reconnection: maybe(flag),
  'User-Agent': userAgent,
  sessid: maybe(text),
  offhook: survivors,
});

/** `offhook` tells a gateway of ours that this client understands our frames. */
export const GatewayStateQuerySchema = object({
  offhook: lenient(object({ v: number })),
});

export const ClientPingSchema = object({});

/** Wire spec 8.1: an offer. */
export const InviteSchema = object({
  sessid: maybe(text),
  sdp: sdp,
  /** Candidates follow in messages of their own. */
  trickle: maybe(flag),
  dialogParams: InviteDialogParamsSchema,
  'User-Agent': userAgent,
});

/** Wire spec 8.6 and 8.10: the answer to an invite or to an attach. */
export const AnswerSchema = object({
  sessid: decoration(maybe(text)),
  sdp: sdp,
  trickle: decoration(maybe(flag)),
  dialogParams: DialogParamsSchema,
  'User-Agent': decoration(userAgent),
});

/** Wire spec 8.8. `updateMedia` carries the offer of an ICE restart and `callID` a second time. */
export const ModifySchema = object({
  sessid: decoration(maybe(text)),
  /** `hold`, `unhold`, `toggleHold`, `updateMedia`, `transfer`, `replace`; FreeSWITCH knows more. */
  action: text,
  /** Of `transfer`: whom the far party is to talk to. */
  destination: maybe(text),
  /** Of `replace`: the other call, whose far party it is to talk to. */
  replaceCallID: maybe(callId),
  /** Names this transfer, from a client of ours; `cancel`: it is wanted no more. */
  offhook: lenient(object({ transfer: optional(callId), cancel: optional(boolean) })),
  callID: decoration(maybe(callId)),
  sdp: maybe(sdp),
  trickle: decoration(maybe(flag)),
  dialogParams: DialogParamsSchema,
});

/** Wire spec 8.9. */
export const ClientByeSchema = object({
  sessid: decoration(maybe(text)),
  /** A name of `CAUSES`; wins over the code. */
  cause: decoration(maybe(text)),
  causeCode: decoration(maybe(numeric)),
  sipCode: decoration(nullish(numeric)),
  sip_call_id: decoration(nullish(text)),
  dialogParams: DialogParamsSchema,
  offhook: lenient(object({ replacedBy: optional(callId) })),
});

/** Wire spec 8.11: digits or a text message. */
export const ClientInfoSchema = object({
  sessid: decoration(maybe(text)),
  dtmf: maybe(digits),
  msg: maybe(object({ from: maybe(text), to: maybe(text), body: maybe(longText) })),
  dialogParams: DialogParamsSchema,
});

/** Wire spec 8.7: one candidate; an empty one ends them like `endOfCandidates`. */
export const ClientCandidateSchema = object({
  sessid: decoration(maybe(text)),
  candidate: longText,
  sdpMid: nullish(text),
  sdpMLineIndex: nullish(integer(0, 65_535)),
  dialogParams: DialogParamsSchema,
});

export const ClientEndOfCandidatesSchema = object({
  sessid: decoration(maybe(text)),
  endOfCandidates: decoration(maybe(boolean)),
  dialogParams: DialogParamsSchema,
});

/** Wire spec 8.14, for subscribe and unsubscribe. FreeSWITCH also takes one name as a string. */
export const ChannelsSchema = object({
  sessid: maybe(text),
  eventChannel: either(text, boundedList(text, MAX_CHANNELS)),
});

export const BroadcastSchema = object({
  sessid: maybe(text),
  eventChannel: text,
  data: anything,
});

/** Wire spec 8.15: as a request with `previous_item_id`, or as a notification without. */
export const ClientAiConversationSchema = object({
  type: text,
  previous_item_id: nullish(text),
  item: maybe(object({ type: maybe(text), id: maybe(text) })),
});

/** One schema a client method. */
export const CLIENT_PARAMS = {
  login: LoginSchema,
  anonymous_login: AnonymousLoginSchema,
  gatewayState: GatewayStateQuerySchema,
  ping: ClientPingSchema,
  invite: InviteSchema,
  answer: AnswerSchema,
  attach: AnswerSchema,
  modify: ModifySchema,
  bye: ClientByeSchema,
  info: ClientInfoSchema,
  candidate: ClientCandidateSchema,
  endOfCandidates: ClientEndOfCandidatesSchema,
  subscribe: ChannelsSchema,
  unsubscribe: ChannelsSchema,
  broadcast: BroadcastSchema,
  ai_conversation: ClientAiConversationSchema,
} satisfies Record<ClientMethod, Check<unknown>>;

export type LoginParams = Known<Checked<typeof LoginSchema>>;
export type AnonymousLoginParams = Known<Checked<typeof AnonymousLoginSchema>>;
export type GatewayStateQueryParams = Known<Checked<typeof GatewayStateQuerySchema>>;
export type ClientPingParams = Checked<typeof ClientPingSchema>;
export type InviteParams = Known<Checked<typeof InviteSchema>>;
export type AnswerParams = Known<Checked<typeof AnswerSchema>>;
export type AttachParams = AnswerParams;
export type ModifyParams = Known<Checked<typeof ModifySchema>>;
export type ByeParams = Known<Checked<typeof ClientByeSchema>>;
export type InfoParams = Known<Checked<typeof ClientInfoSchema>>;
export type CandidateParams = Known<Checked<typeof ClientCandidateSchema>>;
export type EndOfCandidatesParams = Known<Checked<typeof ClientEndOfCandidatesSchema>>;
export type ChannelsParams = Known<Checked<typeof ChannelsSchema>>;
export type BroadcastParams = Known<Checked<typeof BroadcastSchema>>;
export type AiConversationParams = Known<Checked<typeof ClientAiConversationSchema>>;

/** The params of each client method; field names as on the wire. */
export interface ClientParams {
  readonly login: LoginParams;
  readonly anonymous_login: AnonymousLoginParams;
  readonly gatewayState: GatewayStateQueryParams;
  readonly ping: ClientPingParams;
  readonly invite: InviteParams;
  readonly answer: AnswerParams;
  readonly attach: AttachParams;
  readonly modify: ModifyParams;
  readonly bye: ByeParams;
  readonly info: InfoParams;
  readonly candidate: CandidateParams;
  readonly endOfCandidates: EndOfCandidatesParams;
  readonly subscribe: ChannelsParams;
  readonly unsubscribe: ChannelsParams;
  readonly broadcast: BroadcastParams;
  readonly ai_conversation: AiConversationParams;
}
