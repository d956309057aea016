export {
  type AiClientItem,
  type AiClientMessage,
  type AiClientTool,
  type AiSessionUpdateResult,
  parseAiClientMessage,
} from './ai/client-message.ts';
export {
  AI_ERRORS,
  type AiContent,
  type AiEvent,
  type AiEventBody,
  type AiFunctionCallItem,
  type AiFunctionCallOutputItem,
  type AiHearing,
  type AiItem,
  type AiMessageItem,
} from './ai/event.ts';
export type {
  ApiKeyList,
  ApiKeyView,
  ApiScope,
  AssistantList,
  AuditAction,
  AuditEntry,
  AuditPage,
  DeviceView,
  NewApiKey,
  NewDevice,
  NewPassword,
  NewUser,
  UserDetail,
  UserPage,
  UserView,
} from './admin-view.ts';
export { readAiEvent } from './ai/read-event.ts';
export type {
  AdminSessionView,
  AdminSignInWays,
  AdminSignedOut,
  CallFeedback,
  CallMeasures,
  CallPage,
  CallSummary,
  CallView,
  CallsOverview,
  ClientSeries,
  ClockEstimate,
  ConversationItem,
  ConversationTurn,
  ConversationView,
  FarReception,
  GatewaySeries,
  LegMedia,
  LegRecord,
  LegVia,
  LegView,
  LiveCall,
  LiveCalls,
  LiveSessions,
  LiveLeg,
  LiveMedia,
  OverviewCounts,
  SeriesColumn,
  TrunkHealth,
  TrunkList,
  ViewEvent,
  ViewFact,
  ViewMessage,
  ViewPath,
  ViewRecording,
  ViewWarning,
  SessionView,
  ShownNames,
} from './call-view.ts';
export { CAUSES, type Cause, causeCode, causeName, causeOf, isCause } from './causes.ts';
export { type DebugFrame, type DebugReportType, encodeDebugFrame } from './debug-report.ts';
export type { Dialect } from './dialect.ts';
export { freeswitchDialect } from './dialects/freeswitch.ts';
export { telnyxDialect } from './dialects/telnyx.ts';
export { encodeError, encodeRequest, encodeResult } from './encode.ts';
export { NO_FEATURES, type OffhookFeatures } from './features.ts';
export type { Reply, RpcError, UnknownFrame } from './envelope.ts';
export type { ClientFrame, ClientRequest, GatewayFrame, GatewayRequest } from './frame.ts';
export type { FrameError, FrameErrorCode, FrameId } from './frame-error.ts';
export { DEFAULT_FRAME_LIMITS, type FrameLimits } from './limits.ts';
export {
  type LiveArrayNotice,
  type LiveArrayPacket,
  liveArrayBootstrap,
  parseLiveArrayNotice,
  parseLiveArrayPacket,
} from './live-array.ts';
export type { ClientMethod, GatewayMethod, Method } from './methods.ts';
export { parseClientFrame } from './parse-client-frame.ts';
export { parseGatewayFrame } from './parse-gateway-frame.ts';
export { parseResult } from './parse-result.ts';
export { parsePush, type PushPayload } from './push.ts';
export {
  type CallRecording,
  type CallRecordingPacket,
  type CallReport,
  type CallReportFlushReason,
  type CallReportLog,
  type CallReportSummary,
  parseCallRecording,
  parseCallReport,
} from './report.ts';
export type {
  ReportDevices,
  ReportEnvironment,
  ReportEvent,
  ReportExtra,
  ReportPath,
  Spread,
  StatsExtra,
} from './report-offhook.ts';
export type { StatsEntry } from './report-stats.ts';
export type { Result } from './result.ts';
export type {
  AiConversationParams,
  AnonymousLoginParams,
  AnswerParams,
  AttachParams,
  BroadcastParams,
  ByeParams,
  CandidateParams,
  ChannelsParams,
  ClientParams,
  ClientPingParams,
  EndOfCandidatesParams,
  GatewayStateQueryParams,
  InfoParams,
  InviteParams,
  LoginParams,
  ModifyParams,
} from './schemas/client-params.ts';
export type { DialogParams, InviteDialogParams } from './schemas/dialog-params.ts';
export type {
  DisplayParams,
  EventParams,
  GatewayAiConversationParams,
  GatewayAnswerParams,
  GatewayAttachParams,
  GatewayByeParams,
  GatewayCandidateParams,
  GatewayEndOfCandidatesParams,
  GatewayInfoParams,
  GatewayInviteParams,
  GatewayParams,
  ClientReadyParams,
  GatewayPingParams,
  GatewayStateParams,
  MediaParams,
  OffhookEvent,
  OffhookParams,
  PuntParams,
  RingingParams,
} from './schemas/gateway-params.ts';
export type { IceServer } from './schemas/ice-servers.ts';
export type {
  AnswerResult,
  AttachResult,
  BroadcastResult,
  ByeResult,
  CallResult,
  ClientResults,
  GatewayStateResult,
  InviteResult,
  LoginResult,
  ModifyResult,
  PlainResult,
  SubscribeResult,
  UnsubscribeResult,
} from './schemas/results.ts';
export { causeOfSip, q850Of, sipStatusFor, type SipStatus } from './sip-status.ts';
export { encodeSpeedTest, encodeSpeedTestResult, type SpeedTestFrame } from './speed-test.ts';
export {
  CALL_STATES,
  type CallState,
  type ChannelCallState,
  GATEWAY_STATES,
  type GatewayState,
  isGatewayState,
} from './states.ts';
