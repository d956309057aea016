import type { AIConversationOutboundItem } from '../ai.ts';
import type { CallAi } from '../assistant/call-ai.ts';
import type { Listener } from '../emitter.ts';
import type { MediaKind } from '../media/session.ts';
import { audioLevels, setMaxBitrate, switchInput } from '../media/switch-input.ts';
import { setProcessor } from '../media/processing.ts';
import { changeHold, sendAIConversationMessage, sendDigits, setMuted } from './actions.ts';
import type { AudioProcessor } from '../options.ts';
import { answer, invite, type AnswerParams } from './begin.ts';
import { conferenceUpdate } from './conference.ts';
import { sendConversationMessage, sendMessage } from './conversation.ts';
import { setInput } from './input.ts';
import { samplesOf } from './sample-stream.ts';
import { startScreenShare } from './screen-share.ts';
import { whenActive, whenEnded, whenRinging } from './waiting.ts';
import type { CallEnd, CallEvents, CallFeedback } from './call-events.ts';
import type { QualitySample } from '../quality/sampler.ts';
import type { CallPeer } from './call-peer.ts';
import { CALL_TABLE, type CallTransition } from './call-state.ts';
import type { CallCore, CallHost, Direction } from './core.ts';
import type { CallOptions } from './dialog.ts';
import { hangup, type IHangupParams } from './ending.ts';
import { handleMessage, type CallMessage } from './incoming.ts';
import type { Callback } from '../options.ts';
import { establishmentTimings, type ICallEstablishmentTimings } from './timings.ts';
import { markRaw, proxySafe } from '../proxy-safe.ts';

/** An entry of the browser's `RTCStatsReport`. */
export type StatsEntry = RTCStats & Record<string, unknown>;

/**
 * One call. Made by `client.newCall()` or by an inbound call; its state is told by `telnyx.notification` (`callUpdate`) on the
 * client, and by {@link Call.on} on the call itself.
 */
export class Call {
  /** @internal Filled by the entry `@offhook/client/ai`: a page that does not import it loads nothing of assistants. */
  static readonly assistants: {
    of?: (core: CallCore) => CallAi;
    take?: (host: CallHost, params: object) => void;
  } = {};
  readonly id: string;
  /** `new`, `requesting`, `trying`, `recovering`, `ringing`, `answering`, `early`, `active`, `held`, `hangup`, `destroy`, `purge`. */
  state = 'new';
  prevState = 'new';
  readonly direction: Direction;
  readonly options: CallOptions;
  // Applications were compiled against types without undefined here, and read these after the end.
  /** Why the call ended, e.g. `NORMAL_CLEARING`. Undefined before the end. */
  cause!: string;
  /** Q.850 code of {@link cause}. Undefined before the end. */
  causeCode!: number;
  /** Of the gateway's bye. Undefined before the end, null when this side hung up; as are the next two. */
  sipCode!: number;
  sipReason!: string;
  sipCallId!: string;
  /** On a call that a recovery built: the id of the one it goes on with. Else ''. */
  recoveredCallId: string;
  /** Milliseconds since the epoch; after a recovery or a reload still when the call was answered first. Undefined before. */
  answeredAt?: number;
  channels: string[] = [];
  role = 'participant';
  /** Of a conference; null elsewhere. */
  extension = null as unknown as string;
  /** The call that shares the screen, see `startScreenShare()`. Undefined while there is none. */
  screenShare!: Call;
  /** The far end of a call that this side placed rings, or rang. */
  ringing = false;

