import * as v from 'valibot';
import type { GatewayMethod } from '../methods.ts';
import { type Known, lenient, list, numeric, openObject } from './tools.ts';

/*
 * A gateway is not ours to judge: only members without which a message means nothing are required, and any other that
 * does not fit is read as absent.
 */

const string = () => lenient(v.string());
const callID = () => v.pipe(v.string(), v.nonEmpty());
const sdp = () => v.pipe(v.string(), v.nonEmpty());
const headers = () => lenient(list(v.looseObject({ name: v.string(), value: v.string() })));

const dialogParams = () => lenient(v.looseObject({ custom_headers: headers() }));

const ids = {
  telnyx_call_control_id: string(),
  telnyx_session_id: string(),
  telnyx_leg_id: string(),
};

const parties = {
  caller_id_name: string(),
  caller_id_number: string(),
  callee_id_name: string(),
  callee_id_number: string(),
  /** Seen from the gateway: `inbound` on a call that the client placed. */
  display_direction: string(),
};

/** Wire spec 5.1. */
const ClientReadySchema = v.looseObject({
  reattached_sessions: lenient(list(v.string())),
});

/** A state that the gateway pushes unasked. */
const GatewayStateSchema = v.looseObject({ state: v.string() });

const PingSchema = v.looseObject({ serno: lenient(v.number()) });

/** Wire spec 13.6. */
const PuntSchema = v.looseObject({ callID: string() });

/** Wire spec 8.5 and 8.10: an offer, complete with candidates. */
const InviteSchema = v.looseObject({
  callID: callID(),
  sdp: sdp(),
  ...parties,
  ...ids,
  client_state: string(),
  mediaSettings: lenient(openObject()),
  variables: lenient(openObject()),
  dialogParams: dialogParams(),
});

/** Wire spec 8.2. */
const RingingSchema = v.looseObject({
  callID: callID(),
  ...parties,
  ...ids,
  dialogParams: dialogParams(),
});

/** Wire spec 8.3: early media. */
const MediaSchema = v.looseObject({
  callID: callID(),
  sdp: sdp(),
  ...ids,
  variables: lenient(openObject()),
  dialogParams: dialogParams(),
});

/** Wire spec 8.4: without `sdp` after `media`. */
const AnswerSchema = v.looseObject({
  callID: callID(),
  sdp: lenient(sdp()),
  ...ids,
  variables: lenient(openObject()),
  dialogParams: dialogParams(),
});

/** Wire spec 8.9. */
const ByeSchema = v.looseObject({
  callID: callID(),
  cause: string(),
  causeCode: lenient(numeric()),
  sipCode: lenient(numeric()),
  sipReason: string(),
  sip_call_id: string(),
  client_state: string(),
  clientState: string(),
  ...ids,
  dialogParams: dialogParams(),
  offhook: lenient(v.looseObject({ replacedBy: string() })),
});

/** Wire spec 8.7. The mobile SDKs also take the id from `dialogParams`. */
const candidateDialog = () => lenient(v.looseObject({ callID: string() }));

const CandidateSchema = v.looseObject({
  callID: string(),
  candidate: v.string(),
  sdpMid: string(),
  sdpMLineIndex: lenient(v.number()),
  dialogParams: candidateDialog(),
});

const EndOfCandidatesSchema = v.looseObject({
  callID: string(),
  endOfCandidates: lenient(v.boolean()),
  dialogParams: candidateDialog(),
});

/** Wire spec 8.12. */
const DisplaySchema = v.looseObject({
  callID: callID(),
  display_name: string(),
  display_number: string(),
  ...parties,
});

/** Wire spec 8.11. `dtmf`: a digit of the far party, from a gateway of ours. */
const InfoSchema = v.looseObject({
  callID: string(),
  dtmf: string(),
  type: string(),
  msg: lenient(openObject()),
});

