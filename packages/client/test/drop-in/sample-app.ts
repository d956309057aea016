/**
 * A softphone as an application would write it today: sign-in, dialler, incoming calls, devices, statistics, errors, pre-call
 * checks and a voice assistant. It imports from `sdk`, which `tsconfig.reference.json` maps to `@telnyx/webrtc` and
 * `tsconfig.offhook.json` to `@offhook/client`: the same text must compile against both.
 */
import {
  ERROR_TYPE,
  IceReasonCode,
  MICROPHONE_RECORDING_NOTICE,
  MicrophoneReasonCode,
  NOTIFICATION_TYPE,
  NetworkReasonCode,
  PreCallDiagnosis,
  PreCallDiagnostic,
  Region,
  SDK_ERRORS,
  SDK_WARNINGS,
  SwEvent,
  TELNYX_ERROR_CODES,
  TELNYX_ICE_SERVERS,
  TELNYX_WARNING_CODES,
  TelnyxError,
  TelnyxRTC,
  createTimingsCollector,
  isFunctionCallOutputParams,
  isFunctionCallParams,
  isMediaRecoveryErrorEvent,
} from 'sdk';
import type {
  AIConversationOutboundItem,
  AIConversationParams,
  FunctionCallItem,
  FunctionCallOutputItem,
  IAIConversationMessageEvent,
  ICallOptions,
  IClientOptions,
  ICredentials,
  INotification,
  ITelnyxErrorEvent,
  ITelnyxStandardErrorEvent,
  ITelnyxWarning,
  ITelnyxWarningEvent,
  NetworkAudioDirection,
  PreCallDiagnosticOptions,
  PreCallDiagnosticReport,
  PreCallIceReport,
  PreCallMicrophoneReport,
  PreCallNetworkReport,
  Report,
  Call,
  TimingsCollector,
} from 'sdk';

// ---------------------------------------------------------------------------------------------------------------------
// Sign-in

interface Account {
  readonly name: string;
  readonly credentials: ICredentials;
  readonly region?: Region;
}

function clientOptions(account: Account): IClientOptions {
  const common: IClientOptions = {
    ringtoneFile: './sounds/ringtone.mp3',
    ringbackFile: './sounds/ringback.mp3',
    debug: false,
    debugOutput: 'socket',
    prefetchIceCandidates: true,
    forceRelayCandidate: false,
    trickleIce: true,
    keepConnectionAliveOnSocketClose: true,
    hangupOnBeforeUnload: false,
    maxReconnectAttempts: 20,
    enableCallReports: true,
    callReportInterval: 5000,
    callReportFlushInterval: 180_000,
    enableCallRecording: false,
    callRecordingTracks: ['local', 'remote'],
    mutedMicOnStart: false,
    pushWhenActive: true,
    earlySdpAnswer: false,
    iceServers: [TELNYX_ICE_SERVERS.TELNYX_STUN, TELNYX_ICE_SERVERS.TELNYX_TURN_UDP_3478],
    mediaPermissionsRecovery: {
      enabled: true,
      timeout: 20_000,
      onSuccess: () => {
        notice('Microphone allowed');
      },
      onError: (error) => {
        notice(`Microphone still refused: ${error.message}`);
      },
    },
  };
  if (account.region) {
    common.region = account.region;
  }
  const { token, username, password } = account.credentials;
  if (token !== undefined) {
    return { ...common, login_token: token };
  }
  return { ...common, login: username ?? '', password: password ?? '' };
}

// ---------------------------------------------------------------------------------------------------------------------
// What the page shows

interface Line {
  call: Call;
  title: string;
  state: string;
  muted: boolean;
  since: number | null;
}

const lines = new Map<string, Line>();
const notices: string[] = [];

function notice(text: string): void {
  notices.push(`${new Date().toISOString()} ${text}`);
}