  /** Text, and links to pictures, for the assistant; resolves with the gateway's reply. */
  sendConversationMessage = (
    text: string,
    attachments?: readonly string[] | null,
  ): Promise<unknown> => sendConversationMessage(this.#live, text, attachments ?? []);

  /** A tool's output for the assistant. Throws when there is no connection. */
  sendAIConversationMessage = (item: AIConversationOutboundItem): void =>
    sendAIConversationMessage(this.#live, item);

  readonly #core: CallCore;

  /** @internal Calls are made by the client. */
  constructor(core: CallCore) {
    markRaw(this);
    this.#core = core;
    this.id = core.id;
    this.direction = core.direction;
    this.options = core.options;
    this.recoveredCallId = core.options.recoveredCallId ?? '';
  }

  /** What happens to this call now: a recovered call goes on in another object, and a stale reference still works. */
  get #live(): CallCore {
    let core = this.#core;
    while (core.successor) {
      core = core.successor;
    }
    return core;
  }

  /**
   * The assistant at the far end: its turns, the transcript, tools of this page.
   * @throws Error unless `@offhook/client/ai` was imported: without it nothing of this is loaded
   */
  get ai(): CallAi {
    const { of } = Call.assistants;
    if (!of) {
      throw new Error("import '@offhook/client/ai'");
    }
    return of(this.#live);
  }
  /** Undefined until the call is placed or answered. */
  get peer(): CallPeer {
    return this.#core.peer as CallPeer;
  }
  /** Undefined until the microphone is open. */
  get localStream(): MediaStream {
    return this.options.localStream as MediaStream;
  }
  /** Undefined until the far side sends. */
  get remoteStream(): MediaStream {
    return this.options.remoteStream as MediaStream;
  }
  /** The wish: it also holds for microphones that are switched to later. */
  get isAudioMuted(): boolean {
    return this.#live.media.muted;
  }
  get isVideoCall(): boolean {
    return !!this.options.video;
  }
  /** Each undefined until the gateway tells it. */
  get telnyxIDs(): { telnyxCallControlId: string; telnyxSessionId: string; telnyxLegId: string } {
    const { telnyxCallControlId, telnyxSessionId, telnyxLegId } = this.options;
    return { telnyxCallControlId, telnyxSessionId, telnyxLegId } as Call['telnyxIDs'];
  }
  get signalingStateClosed(): boolean {
    return this.#core.signalingClosed;
  }
  /** From placing or answering until the peer is set up. */
  get creatingPeer(): boolean {
    return this.#core.creatingPeer;
  }
  get memberChannel(): string {
    return `conference-member.${this.id}`;
  }
  /** Undefined until the gateway tells it. */
  get nodeId(): string {
    return this.#core.nodeId as string;
  }
  set nodeId(nodeId: string) {
    this.#core.nodeId = nodeId;
  }
  /** The far side put this call on hold. Known only from gateways that tell. */
  get remoteHeld(): boolean {
    return this.#live.remoteHeld;
  }
  /** The far side's network is gone, and the gateway waits for it. Known only from gateways that tell. */
  get remoteAway(): boolean {
    return this.#live.remoteAway;
  }

  /** Listens to this call only; returns its undo. A listener that throws disturbs nothing. */
  on<K extends keyof CallEvents>(event: K, listener: Listener<CallEvents[K]>): () => void {
    if (event === 'sample') {
      return this.#live.monitor.quality.add(listener as Listener<CallEvents['sample']>);
    }
    const undo = this.#live.events.on(event, listener);
    if (event !== 'levels' && event !== 'talkingWhileMuted') {
      return undo;
    }
    const stop = this.#live.monitor.listen(event);
    return () => {
      undo();
      stop();
    };
  }

  /** Resolves when the far end rings, or is beyond that. Rejects with `CallEndedError`, or with the signal's reason. */
  whenRinging(signal?: AbortSignal | null): Promise<void> {
    return whenRinging(this.#core, signal);
  }
  /** Resolves when the call is answered. Rejects with `CallEndedError`, or with the signal's reason. */
  whenActive(signal?: AbortSignal | null): Promise<void> {
    return whenActive(this.#core, signal);
  }
  /** Resolves with how the call ended. Rejects only with the signal's reason. */
  whenEnded(signal?: AbortSignal | null): Promise<CallEnd> {
    return whenEnded(this.#core, signal);
  }

  /** Places the call; `newCall()` has done so already. */
  invite(): Promise<void> {
    return invite(this.#core);
  }
  /** Resolves when the answer is on its way: see {@link whenActive}. A failure ends the call and is told by `telnyx.error`. */
  answer(params?: AnswerParams | null): Promise<void> {
    return answer(this.#core, params);
  }
  /** Turns an inbound call away. */
  reject(params?: IHangupParams | null): Promise<void> {
    return this.hangup({ cause: 'CALL_REJECTED', causeCode: 21, ...params });
  }
  /** Ends the call. Resolves when the gateway confirmed, or did not for 5 s. `execute: false`: tells the gateway nothing. */
  hangup(params?: IHangupParams | null, execute?: boolean | null): Promise<void> {
    return hangup(this.#live, params, execute);
  }

  /** Resolves true when held; false, after error 44001, when not. */
  hold(): Promise<boolean> {
    return changeHold(this.#live, 'hold');
  }
  unhold(): Promise<boolean> {
    return changeHold(this.#live, 'unhold');
  }
  toggleHold(): Promise<boolean> {
    return changeHold(this.#live, 'toggleHold');
  }

  /**
   * With `autoRecoverCalls: false`: goes on with a call that is `recovering` because it lost its media or its peer. False when
   * nothing waits for that. `hangup()` is the other choice; after 90 s the call ends.
   */
  recover(): boolean {
    return this.#live.monitor.recovery.recover();
  }

  /**
   * Digits `0`-`9`, `A`-`D` (large or small), `*`, `#`; `,` and `w` wait; spaces and hyphens are left out. Something else among
   * them, or not delivered within 5 s: error event 49001.
   */
  dtmf(digits: string | number): void {
    sendDigits(this.#live, digits);
  }
  message(to: string, body: string): void {
    sendMessage(this.#live, to, body);
  }

  muteAudio(): void {
    setMuted(this.#live, true);
  }
  unmuteAudio(): void {
    setMuted(this.#live, false);
  }
  toggleAudioMute(): void {
    setMuted(this.#live, !this.isAudioMuted);
  }
  muteVideo(): void {
    this.#live.media.setVideoMuted(true);
  }
  unmuteVideo(): void {
    this.#live.media.setVideoMuted(false);
  }
  toggleVideoMute(): void {
    this.#live.media.setVideoMuted('toggle');
  }
  /** Silences what is heard. */
  deaf(): void {
    this.#live.media.setDeaf(true);
  }
  undeaf(): void {
    this.#live.media.setDeaf(false);
  }
  toggleDeaf(): void {
    this.#live.media.setDeaf(!this.#live.media.deaf);
  }

  /** Sends from another microphone. A failure is told by `telnyx.error`, and the call goes on with the old one. */
  setAudioInDevice(deviceId: string, muted?: boolean | null): Promise<void> {
    return setInput(this.#live, deviceId, muted ?? undefined);
  }
  /** Resolves false when the output could not be chosen. */
  setAudioOutDevice(deviceId: string): Promise<boolean> {
    const { options, media } = this.#live;
    options.speakerId = deviceId;
    return media.output.setSink(deviceId);
  }
  /** Rejects when the camera cannot be opened. */
  async setVideoDevice(deviceId: string): Promise<void> {
    await switchInput(this.#live.media, 'video', deviceId);
    this.#live.options.camId = deviceId;
  }

  setAudioBandwidthEncodingsMaxBps(bps: number): void {
    void this.setBandwidthEncodingsMaxBps(bps, 'audio');
  }
  setVideoBandwidthEncodingsMaxBps(bps: number): void {
    void this.setBandwidthEncodingsMaxBps(bps, 'video');
  }
  /** Bits a second. A refusal by the browser is logged. */
  async setBandwidthEncodingsMaxBps(bps: number, kind: string): Promise<void> {
    await setMaxBitrate(this.#live.media, kind as MediaKind, bps).catch((error: unknown) =>
      this.#live.log('The bitrate was refused', error),
    );
  }

  /** Loudness now, 0 to 1. Cheap enough for a meter at 10 Hz. */
  audioLevels(): Promise<{ local: number; remote: number }> {
    return audioLevels(this.#live.media);
  }
  /** Every 2 s, calls back with each statistics entry whose members equal all `constraints`. Ends with the call, or by the undo. */
  getStats(
    callback: Callback<(stats: StatsEntry) => void>,
    constraints?: Readonly<Record<string, unknown>> | null,
  ): () => void {
    return this.#live.monitor.quality.stream(
      callback as (stats: StatsEntry) => void,
      constraints ?? {},
    );
  }
  /** Samples of the call's quality, one a second, from now to its end, also through a recovery. Ends early by `signal`. */
  async *samples(signal?: AbortSignal | null): AsyncGenerator<QualitySample, void, undefined> {
    yield* samplesOf(this.#live, signal);
  }
  getEstablishmentTimings(): ICallEstablishmentTimings | undefined {
    return establishmentTimings(this.#live);
  }

  playRingtone(): void {
    this.#live.playRingtone();
  }
  stopRingtone(): void {
    this.#live.host.ringtone.stop(this.#live);
  }
  playRingback(): void {
    this.#live.playRingback();
  }
  stopRingback(): void {
    this.#live.host.ringback.stop(this.#live);
  }

  /** Captures the screen and dials `<extension>-screen` with it. Rejects when the user refuses. */
  startScreenShare(options?: object | null): Promise<Call> {
    return startScreenShare(this.#live, options ?? {});
  }
  async stopScreenShare(): Promise<void> {
    const { screenShare } = this as Partial<Call>;
    Object.assign(this, { screenShare: undefined });
    await screenShare?.hangup();
  }

  /** True when media already goes by TURN only, or a recovered call hangs on a VPN path that is stuck. */
  shouldForceRelayCandidateForRecovery(): boolean {
    const { options, monitor } = this.#live;
    return (
      options.forceRelayCandidate === true || (!!options.recoveredCallId && monitor.quality.stalled)
    );
  }
  /** Has an effect only while call reports are collected. */
  flushIntermediateCallReport(reason?: { type: string } | null): void {
    this.#live.deps.flushCallReport?.(this.id, reason ?? { type: 'manual' });
  }

  /**
   * What a person says of the call, also after its end. False when there is no report that it could go into. Rejects with
   * `RangeError` when the score is not 1 to 5.
   */
  async feedback(feedback: CallFeedback): Promise<boolean> {
    return (await this.#live.deps.takeFeedback?.(this.id, feedback)) ?? false;
  }
  /** Puts this between microphone and network, and network and ear, from now on; null takes it out. */
  setAudioProcessor(processor: AudioProcessor | null): Promise<void> {
    return setProcessor(this.#live.media, processor);
  }

  /** For tests of applications: a state by its number, if a step leads there. */
  setState(order: number): void {
    const core = this.#live;
    const exits = Object.entries(CALL_TABLE[core.phase]);
    const step = exits.find(([, next]) => core.host.orderOf(next) === order);
    if (step) {
      core.transition(step[0] as CallTransition);
    }
  }
  /** For tests of applications: a gateway's message, as it stands on the wire. */
  handleMessage(message: { method: string; params: unknown }): void {
    const method = message.method.replace(/^\w+\./, '');
    handleMessage(this.#live, { ...message, method } as unknown as CallMessage);
  }
  /** Legacy conference rows become `conferenceUpdate` notifications. */
  handleConferenceUpdate(packet: unknown, _pvtData?: unknown): Promise<string> {
    return Promise.resolve(conferenceUpdate(this.#live, packet));
  }
}
proxySafe(Call);
