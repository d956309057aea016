/** The public surface of `@offhook/client`, and nothing else. */
export { Call, type CallEvents } from './calls/call.ts';
export { CallEndedError, TransferError } from './calls/call-events.ts';
export type {
  CallEnd,
  CallFeedback,
  ClearedWarning,
  RemoteParty,
  TransferErrorReason,
  TransferFailure,
} from './calls/call-events.ts';
export type { TransferOptions } from './calls/transfer.ts';
export type { IHangupParams } from './calls/ending.ts';
export type { AnswerParams } from './calls/leg.ts';
export type { CallState } from '@offhook/protocol';
export type { ICallOptions } from './call-options.ts';
export { TelnyxRTC, type Chained, type ILoginParams } from './client.ts';
export { isFunctionCallOutputParams, isFunctionCallParams } from './ai.ts';
export { SDK_ERRORS, SDK_WARNINGS, type ITelnyxWarning } from './errors/catalogue.ts';
export {
  TELNYX_ERROR_CODES,
  TELNYX_WARNING_CODES,
  type SdkErrorCode,
  type SdkWarningCode,
} from './errors/codes.ts';
export {
  TelnyxError,
  type ITelnyxError,
  type ITelnyxMediaError,
  type TelnyxMediaErrorCode,
} from './errors/telnyx-error.ts';
export { ERROR_TYPE, isMediaRecoveryErrorEvent, NOTIFICATION_TYPE, SwEvent } from './events.ts';
export { Region, TELNYX_ICE_SERVERS } from './options.ts';
export { RequestError, type RequestErrorCode } from './calls/ports.ts';
export { browserPlatform, type Platform, type TimerHandle } from './platform.ts';

export type {
  AIConversationFunctionCallOutputParams,
  AIConversationFunctionCallParams,
  AIConversationOutboundItem,
  AIConversationOutboundParams,
  AIConversationParams,
  FunctionCallItem,
  FunctionCallOutputItem,
  IAIConversationMessageEvent,
  ISendAIConversationMessageOptions,
  ResponseAudioStreamSubscribeItem,
} from './ai.ts';
export type {
  BroadcastParams,
  ChannelEvent,
  ChannelHandler,
  SubscribeParams,
  SubscribeResult,
  UnsubscribeResult,
} from './signaling/channels.ts';
export type {
  ClientEvents,
  ICallUpdateNotification,
  INotification,
  IOtherNotification,
  ITelnyxErrorEvent,
  ITelnyxMediaRecoveryErrorEvent,
  ITelnyxStandardErrorEvent,
  ITelnyxWarningClearedEvent,
  ITelnyxWarningEvent,
  SessionStateChange,
  SocketCloseEvent,
  SocketErrorEvent,
} from './events.ts';
export type { Logger, LogLevel } from './logger.ts';
export type { DeviceChange, IAudioSettings } from './media/device-list.ts';
export type {
  AnonymousLogin,
  AudioProcessor,
  ClientOptions,
  Environment,
  IClientOptions,
  ICredentials,
  LoginCredentials,
  MediaElementSource,
  MediaPermissionsRecovery,
  SipHeader,
  TargetParams,
  TokenSource,
} from './options.ts';
export type { ReportDetail } from './quality/report-entry.ts';
export type { QualitySample } from './quality/sampler.ts';
export type { QualityThresholds } from './quality/warnings.ts';
export type { SimulatedFault, SimulateOptions } from './simulate.ts';
export type { SpeedTestResult } from './speed-test.ts';
export type { SessionOutcome, SessionState } from './signaling/session-state.ts';
export type { IWebRTCBrowser, IWebRTCInfo, IWebRTCSupportedBrowser } from './support.ts';

export * from './diagnostics/index.ts';
