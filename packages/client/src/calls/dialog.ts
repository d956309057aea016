import type {
  ClientMethod,
  ClientParams,
  ClientResults,
  DialogParams,
  GatewayParams,
} from '@offhook/protocol';
import { merge, type Callback, type PlainCallOptions } from '../options.ts';
import type { CallSettings } from './deps.ts';
import type { RequestOptions, SignalingPort } from './ports.ts';

/** What an application gave, with the defaults; ids are learned from the gateway. */
export interface CallOptions extends PlainCallOptions {
  id: string;
  /** Receives this call's notifications instead of the client's listeners. */
  onNotification?: Callback<(notification: object) => void> | undefined;
}

/** Where a leg comes from. Never part of the options: a call that is placed with those of another one is a call of its own. */
export interface Origin {
  /** It is a call that the gateway kept. */
  readonly attach?: boolean | undefined;
  /** The leg whose place this one takes. */
  readonly recovers?: string | undefined;
  /** It was on hold when it was lost. */
  readonly held?: boolean | undefined;
  /** It takes that place by an INVITE of its own. */
  readonly reinvites?: boolean | undefined;
}

/** Names that calls of the reference find in their options, and that no application may set. */
const INTERNAL = ['attach', 'recoveredCallId', 'remoteSdp', 'wasHeldBeforeRecovery'] as const;

const fromClient = (settings: CallSettings): PlainCallOptions => ({
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
  given: PlainCallOptions,
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
      screenShare: false,
      mutedMicOnStart: false,
      prefetchIceCandidates: false,
      debugOutput: 'socket',
      userVariables: {},
      mediaSettings: { useSdpASBandwidthKbps: false, sdpASBandwidthKbps: 0 },
    } satisfies CallOptions,
    fromClient(settings),
    // JavaScript applications give null for what they leave to us.
    Object.fromEntries(Object.entries(given).filter(([, value]) => (value as unknown) !== null)),
  );
  for (const name of INTERNAL) {
    Reflect.deleteProperty(options, name);
  }
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
): PlainCallOptions {
  return {
    id: params.callID,
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

type Ids = Pick<
  GatewayParams['ringing'],
  'telnyx_call_control_id' | 'telnyx_session_id' | 'telnyx_leg_id'
>;

type Scoped<M extends ClientMethod> = Omit<ClientParams[M], 'sessid' | 'dialogParams'>;

/** One leg as the gateway and this side know it: its ids, whether the other side knows of it, and requests about it. */
export class Dialog {
  readonly #signaling: SignalingPort;
  readonly #options: CallOptions;
  readonly #origin: Origin;
  #known = false;
  #suspect = false;
  #held: boolean;
  #nodeId: string | undefined;

  constructor(signaling: SignalingPort, options: CallOptions, origin: Origin) {
    this.#signaling = signaling;
    this.#options = options;
    this.#origin = origin;
    this.#held = origin.held === true;
  }

  get id(): string {
    return this.#options.id;
  }

  /** Candidates go out as they come: as the application wishes, else where the gateway announced that it can. */
  get trickle(): boolean {
    return this.#options.trickleIce ?? this.#signaling.features.trickle;
  }

  /** The leg whose place this one took; '' for others. */
  get recovers(): string {
    return this.#origin.recovers ?? '';
  }

  /** It is a leg that the gateway kept, or one that takes the place of another. */
  get attaches(): boolean {
    return this.#origin.attach === true;
  }

  /** It takes the place of another leg by an INVITE of its own. */
  get reinvites(): boolean {
    return this.#origin.reinvites === true;
  }

  /** It was on hold when it was lost. */
  get held(): boolean {
    return this.#held;
  }

  /** It is lost, on hold or not: what takes its place is. */
  keepHold(held: boolean): void {
    this.#held = held;
  }

  /** The gateway was told of this leg, or told us: it has to hear of its end. */
  get known(): boolean {
    return this.#known;
  }

  meet(): void {
    this.#known = true;
  }

  /** The gateway has no such leg. */
  forget(): void {
    this.#known = false;
  }

  /** Signalling was lost while the gateway knew of the leg: its next list of calls judges it. */
  get suspect(): boolean {
    return this.#suspect;
  }

  lose(): void {
    this.#suspect = this.#known;
  }

  /** The gateway spoke of it. */
  find(): void {
    this.#suspect = false;
  }

  get nodeId(): string | undefined {
    return this.#nodeId;
  }

  placeAt(nodeId: string | undefined): void {
    this.#nodeId = nodeId;
  }

  /** Takes over the ids that a message brings, each only when it is there. */
  learn(ids: Ids): void {
    const options = this.#options;
    options.telnyxCallControlId = ids.telnyx_call_control_id || options.telnyxCallControlId;
    options.telnyxSessionId = ids.telnyx_session_id || options.telnyxSessionId;
    options.telnyxLegId = ids.telnyx_leg_id || options.telnyxLegId;
  }

  /** The leg as the gateway needs to know it (wire spec 7). Small on purpose: no ICE servers, no credentials, no devices. */
  params(more: object = {}): DialogParams & { destination_number: string } {
    const options = this.#options;
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
      attach: this.attaches,
      recoveredCallId: this.#origin.recovers,
      ...more,
    };
  }

  /** A request about this leg. `dialog`: further members of its dialog params. */
  request<M extends ClientMethod>(
    method: M,
    params: Scoped<M>,
    options: RequestOptions = {},
    dialog: object = {},
  ): Promise<ClientResults[M]> {
    const scoped = {
      ...params,
      sessid: this.#signaling.sessionId,
      dialogParams: this.params(dialog),
    } as unknown as ClientParams[M];
    return this.#signaling.request(method, scoped, options);
  }
}
