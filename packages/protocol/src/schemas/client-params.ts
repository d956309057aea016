import * as v from 'valibot';
import type { ClientMethod } from '../methods.ts';
import { boundedList, callId, flag, longText, sdp, secret, text } from './client-tools.ts';
import { DialogParamsSchema, InviteDialogParamsSchema } from './dialog-params.ts';
import { type Known, lenient, maybe, numeric, openObject } from './tools.ts';

const MAX_SURVIVORS = 64;
const MAX_CHANNELS = 64;

/** An object in login, a string in call messages, as mobile SDKs send it everywhere. */
const userAgent = () => maybe(v.union([longText(), openObject()]));

/** Wire spec 4.1. All configured credentials come together; which one counts is the gateway's decision. */
export const LoginSchema = v.looseObject({
  login: maybe(text()),
  passwd: maybe(secret()),
  login_token: maybe(secret()),
  userVariables: maybe(openObject()),
  reconnection: maybe(flag()),
  loginParams: maybe(openObject()),
  'User-Agent': userAgent(),
  /** The session to resume. */
  sessid: maybe(text()),
  /** Only towards a gateway that announced itself. A shape of another version is read as absent. */
  offhook: lenient(
    v.looseObject({
      v: v.number(),
      calls: v.optional(
        boundedList(
          v.looseObject({ callID: callId(), peer: v.picklist(['live', 'gone']) }),
          MAX_SURVIVORS,
        ),
      ),
    }),
  ),
});

/** Wire spec 4.2. */
export const AnonymousLoginSchema = v.looseObject({
  target_type: text(),
  target_id: text(),
  target_version_id: maybe(text()),
  target_params: maybe(openObject()),
  userVariables: maybe(openObject()),
  reconnection: maybe(flag()),
  'User-Agent': userAgent(),
  sessid: maybe(text()),
});

/** `offhook` tells a gateway of ours that this client understands our frames. */
export const GatewayStateQuerySchema = v.looseObject({
  offhook: lenient(v.looseObject({ v: v.number() })),
});

export const ClientPingSchema = v.looseObject({});

/** Wire spec 8.1: an offer. */
export const InviteSchema = v.looseObject({
  sessid: maybe(text()),
  sdp: sdp(),
  /** Candidates follow in messages of their own. */
  trickle: maybe(flag()),
  dialogParams: InviteDialogParamsSchema,
  'User-Agent': userAgent(),
});

/** Wire spec 8.6 and 8.10: the answer to an invite or to an attach. */
export const AnswerSchema = v.looseObject({
  sessid: maybe(text()),
  sdp: sdp(),
  trickle: maybe(flag()),
  dialogParams: DialogParamsSchema,
  'User-Agent': userAgent(),
});

/** Wire spec 8.8. `updateMedia` carries the offer of an ICE restart and `callID` a second time. */
export const ModifySchema = v.looseObject({
  sessid: maybe(text()),
  /** `hold`, `unhold`, `toggleHold`, `updateMedia`; FreeSWITCH knows more. */
  action: text(),
  callID: maybe(callId()),
  sdp: maybe(sdp()),
  trickle: maybe(flag()),
  dialogParams: DialogParamsSchema,
});

/** Wire spec 8.9. */
export const ClientByeSchema = v.looseObject({
  sessid: maybe(text()),
  /** A name of `CAUSES`; wins over the code. */
  cause: maybe(text()),
  causeCode: maybe(numeric()),
  sipCode: v.nullish(numeric()),
  sip_call_id: v.nullish(text()),
  dialogParams: DialogParamsSchema,
  offhook: lenient(v.looseObject({ replacedBy: v.optional(callId()) })),
});

/** Wire spec 8.11: digits or a text message. */
export const ClientInfoSchema = v.looseObject({
  sessid: maybe(text()),
  dtmf: maybe(v.pipe(v.string(), v.regex(/^[0-9A-D#*w,]{1,64}$/))),
  msg: maybe(v.looseObject({ from: maybe(text()), to: maybe(text()), body: maybe(longText()) })),
  dialogParams: DialogParamsSchema,
});

/** Wire spec 8.7: one candidate; an empty one ends them like `endOfCandidates`. */
export const ClientCandidateSchema = v.looseObject({
  sessid: maybe(text()),
  candidate: longText(),
  sdpMid: v.nullish(text()),
  sdpMLineIndex: v.nullish(v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(65_535))),
  dialogParams: DialogParamsSchema,
});

export const ClientEndOfCandidatesSchema = v.looseObject({
  sessid: maybe(text()),
  endOfCandidates: maybe(v.boolean()),
  dialogParams: DialogParamsSchema,
});

/** Wire spec 8.14, for subscribe and unsubscribe. FreeSWITCH also takes one name as a string. */
export const ChannelsSchema = v.looseObject({
  sessid: maybe(text()),
  eventChannel: v.union([text(), boundedList(text(), MAX_CHANNELS)]),
});

export const BroadcastSchema = v.looseObject({
  sessid: maybe(text()),
  eventChannel: text(),
  data: v.optional(v.unknown()),
});

/** Wire spec 8.15: as a request with `previous_item_id`, or as a notification without. */
export const ClientAiConversationSchema = v.looseObject({
  type: text(),
  previous_item_id: v.nullish(text()),
  item: maybe(v.looseObject({ type: maybe(text()), id: maybe(text()) })),
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
} satisfies Record<ClientMethod, v.GenericSchema>;

export type LoginParams = Known<v.InferOutput<typeof LoginSchema>>;
export type AnonymousLoginParams = Known<v.InferOutput<typeof AnonymousLoginSchema>>;
export type GatewayStateQueryParams = Known<v.InferOutput<typeof GatewayStateQuerySchema>>;
export type ClientPingParams = v.InferOutput<typeof ClientPingSchema>;
export type InviteParams = Known<v.InferOutput<typeof InviteSchema>>;
export type AnswerParams = Known<v.InferOutput<typeof AnswerSchema>>;
export type AttachParams = AnswerParams;
export type ModifyParams = Known<v.InferOutput<typeof ModifySchema>>;
export type ByeParams = Known<v.InferOutput<typeof ClientByeSchema>>;
export type InfoParams = Known<v.InferOutput<typeof ClientInfoSchema>>;
export type CandidateParams = Known<v.InferOutput<typeof ClientCandidateSchema>>;
export type EndOfCandidatesParams = Known<v.InferOutput<typeof ClientEndOfCandidatesSchema>>;
export type ChannelsParams = Known<v.InferOutput<typeof ChannelsSchema>>;
export type BroadcastParams = Known<v.InferOutput<typeof BroadcastSchema>>;
export type AiConversationParams = Known<v.InferOutput<typeof ClientAiConversationSchema>>;

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