function titleOf(call: Call): string {
  const { remoteCallerName, remoteCallerNumber, destinationNumber } = call.options;
  if (call.direction === 'inbound') {
    return remoteCallerName ?? remoteCallerNumber ?? 'unknown caller';
  }
  return destinationNumber ?? remoteCallerNumber ?? 'unknown number';
}

function show(call: Call): void {
  const known = lines.get(call.id);
  const line: Line = {
    call,
    title: titleOf(call),
    state: call.state,
    muted: call.isAudioMuted,
    since: known?.since ?? (call.state === 'active' ? Date.now() : null),
  };
  lines.set(call.id, line);
}

function endOf(call: Call): string {
  const cause: string = call.cause;
  const code: number = call.causeCode;
  const sip = call.sipCode ? ` (SIP ${call.sipCode} ${call.sipReason})` : '';
  return `${cause}/${code}${sip}`;
}

// ---------------------------------------------------------------------------------------------------------------------
// The phone

class Phone {
  readonly client: TelnyxRTC;
  ready = false;
  registered = false;

  constructor(account: Account) {
    this.client = new TelnyxRTC(clientOptions(account));
    this.client.remoteElement = 'remote-audio';
    this.client.localElement = document.createElement('audio');
    this.client
      .on('telnyx.ready', this.onReady)
      .on('telnyx.error', this.onError)
      .on('telnyx.warning', this.onWarning)
      .on('telnyx.notification', this.onNotification);
    this.client.on(SwEvent.SocketOpen, () => {
      notice('Connected');
    });
    this.client.on(SwEvent.SocketClose, () => {
      this.ready = false;
      notice('Connection lost');
    });
    this.client.on(SwEvent.SocketError, () => {
      notice('Connection error');
    });
    this.client.on(
      SwEvent.StatsFrame,
      (frame: { mos: number; quality: string | null; rtt: number }) => {
        notice(`MOS ${frame.mos.toFixed(2)} ${frame.quality ?? ''} rtt ${frame.rtt * 1000} ms`);
      },
    );
  }

  async start(): Promise<void> {
    await this.client.connect();
  }

  async stop(): Promise<void> {
    this.client
      .off('telnyx.ready', this.onReady)
      .off('telnyx.error', this.onError)
      .off('telnyx.warning', this.onWarning)
      .off('telnyx.notification', this.onNotification);
    await this.client.disconnect();
  }

  async refreshToken(token: string): Promise<void> {
    await this.client.login({
      creds: { login_token: token },
      onSuccess: () => {
        notice('Token refreshed');
      },
      onError: (error: unknown) => {
        notice(`Token refused: ${String(error)}`);
      },
    });
  }

  readonly onReady = (): void => {
    this.ready = true;
    const where = `${this.client.region ?? '?'}/${this.client.dc ?? '?'}`;
    notice(`Ready in ${where}, session ${this.client.sessionid}`);
    void this.client.getIsRegistered().then((registered: boolean) => {
      this.registered = registered;
    });
  };

  readonly onError = (event: ITelnyxErrorEvent): void => {
    if (isMediaRecoveryErrorEvent(event)) {
      const left = event.retryDeadline - Date.now();
      if (left > 5000 && window.confirm('Allow the microphone, then press OK')) {
        event.resume();
      } else {
        event.reject?.();
      }
      return;
    }
    const standard: ITelnyxStandardErrorEvent = event;
    const { error, callId } = standard;
    const known = SDK_ERRORS[error.code as keyof typeof SDK_ERRORS];
    notice(
      `${callId ?? 'session'}: ${error.code} ${error.name} ${error.message} (${known.causes.join('; ')})`,
    );
    switch (error.code) {
      case TELNYX_ERROR_CODES.LOGIN_FAILED:
      case TELNYX_ERROR_CODES.INVALID_CREDENTIALS:
        notice('Sign in again');
        break;
      case TELNYX_ERROR_CODES.RECONNECTION_EXHAUSTED:
        notice('Press reconnect');
        break;
      case TELNYX_ERROR_CODES.NETWORK_OFFLINE:
        notice('You are offline');
        break;
      default:
        if (error.fatal) {
          notice(`Fatal: ${error.solutions.join('; ')}`);
        }
    }
  };

