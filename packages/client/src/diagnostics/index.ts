/** Entry point `@offhook/client/diagnostics`; also exported from the package root, where bundlers drop what is unused. */
export { IceReasonCode, MicrophoneReasonCode, NetworkReasonCode } from './reason-codes.ts';
export type {
  IceReasonCodeValue,
  MicrophoneReasonCodeValue,
  NetworkReasonCodeValue,
} from './reason-codes.ts';
export { MICROPHONE_RECORDING_NOTICE } from './microphone.ts';
export { PreCallDiagnosis } from './pre-call-diagnosis.ts';
export type {
  MinMaxAverage,
  PreCallDiagnosisOptions,
  Report,
  TelnyxIDs,
} from './pre-call-diagnosis.ts';
export { PreCallDiagnostic } from './pre-call-diagnostic.ts';
export { TimingsCollector, createTimingsCollector } from './timings.ts';
export type { TimingsBuildOptions, TimingsCallLike } from './timings.ts';
export type * from './types.ts';
