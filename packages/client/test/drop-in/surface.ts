/**
 * The published types of `@telnyx/webrtc` held against ours, member by member, in the direction in which an application uses
 * them: what it hands in (options, parameters) is theirs assigned to ours, what it gets back (events, results, properties) is
 * ours assigned to theirs. Types only: a member that does not fit is named by the compiler, as the type that is not `never`.
 */
import type * as R from '@telnyx/webrtc';
import type * as O from '../../src/index.ts';
import type { EveryEvent } from './sample-app.ts';

type Equal<A, B> =
  (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
type IsAny<T> = 0 extends 1 & T ? true : false;
/** Compiles only for `never`. The second argument lists what may differ, so that an exception that is no longer one fails too. */
declare function fits<Failing extends Allowed, Allowed = never>(
  ...proof: Equal<Failing, Allowed> extends true ? [] : [fitsAfterAll: Exclude<Allowed, Failing>]
): void;

// Classes with private members are never assignable to one another, so theirs are read as ours wherever they turn up.
type ReferencePeer = R.Call['peer'];
type ReferenceCall = R.TelnyxRTC['calls'][string];
type Swap<T> =
  IsAny<T> extends true
    ? T
    : T extends R.Call | ReferenceCall
      ? O.Call
      : T extends R.TelnyxRTC
        ? O.TelnyxRTC
        : T extends ReferencePeer
          ? O.Call['peer']
          : T extends Promise<infer P>
            ? Promise<Swap<P>>
            : T extends readonly (infer E)[]
              ? number extends T['length']
                ? Swap<E>[]
                : { [K in keyof T]: Swap<T[K]> }
              : T extends (...args: infer A) => infer Result
                ? (...args: { [K in keyof A]: Swap<A[K]> }) => Swap<Result>
                : T;

type Known<T> = Extract<keyof { [K in keyof T as string extends K ? never : K]: 0 }, string>;
type Public<T> = Exclude<Known<T>, `_${string}`>;

/** Members that an application may hand to theirs and not to ours. */
type NotTaken<Theirs, Ours> = {
  [K in Public<Theirs>]: K extends keyof Ours
    ? Swap<Exclude<Theirs[K], undefined>> extends Exclude<Ours[K], undefined>
      ? never
      : K
    : K;
}[Public<Theirs>];

/** Members whose value from us does not fit where an application has theirs. */
type NotGiven<Theirs, Ours> = {
  [K in Public<Theirs>]: K extends keyof Ours ? (Ours[K] extends Swap<Theirs[K]> ? never : K) : K;
}[Public<Theirs>];

// ---------------------------------------------------------------------------------------------------------------------
// What an application hands in

fits<NotTaken<R.IClientOptions, O.IClientOptions>>();
fits<NotTaken<R.ICallOptions, O.ICallOptions>>();
fits<NotTaken<R.ICredentials, O.ICredentials>>();
fits<NotTaken<R.PreCallDiagnosisOptions, O.PreCallDiagnosisOptions>>();
fits<NotTaken<R.PreCallDiagnosticOptions, O.PreCallDiagnosticOptions>>();
fits<NotTaken<R.PreCallIceOptions, O.PreCallIceOptions>>();
fits<NotTaken<R.PreCallNetworkOptions, O.PreCallNetworkOptions>>();
fits<NotTaken<R.PreCallMicrophoneOptions, O.PreCallMicrophoneOptions>>();
fits<NotTaken<R.TimingsBuildOptions, O.TimingsBuildOptions>>();
fits<NotTaken<R.FunctionCallOutputItem, O.FunctionCallOutputItem>>();
fits<NotTaken<R.ResponseAudioStreamSubscribeItem, O.ResponseAudioStreamSubscribeItem>>();
fits<Exclude<R.ISendAIConversationMessageOptions, O.ISendAIConversationMessageOptions>>();
fits<Exclude<R.AIConversationOutboundItem, O.AIConversationOutboundItem>>();

type Parameter<Method, At extends number = 0> = Method extends (...args: infer A) => unknown
  ? NonNullable<A[At]>
  : never;
fits<NotTaken<Parameter<R.Call['answer']>, Parameter<O.Call['answer']>>>();
fits<NotTaken<Parameter<ReferenceCall['hangup']>, Parameter<O.Call['hangup']>>>();
fits<NotTaken<Parameter<R.TelnyxRTC['login']>, Parameter<O.TelnyxRTC['login']>>>();
fits<
  NotTaken<
    NonNullable<Parameter<R.TelnyxRTC['login']>['creds']>,
    NonNullable<Parameter<O.TelnyxRTC['login']>['creds']>
  >
>();
fits<NotTaken<Parameter<R.TelnyxRTC['setAudioSettings']>, O.IAudioSettings>>();
fits<NotTaken<Parameter<R.TelnyxRTC['vertoSubscribe']>, O.SubscribeParams>>();
fits<NotTaken<Parameter<R.TelnyxRTC['vertoBroadcast']>, O.BroadcastParams>>();
fits<NotTaken<Parameter<R.TelnyxRTC['runPreCall']>, Parameter<O.TelnyxRTC['runPreCall']>>>();
fits<
  NotTaken<Parameter<R.TelnyxRTC['runNetworkCheck']>, Parameter<O.TelnyxRTC['runNetworkCheck']>>
>();
fits<
  NotTaken<
    Parameter<R.TelnyxRTC['runMicrophoneCheck']>,
    Parameter<O.TelnyxRTC['runMicrophoneCheck']>
  >
>();
fits<Exclude<ConstructorParameters<typeof R.TelnyxRTC>[0], object>>();
fits<NotTaken<R.IClientOptions, O.ClientOptions>>();

// ---------------------------------------------------------------------------------------------------------------------
// What an application gets back

// Theirs is an enum that they do not export; the strings are the same.
fits<NotGiven<R.Call, O.Call>, 'direction'>();
// For other parts of their SDK; optional.
fits<NotGiven<ReferenceCall, O.Call>, 'recordSessionWarning'>();
// `connection` is a class of theirs and null after `clearConnection()`; `execute` takes one of their message classes; the others
// follow below, in words that this test can hold against one another.
fits<NotGiven<R.TelnyxRTC, O.TelnyxRTC>, 'connection' | 'execute' | 'calls' | 'on' | 'off'>();
fits<O.TelnyxRTC['calls'][string], O.Call>();
// `type` tells what else is there.
declare const notification: O.INotification;
if (notification.type === 'callUpdate') {
  fits<Exclude<typeof notification.call, O.Call>>();
}
fits<Exclude<O.ClientEvents['telnyx.warning.cleared'][0]['callId'], string>>();
fits<NotGiven<R.TelnyxRTC['options'], O.TelnyxRTC['options']>>();
// Applications read the types of options too: a form field, a `trim()`.
fits<NotGiven<R.IClientOptions, O.IClientOptions>>();
// Take constraints, and functions that give an element, too.
fits<NotGiven<R.ICallOptions, O.ICallOptions>, 'video' | 'localElement' | 'remoteElement'>();
fits<NotGiven<R.ICredentials, O.ICredentials>>();
fits<NotGiven<typeof R.TelnyxRTC, typeof O.TelnyxRTC>>();
// A helper of `TelnyxRTC.telnyxStateCall()`.
fits<NotGiven<typeof R.Call, typeof O.Call>, 'setStateTelnyx'>();

export function listeners(client: O.TelnyxRTC, handler: (...args: unknown[]) => void): void {
  client
    .on('telnyx.error', (event: R.ITelnyxErrorEvent) => handler(event))
    .on('telnyx.warning', (event: O.ITelnyxWarningEvent) => handler(event))
    .on('telnyx.notification', ({ type, call }: O.INotification) => handler(type, call?.id))
    .on('telnyx.anything.else', handler)
    .off('telnyx.anything.else', handler)
    .off('telnyx.error');
}

fits<NotGiven<R.INotification, O.INotification>>();
fits<NotGiven<R.ITelnyxError, O.ITelnyxError>>();
fits<NotGiven<R.ITelnyxMediaError, O.ITelnyxMediaError>>();
fits<NotGiven<R.ITelnyxStandardErrorEvent, O.ITelnyxStandardErrorEvent>>();
fits<NotGiven<R.ITelnyxMediaRecoveryErrorEvent, O.ITelnyxMediaRecoveryErrorEvent>>();
// We have one warning code more.
fits<NotGiven<R.ITelnyxWarning, O.ITelnyxWarning>, 'code'>();
fits<NotGiven<R.ITelnyxWarningEvent, O.ITelnyxWarningEvent>, 'warning'>();
fits<NotGiven<R.TelnyxError, O.TelnyxError>>();
fits<Exclude<O.TelnyxMediaErrorCode, R.TelnyxMediaErrorCode>>();
fits<Exclude<O.Region, `${R.Region}`>>();

fits<NotGiven<R.TelnyxIDs, O.TelnyxIDs>>();
fits<NotGiven<R.Report, O.Report>>();
fits<NotGiven<R.MinMaxAverage, O.MinMaxAverage>>();
fits<NotGiven<R.RTCIceCandidateStats, O.RTCIceCandidateStats>>();
fits<NotGiven<R.PreCallDiagnosis, O.PreCallDiagnosis>>();
fits<NotGiven<R.PreCallDiagnostic, O.PreCallDiagnostic>>();
fits<NotGiven<R.PreCallDiagnosticReport, O.PreCallDiagnosticReport>>();
fits<NotGiven<R.PreCallDiagnosticReason, O.PreCallDiagnosticReason>>();
fits<NotGiven<R.PreCallTimingsReport, O.PreCallTimingsReport>>();
fits<NotGiven<R.PreCallEstablishmentTimings, O.PreCallEstablishmentTimings>>();
fits<NotGiven<R.PreCallEstablishmentStep, O.PreCallEstablishmentStep>>();
fits<NotGiven<R.PreCallIceReport, O.PreCallIceReport>>();
fits<NotGiven<R.PreCallIceCandidateCounts, O.PreCallIceCandidateCounts>>();
fits<NotGiven<R.PreCallIceCandidateInfo, O.PreCallIceCandidateInfo>>();
fits<NotGiven<R.PreCallIceSelectedPairReport, O.PreCallIceSelectedPairReport>>();
fits<NotGiven<R.PreCallNetworkReport, O.PreCallNetworkReport>>();
fits<NotGiven<R.NetworkAudioDirection, O.NetworkAudioDirection>>();
fits<NotGiven<R.NetworkMinMaxAverage, O.NetworkMinMaxAverage>>();
fits<NotGiven<R.NetworkPacketCounters, O.NetworkPacketCounters>>();
fits<NotGiven<R.NetworkByteCounters, O.NetworkByteCounters>>();
fits<NotGiven<R.NetworkBitrate, O.NetworkBitrate>>();
fits<NotGiven<R.PreCallMicrophoneReport, O.PreCallMicrophoneReport>>();
fits<NotGiven<R.PreCallServerTestReport, O.PreCallServerTestReport>>();
// Holds the client.
fits<NotGiven<R.PreCallDiagnosticContext, O.PreCallDiagnosticContext>, 'options'>();
fits<NotGiven<R.PreCallDiagnosticRunner, O.PreCallDiagnosticRunner>>();
fits<Exclude<O.MicrophonePermissionState, R.MicrophonePermissionState>>();
fits<Exclude<O.IceReasonCodeValue, R.IceReasonCodeValue>>();
fits<Exclude<O.NetworkReasonCodeValue, R.NetworkReasonCodeValue>>();
fits<Exclude<O.MicrophoneReasonCodeValue, R.MicrophoneReasonCodeValue>>();
fits<NotGiven<R.TimingsCollector, O.TimingsCollector>>();
fits<NotGiven<R.TimingsCallLike, O.TimingsCallLike>>();

fits<NotGiven<R.FunctionCallItem, O.FunctionCallItem>>();
fits<NotGiven<R.AIConversationFunctionCallParams, O.AIConversationFunctionCallParams>>();
fits<
  NotGiven<R.AIConversationFunctionCallOutputParams, O.AIConversationFunctionCallOutputParams>
>();
fits<NotGiven<R.AIConversationOutboundParams, O.AIConversationOutboundParams>>();
fits<NotGiven<R.IAIConversationMessageEvent, O.IAIConversationMessageEvent>>();
fits<Exclude<O.AIConversationParams, R.AIConversationParams>>();

// ---------------------------------------------------------------------------------------------------------------------
// Values

// An enum of theirs: its values are compared at run time.
fits<Exclude<keyof typeof R.SwEvent, keyof typeof O.SwEvent>>();
// Each member is a type, and they are all that there are.
fits<Exclude<O.SwEvent, EveryEvent[number]>>();
fits<NotGiven<typeof R.TELNYX_ICE_SERVERS, typeof O.TELNYX_ICE_SERVERS>>();
fits<NotGiven<typeof R.NOTIFICATION_TYPE, typeof O.NOTIFICATION_TYPE>>();
fits<NotGiven<typeof R.ERROR_TYPE, typeof O.ERROR_TYPE>>();
fits<NotGiven<typeof R.TELNYX_ERROR_CODES, typeof O.TELNYX_ERROR_CODES>>();
fits<NotGiven<typeof R.TELNYX_WARNING_CODES, typeof O.TELNYX_WARNING_CODES>>();
fits<NotGiven<typeof R.IceReasonCode, typeof O.IceReasonCode>>();
fits<NotGiven<typeof R.NetworkReasonCode, typeof O.NetworkReasonCode>>();
fits<NotGiven<typeof R.MicrophoneReasonCode, typeof O.MicrophoneReasonCode>>();