  readonly onWarning = (event: ITelnyxWarningEvent): void => {
    const warning: ITelnyxWarning = event.warning;
    if (warning.code === TELNYX_WARNING_CODES.TOKEN_EXPIRING_SOON) {
      void fetchToken().then((token) => this.refreshToken(token));
      return;
    }
    const known = SDK_WARNINGS[warning.code as keyof typeof SDK_WARNINGS];
    notice(`${event.callId ?? 'session'}: ${known.name} ${warning.message}`);
  };

  readonly onNotification = (notification: INotification): void => {
    const { type, call } = notification;
    switch (type) {
      case NOTIFICATION_TYPE.callUpdate:
        if (call) {
          this.onCallUpdate(call);
        }
        break;
      case NOTIFICATION_TYPE.userMediaError:
        notice(`Microphone: ${notification.errorName ?? ''} ${notification.errorMessage ?? ''}`);
        break;
      case 'participantData':
        notice(`Far end: ${notification.displayName ?? ''} ${notification.displayNumber ?? ''}`);
        break;
      case NOTIFICATION_TYPE.peerConnectionFailureError:
        notice(`Media lost: ${notification.error?.message ?? ''}`);
        break;
      default:
    }
  };

  onCallUpdate(call: Call): void {
    if (call.recoveredCallId && call.recoveredCallId !== call.id) {
      lines.delete(call.recoveredCallId);
    }
    switch (call.state) {
      case 'new':
      case 'requesting':
      case 'trying':
      case 'recovering':
      case 'early':
      case 'answering':
      case 'held':
        show(call);
        break;
      case 'ringing':
        show(call);
        notice(`${titleOf(call)} is calling`);
        break;
      case 'active':
        show(call);
        notice(`Talking with ${titleOf(call)}, was ${call.prevState}`);
        break;
      case 'hangup':
        notice(`Ended: ${endOf(call)}`);
        break;
      case 'destroy':
        lines.delete(call.id);
        break;
      default:
    }
  }

  // -------------------------------------------------------------------------------------------------------------------
  // Dialler

  dial(destinationNumber: string, caller: { name: string; number: string }): Call {
    const options: ICallOptions = {
      destinationNumber,
      callerName: caller.name,
      callerNumber: caller.number,
      customHeaders: [{ name: 'X-Order', value: '8812' }],
      clientState: btoa('{"order":8812}'),
      audio: { echoCancellation: true, noiseSuppression: true },
      useStereo: false,
      remoteElement: 'remote-audio',
      mediaSettings: { useSdpASBandwidthKbps: true, sdpASBandwidthKbps: 40 },
      onNotification: this.onNotification,
    };
    try {
      return this.client.newCall(options);
    } catch (error) {
      if (
        error instanceof TelnyxError &&
        error.code === TELNYX_ERROR_CODES.INVALID_CALL_PARAMETERS
      ) {
        notice('Enter a number first');
      }
      throw error;
    }
  }

  async answer(call: Call): Promise<void> {
    await call.answer({
      customHeaders: [{ name: 'X-Agent', value: 'ana' }],
      remoteElement: 'remote-audio',
    });
  }

  async reject(call: Call): Promise<void> {
    await call.hangup();
  }

  async hangUpAll(): Promise<void> {
    const calls = Object.values(this.client.calls);
    await Promise.all(calls.map((call) => call.hangup()));
  }

  async hold(call: Call): Promise<void> {
    await (call.state === 'held' ? call.unhold() : call.hold());
    await call.toggleHold();
    await call.toggleHold();
  }

  mute(call: Call): boolean {
    call.toggleAudioMute();
    call.muteAudio();
    call.unmuteAudio();
    const muted: boolean = call.isAudioMuted;
    return muted;
  }

