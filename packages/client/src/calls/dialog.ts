import type { DialogParams, GatewayParams } from '@offhook/protocol';
import { merge, type ICallOptions } from '../options.ts';
import type { CallSettings } from './deps.ts';

/** What a rebuilt call is told beside what the application gave. */
export interface CallOptions extends ICallOptions {
  id: string;
  remoteSdp?: string | undefined;
  attach?: boolean | undefined;
  recoveredCallId?: string | undefined;
  wasHeldBeforeRecovery?: boolean | undefined;
}

const fromClient = (settings: CallSettings): ICallOptions => ({
  audio: settings.audio,
  video: settings.video,
  iceServers: settings.iceServers,
  localElement: settings.localElement ?? undefined,
  remoteElement: settings.remoteElement ?? undefined,
  micId: settings.micId,
  micLabel: settings.micLabel,
  camId: settings.camId,
  camLabel: settings.camLabel,
  speakerId: settings.speakerId,
  ringtoneFile: settings.ringtoneFile,
  ringbackFile: settings.ringbackFile,
  debug: settings.debug,
  debugOutput: settings.debugOutput,
  audioProcessor: settings.audioProcessor,
  trickleIce: settings.trickleIce,
  prefetchIceCandidates: settings.prefetchIceCandidates,
  forceRelayCandidate: settings.forceRelayCandidate,
  keepConnectionAliveOnSocketClose: settings.keepConnectionAliveOnSocketClose,
  mutedMicOnStart: settings.mutedMicOnStart,
  userVariables: settings.userVariables,
});

/** Built-in defaults, then the client's, then the call's; an `undefined` never overrides. */
export function callOptions(
  given: ICallOptions,
  settings: CallSettings,
  uuid: () => string,
): CallOptions {
  const options: CallOptions = merge(
    {
      id: '',
      destinationNumber: '',
      remoteCallerNumber: '',
      callerName: '',
      callerNumber: '',
      remoteCallerName: 'Outbound Call',
      audio: true,
      useStereo: false,
      debug: false,
      attach: false,
      screenShare: false,
      mutedMicOnStart: false,
      prefetchIceCandidates: false,
      debugOutput: 'socket',
      userVariables: {},
      mediaSettings: { useSdpASBandwidthKbps: false, sdpASBandwidthKbps: 0 },
    } satisfies CallOptions,
    fromClient(settings),
    given,
  );
  // Applications give numbers here too.
  const id = options.id as string | number;
  options.id = id ? id.toString() : uuid();
  options.remoteCallerNumber ||= options.destinationNumber;
  return options;
}

/** The options of a call that the gateway offers: an invite or an attach. */
export function inboundOptions(
  params: GatewayParams['invite'],
  settings: CallSettings,
): ICallOptions & { id: string; remoteSdp: string } {
  return {
    id: params.callID,
    remoteSdp: params.sdp,
    // With the microphone switched off (`disableMicrophone()`) the call is heard only.
    audio: settings.audio,
    receiveOnlyAudio: settings.audio === false ? true : undefined,
    destinationNumber: params.callee_id_number ?? '',
    callerNumber: params.callee_id_number ?? '',
    callerName: params.callee_id_name ?? '',
    remoteCallerName: params.caller_id_name ?? '',
    remoteCallerNumber: params.caller_id_number ?? '',
    customHeaders: params.dialogParams?.custom_headers && [...params.dialogParams.custom_headers],
    clientState: params.client_state,
    mediaSettings: params.mediaSettings,
    telnyxCallControlId: params.telnyx_call_control_id,
    telnyxSessionId: params.telnyx_session_id,
    telnyxLegId: params.telnyx_leg_id,
  };
}

/**
 * The call as the gateway needs to know it (wire spec 7). Small on purpose: no ICE servers, no credentials, no devices.
 */
export function dialogParams(options: CallOptions): DialogParams & { destination_number: string } {
  const { userVariables } = options;
  return {
    callID: options.id,
    destination_number: options.destinationNumber ?? '',
    caller_id_name: options.callerName,
    caller_id_number: options.callerNumber,
    remote_caller_id_name: options.remoteCallerName,
    remote_caller_id_number: options.remoteCallerNumber,
    custom_headers: options.customHeaders,
    clientState: options.clientState,
    telnyxCallControlId: options.telnyxCallControlId,
    telnyxSessionId: options.telnyxSessionId,
    telnyxLegId: options.telnyxLegId,
    userVariables: userVariables && Object.keys(userVariables).length ? userVariables : undefined,
    audio: !!options.audio,
    video: options.video ? true : undefined,
    attach: options.attach,
    recoveredCallId: options.recoveredCallId,
  };
}

type Ids = Pick<
  GatewayParams['ringing'],
  'telnyx_call_control_id' | 'telnyx_session_id' | 'telnyx_leg_id'
>;

/** Takes over the ids that a message brings, each only when it is there. */
export function learnIds(options: CallOptions, ids: Ids): void {
  options.telnyxCallControlId = ids.telnyx_call_control_id || options.telnyxCallControlId;
  options.telnyxSessionId = ids.telnyx_session_id || options.telnyxSessionId;
  options.telnyxLegId = ids.telnyx_leg_id || options.telnyxLegId;
}