/** Wire spec 8.13; `pvtData` and `eventType` belong to live arrays (8.16). */
const EventSchema = v.looseObject({
  eventChannel: string(),
  eventData: v.optional(v.unknown()),
  data: v.optional(v.unknown()),
  eventSerno: lenient(v.number()),
  eventType: string(),
  subscribedChannel: string(),
  pvtData: lenient(openObject()),
});

/** Wire spec 8.15. */
const AiConversationSchema = v.looseObject({
  type: string(),
  item: lenient(openObject()),
});

/** A frame of our own, only to clients that said they understand it. Events of later versions pass. */
const OffhookSchema = v.looseObject({
  callID: callID(),
  event: v.string(),
});

/** One schema a gateway method. */
export const GATEWAY_PARAMS = {
  clientReady: ClientReadySchema,
  gatewayState: GatewayStateSchema,
  ping: PingSchema,
  punt: PuntSchema,
  invite: InviteSchema,
  ringing: RingingSchema,
  media: MediaSchema,
  answer: AnswerSchema,
  bye: ByeSchema,
  attach: InviteSchema,
  candidate: CandidateSchema,
  endOfCandidates: EndOfCandidatesSchema,
  display: DisplaySchema,
  info: InfoSchema,
  event: EventSchema,
  ai_conversation: AiConversationSchema,
  offhook: OffhookSchema,
} satisfies Record<GatewayMethod, v.GenericSchema>;

export type ClientReadyParams = Known<v.InferOutput<typeof ClientReadySchema>>;
export type GatewayStateParams = Known<v.InferOutput<typeof GatewayStateSchema>>;
export type GatewayPingParams = Known<v.InferOutput<typeof PingSchema>>;
export type PuntParams = Known<v.InferOutput<typeof PuntSchema>>;
export type GatewayInviteParams = Known<v.InferOutput<typeof InviteSchema>>;
export type RingingParams = Known<v.InferOutput<typeof RingingSchema>>;
export type MediaParams = Known<v.InferOutput<typeof MediaSchema>>;
export type GatewayAnswerParams = Known<v.InferOutput<typeof AnswerSchema>>;
export type GatewayByeParams = Known<v.InferOutput<typeof ByeSchema>>;
export type GatewayAttachParams = GatewayInviteParams;
export type GatewayCandidateParams = Known<v.InferOutput<typeof CandidateSchema>>;
export type GatewayEndOfCandidatesParams = Known<v.InferOutput<typeof EndOfCandidatesSchema>>;
export type DisplayParams = Known<v.InferOutput<typeof DisplaySchema>>;
export type GatewayInfoParams = Known<v.InferOutput<typeof InfoSchema>>;
export type EventParams = Known<v.InferOutput<typeof EventSchema>>;
export type GatewayAiConversationParams = Known<v.InferOutput<typeof AiConversationSchema>>;
export type OffhookParams = Omit<Known<v.InferOutput<typeof OffhookSchema>>, 'event'> & {
  event: OffhookEvent | (string & {});
};

/** The far party put the call on hold, or took it back; it cannot be reached and is waited for, or is back. */
export type OffhookEvent = 'remote_held' | 'remote_resumed' | 'remote_away' | 'remote_back';

/** The params of each gateway method; field names as on the wire. */
export interface GatewayParams {
  readonly clientReady: ClientReadyParams;
  readonly gatewayState: GatewayStateParams;
  readonly ping: GatewayPingParams;
  readonly punt: PuntParams;
  readonly invite: GatewayInviteParams;
  readonly ringing: RingingParams;
  readonly media: MediaParams;
  readonly answer: GatewayAnswerParams;
  readonly bye: GatewayByeParams;
  readonly attach: GatewayAttachParams;
  readonly candidate: GatewayCandidateParams;
  readonly endOfCandidates: GatewayEndOfCandidatesParams;
  readonly display: DisplayParams;
  readonly info: GatewayInfoParams;
  readonly event: EventParams;
  readonly ai_conversation: GatewayAiConversationParams;
  readonly offhook: OffhookParams;
}