  press(call: Call, key: string): void {
    call.dtmf(key);
  }

  sendText(call: Call, to: string, body: string): void {
    call.message(to, body);
  }

  silence(call: Call): void {
    call.deaf();
    call.undeaf();
    call.toggleDeaf();
  }

  ids(call: Call): string {
    const { telnyxCallControlId, telnyxLegId, telnyxSessionId } = call.telnyxIDs;
    return [telnyxCallControlId, telnyxLegId, telnyxSessionId].join(' ');
  }

  peerState(call: Call): string {
    const peer: RTCPeerConnection | null | undefined = call.peer.instance;
    return peer ? peer.connectionState : 'closed';
  }

  level(call: Call): number {
    const tracks: MediaStreamTrack[] = call.remoteStream.getAudioTracks();
    return tracks.filter((track) => track.enabled && track.readyState === 'live').length;
  }

  watch(call: Call): void {
    call.getStats(
      (entry: { type: string }) => {
        notice(`stats ${entry.type}`);
      },
      { type: 'inbound-rtp' },
    );
    call.setAudioBandwidthEncodingsMaxBps(40_000);
  }

  timings(call: Call): string {
    const timings = call.getEstablishmentTimings();
    if (!timings) {
      return 'no timings';
    }
    const steps = timings.steps.map((step) => `${step.label} +${Math.round(step.delta)} ms`);
    return `${timings.mode} ${timings.direction}: ${steps.join(', ')}`;
  }

  // -------------------------------------------------------------------------------------------------------------------
  // Devices

  async devices(): Promise<{ microphones: MediaDeviceInfo[]; speakers: MediaDeviceInfo[] }> {
    const allowed: boolean = await this.client.checkPermissions(true, false);
    if (!allowed) {
      notice('Microphone not allowed');
    }
    const [microphones, speakers] = await Promise.all([
      this.client.getAudioInDevices(),
      this.client.getAudioOutDevices(),
    ]);
    const all: MediaDeviceInfo[] = await this.client.getDevices();
    notice(`${all.length} devices`);
    return { microphones, speakers };
  }

  async useMicrophone(call: Call | null, microphone: MediaDeviceInfo): Promise<void> {
    const constraints: MediaTrackConstraints = await this.client.setAudioSettings({
      micId: microphone.deviceId,
      micLabel: microphone.label,
      echoCancellation: true,
    });
    notice(`Next calls use ${JSON.stringify(constraints.deviceId)}`);
    if (call) {
      await call.setAudioInDevice(microphone.deviceId);
    }
  }

  async useSpeaker(call: Call | null, speaker: MediaDeviceInfo): Promise<void> {
    this.client.speaker = speaker.deviceId;
    if (call) {
      const done: boolean = await call.setAudioOutDevice(speaker.deviceId);
      notice(done ? `Speaker ${speaker.label}` : 'This browser cannot switch speakers');
    }
  }

  listenOnly(on: boolean): void {
    if (on) {
      this.client.disableMicrophone();
    } else {
      this.client.enableMicrophone();
    }
    const { audio, video } = this.client.mediaConstraints;
    notice(`Defaults: audio ${JSON.stringify(audio)} video ${JSON.stringify(video)}`);
  }

  status(): string {
    const parts = [
      this.client.connected ? 'connected' : 'offline',
      this.ready ? 'ready' : 'not ready',
      this.registered ? 'registered' : 'not registered',
      `${Object.keys(this.client.calls).length} calls`,
      this.client.hasActiveCall() ? 'talking' : 'idle',
      `${this.client.getActiveCalls().length} live`,
      `relay through ${JSON.stringify(this.client.iceServers.map((server) => server.urls))}`,
    ];
    return parts.join(', ');
  }

  // -------------------------------------------------------------------------------------------------------------------
  // Before the first call

