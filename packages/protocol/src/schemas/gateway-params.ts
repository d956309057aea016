import type { Check, Checked } from '../check.ts';
import type { GatewayMethod } from '../methods.ts';
import {
  anything,
  boolean,
  type Known,
  lenient,
  list,
  nonEmpty,
  number,
  numeric,
  object,
  oneOf,
  openObject,
  string,
} from './tools.ts';

/*
 * A gateway is not ours to judge: only members without which a message means nothing are required, and any other that
 * does not fit is read as absent.
 */

const text = lenient(string);
const open = lenient(openObject);
const headers = lenient(list(object({ name: string, value: string })));

const dialogParams = lenient(object({ custom_headers: headers }));

const ids = {
  telnyx_call_control_id: text,
  telnyx_session_id: text,
  telnyx_leg_id: text,
};

const parties = {
  caller_id_name: text,
  caller_id_number: text,
  callee_id_name: text,
  callee_id_number: text,
  /** Seen from the gateway: `inbound` on a call that the client placed. */
  display_direction: text,
};

/** Wire spec 5.1. */
const ClientReadySchema = object({
  reattached_sessions: lenient(list(string)),
});

/** A state that the gateway pushes unasked. */
const GatewayStateSchema = object({ state: string });

const PingSchema = object({ serno: lenient(number) });

/** Wire spec 13.6. */
const PuntSchema = object({
  callID: text,
  /** `taken_over`: the session goes on elsewhere. `signed_out`: an administrator ended it. */
  offhook: lenient(object({ reason: text })),
});

/** Wire spec 8.5: an offer, complete with candidates. */
const invite = {
  callID: nonEmpty,
  sdp: nonEmpty,
  ...parties,
  ...ids,
  client_state: text,
  mediaSettings: open,
  variables: open,
  dialogParams: dialogParams,
};
const InviteSchema = object(invite);

/** Wire spec 8.10: the same for a call that stands. `offhook`: what a page that was reloaded cannot know, from a gateway of ours. */
const AttachSchema = object({
  ...invite,
  offhook: lenient(
    object({
      /** Seen from the client. */
      direction: lenient(oneOf('inbound', 'outbound')),
      /** The client holds the call. */
      held: lenient(boolean),
      /** Milliseconds since the answer. */
      talkedMs: lenient(number),
      /** The call is handed over: the client has lost nothing. */
      handover: lenient(boolean),
    }),
  ),
});

/** Wire spec 8.2. */
const RingingSchema = object({
  callID: nonEmpty,
  ...parties,
  ...ids,
  dialogParams: dialogParams,
});

/** Wire spec 8.3: early media. */
const MediaSchema = object({
  callID: nonEmpty,
  sdp: nonEmpty,
  ...ids,
  variables: open,
  dialogParams: dialogParams,
});

/** Wire spec 8.4: without `sdp` after `media`. */
const AnswerSchema = object({
  callID: nonEmpty,
  sdp: lenient(nonEmpty),
  ...ids,
  variables: open,
  dialogParams: dialogParams,
});

/** Wire spec 8.9. */
const ByeSchema = object({
  callID: nonEmpty,
  cause: text,
  causeCode: lenient(numeric),
  sipCode: lenient(numeric),
  sipReason: text,
  sip_call_id: text,
  client_state: text,
  clientState: text,
  ...ids,
  dialogParams: dialogParams,
  offhook: lenient(object({ replacedBy: text })),
});

/** Wire spec 8.7. The mobile SDKs also take the id from `dialogParams`. */
const candidateDialog = lenient(object({ callID: text }));

const CandidateSchema = object({
  callID: text,
  candidate: string,
  sdpMid: text,
  sdpMLineIndex: lenient(number),
  dialogParams: candidateDialog,
});

const EndOfCandidatesSchema = object({
  callID: text,
  endOfCandidates: lenient(boolean),
  dialogParams: candidateDialog,
});

/** Wire spec 8.12. */
const DisplaySchema = object({
  callID: nonEmpty,
  display_name: text,
  display_number: text,
  ...parties,
});

/** Wire spec 8.11. `dtmf`: a digit of the far party, from a gateway of ours. */
const InfoSchema = object({
  callID: text,
  dtmf: text,
  type: text,
  msg: open,
});

/** Wire spec 8.13; `pvtData` and `eventType` belong to live arrays (8.16). */
const EventSchema = object({
  eventChannel: text,
  eventData: anything,
  data: anything,
  eventSerno: lenient(number),
  eventType: text,
  subscribedChannel: text,
  pvtData: open,
});

/** Wire spec 8.15. */
const AiConversationSchema = object({
  type: text,
  item: open,
});

/** A frame of our own, only to clients that said they understand it. Events of later versions pass. */
const OffhookSchema = object({
  callID: nonEmpty,
  event: string,
  /** Which transfer failed, and why. */
  transfer: text,
  cause: text,
  causeCode: lenient(numeric),
  sipCode: lenient(numeric),
  sipReason: text,
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
  attach: AttachSchema,
  candidate: CandidateSchema,
  endOfCandidates: EndOfCandidatesSchema,
  display: DisplaySchema,
  info: InfoSchema,
  event: EventSchema,
  ai_conversation: AiConversationSchema,
  offhook: OffhookSchema,
} satisfies Record<GatewayMethod, Check<unknown>>;

export type ClientReadyParams = Known<Checked<typeof ClientReadySchema>>;
export type GatewayStateParams = Known<Checked<typeof GatewayStateSchema>>;
export type GatewayPingParams = Known<Checked<typeof PingSchema>>;
export type PuntParams = Known<Checked<typeof PuntSchema>>;
export type GatewayInviteParams = Known<Checked<typeof InviteSchema>>;
export type RingingParams = Known<Checked<typeof RingingSchema>>;
export type MediaParams = Known<Checked<typeof MediaSchema>>;
export type GatewayAnswerParams = Known<Checked<typeof AnswerSchema>>;
export type GatewayByeParams = Known<Checked<typeof ByeSchema>>;
export type GatewayAttachParams = Known<Checked<typeof AttachSchema>>;
export type GatewayCandidateParams = Known<Checked<typeof CandidateSchema>>;
export type GatewayEndOfCandidatesParams = Known<Checked<typeof EndOfCandidatesSchema>>;
export type DisplayParams = Known<Checked<typeof DisplaySchema>>;
export type GatewayInfoParams = Known<Checked<typeof InfoSchema>>;
export type EventParams = Known<Checked<typeof EventSchema>>;
export type GatewayAiConversationParams = Known<Checked<typeof AiConversationSchema>>;
export type OffhookParams = Omit<Known<Checked<typeof OffhookSchema>>, 'event'> & {
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