  async check(): Promise<string> {
    const report: PreCallDiagnosticReport = await this.client.runPreCall({ durationMs: 3000 });
    const microphone = await this.client.runMicrophoneCheck({
      durationMs: 1500,
      silenceThreshold: 0.02,
      record: true,
      warnOnRecording: (text: string) => {
        notice(text === MICROPHONE_RECORDING_NOTICE ? 'Recording' : text);
      },
    });
    const network = await this.client.runNetworkCheck();
    const options: PreCallDiagnosticOptions = {
      client: this.client,
      mode: 'full',
      durationMs: 2000,
      statsSampleIntervalMs: 500,
      microphone: { sampleDurationMs: 1000 },
    };
    const own = await new PreCallDiagnostic(options).run();
    return [report, microphone, network, own].map(summary).join('\n');
  }
}

function summary(report: PreCallDiagnosticReport): string {
  const reasons = (report.reasons ?? []).map((reason) => explain(reason.code));
  const ice: PreCallIceReport | undefined = report.ice;
  const network: PreCallNetworkReport | undefined = report.network;
  const microphone: PreCallMicrophoneReport | undefined = report.microphone;
  const inbound: NetworkAudioDirection | undefined = network?.inbound;
  return [
    report.verdict ?? 'inconclusive',
    ...reasons,
    ice ? `${ice.candidates.length} candidates, relay ${String(ice.hasRelayCandidate)}` : 'no ICE',
    network ? `rtt ${String(network.rtt?.average)} in ${String(inbound?.flowing)}` : 'no network',
    microphone ? `heard ${String(microphone.audioDetected)}` : 'no microphone',
    `${report.timings?.totalMs ?? 0} ms`,
    ...(report.serverTests ?? []).map(
      (test) => `${String(test.server.urls)} ${String(test.established)}`,
    ),
  ].join('; ');
}

function explain(code: string): string {
  switch (code) {
    case IceReasonCode.OnlyHostCandidates:
      return 'no STUN or TURN server answers';
    case IceReasonCode.NoSelectedPair:
      return 'media cannot reach the server';
    case NetworkReasonCode.HighRtt:
      return 'slow network';
    case NetworkReasonCode.OneWayAudio:
      return 'audio one way';
    case MicrophoneReasonCode.Silent:
      return 'microphone is silent';
    default:
      return code;
  }
}

async function legacyCheck(login: string, password: string): Promise<string> {
  const report: Report = await PreCallDiagnosis.run({
    texMLApplicationNumber: '+15550100',
    credentials: { login, password },
  });
  const { jitter, rtt, mos, quality } = report.summaryStats;
  const { packetsLost, packetsReceived } = report.sessionStats;
  return `${mos} ${quality} ${jitter.average} ${rtt.max} ${packetsLost}/${packetsReceived}`;
}

function measure(call: Call): number {
  const collector: TimingsCollector = createTimingsCollector();
  const timings = collector.build({ call });
  collector.complete(timings);
  return timings.totalMs ?? 0;
}

// ---------------------------------------------------------------------------------------------------------------------
// A voice assistant

class Assistant {
  readonly client: TelnyxRTC;
  call: Call | null = null;

  constructor(assistant: string, conversation?: string) {
    this.client = new TelnyxRTC({
      anonymous_login: {
        target_type: 'ai_assistant',
        target_id: assistant,
        target_version_id: 'v2',
        ...(conversation ? { target_params: { conversation_id: conversation } } : {}),
      },
    });
    this.client.on(SwEvent.AIConversationMessage, this.onMessage);
    this.client.on('telnyx.ready', () => {
      this.call = this.client.newCall({ destinationNumber: '' });
    });
  }

  readonly onMessage = (event: IAIConversationMessageEvent): void => {
    const params: AIConversationParams = event.params;
    if (isFunctionCallParams(params)) {
      const item: FunctionCallItem = params.item;
      const output: FunctionCallOutputItem = {
        type: 'function_call_output',
        call_id: item.call_id,
        output: JSON.stringify(runTool(item.name, JSON.parse(item.arguments) as object)),
      };
      this.send(output);
      return;
    }
    if (isFunctionCallOutputParams(params)) {
      notice(`Tool said ${params.item.output}`);
    }
  };

  send(item: AIConversationOutboundItem): void {
    this.call?.sendAIConversationMessage(item);
  }

  say(text: string, pictures: string[] = []): void {
    void this.call?.sendConversationMessage(text, pictures);
  }

  listen(): void {
    this.send({ type: 'response.audio_stream.subscribe' });
  }
}

function runTool(name: string, input: object): object {
  return name === 'track_parcel' ? { eta: 'today', ...input } : { error: 'no such tool' };
}

// ---------------------------------------------------------------------------------------------------------------------
// Start

async function fetchToken(): Promise<string> {
  const response = await fetch('/token', { method: 'POST' });
  return response.text();
}

function supported(): boolean {
  const info = TelnyxRTC.webRTCInfo();
  if (typeof info === 'string') {
    notice(info);
    return false;
  }
  notice(`${info.browserName} ${String(info.browserVersion)}`);
  for (const system of TelnyxRTC.webRTCSupportedBrowserList()) {
    notice(
      `${system.operationSystem}: ${system.supported.map((one) => one.browserName).join(', ')}`,
    );
  }
  return info.supportWebRTC;
}

export async function main(): Promise<void> {
  if (!supported()) {
    return;
  }
  TelnyxRTC.on(SwEvent.Warning, (event: ITelnyxWarningEvent) => {
    notice(`global: ${event.warning.name}`);
  });
  const account: Account = {
    name: TelnyxRTC.uuid(),
    credentials: { token: await fetchToken() },
    region: Region.EU,
  };
  const phone = new Phone(account);
  phone.client.on('telnyx.error', (event: { type?: string }) => {
    if (event.type === ERROR_TYPE.invalidCredentialsOptions) {
      notice('Credentials are missing');
    }
  });
  await phone.start();
  const call = phone.dial('+15550142', { name: 'Desk', number: '+15550100' });
  phone.press(call, '5');
  phone.watch(call);
  notice(phone.ids(call));
  notice(phone.peerState(call));
  notice(phone.timings(call));
  notice(TelnyxRTC.telnyxStateCall(call).state);
  notice(String(measure(call)));
  notice(await legacyCheck('desk', 'secret'));
  const { microphones, speakers } = await phone.devices();
  if (microphones[0] && speakers[0]) {
    await phone.useMicrophone(call, microphones[0]);
    await phone.useSpeaker(call, speakers[0]);
  }
  notice(await phone.check());
  new Assistant('assistant-12ab').say('Where is my parcel?');
  await phone.hangUpAll();
  await phone.stop();
  TelnyxRTC.off(SwEvent.Warning);
}

/** Members of an enum are types too. */
export type EveryEvent = [
  SwEvent.SocketOpen,
  SwEvent.SocketClose,
  SwEvent.SocketError,
  SwEvent.SocketMessage,
  SwEvent.SpeedTest,
  SwEvent.SocketActivity,
  SwEvent.Ready,
  SwEvent.Error,
  SwEvent.Warning,
  SwEvent.Notification,
  SwEvent.StatsFrame,
  SwEvent.StatsReport,
  SwEvent.Messages,
  SwEvent.Calls,
  SwEvent.MediaError,
  SwEvent.PeerConnectionFailureError,
  SwEvent.PeerConnectionSignalingStateClosed,
  SwEvent.AIConversationMessage,
];

export function isFailure(event: SwEvent): event is SwEvent.Error | SwEvent.MediaError {
  return event === SwEvent.Error || event === SwEvent.MediaError;
}

export const firstEvent: SwEvent.SocketOpen = SwEvent.SocketOpen;
