import type { AIConversationOutboundItem } from '../ai.ts';
import type { CallAi } from '../assistant/call-ai.ts';
import type { Listener } from '../emitter.ts';
import type { MediaKind } from '../media/local-media.ts';
import type { AudioProcessor, Callback } from '../options.ts';
import { markRaw, proxySafe } from '../proxy-safe.ts';
import type { QualitySample } from '../quality/sampler.ts';
import {
  sendAIConversationMessage,
  sendConversationMessage,
  sendDigits,
  sendMessage,
  setInput,
  setMuted,
} from './actions.ts';
import {
  CallEndedError,
  type CallEnd,
  type CallFeedback,
  type CallObject,
  type RemoteParty,
  type LegEvents,
} from './call-events.ts';
import type { CallPeer } from './call-peer.ts';
import { CALL_TABLE, orderOf, type CallTransition } from './call-state.ts';
import { conferenceUpdate } from './conference.ts';
import type { CallOptions } from './dialog.ts';
import type { IHangupParams } from './ending.ts';
import type { AnswerParams, Leg } from './leg.ts';
import type { Direction } from './parts.ts';
import { handleMessage, type CallMessage } from './remote.ts';
import { samplesOf } from './sample-stream.ts';
import { startScreenShare } from './screen-share.ts';
import type { ICallEstablishmentTimings } from './timings.ts';
import { transfer, type TransferOptions } from './transfer.ts';
import { until } from './waiting.ts';
import { isWatched } from './watches.ts';

/** An entry of the browser's `RTCStatsReport`. */
export type StatsEntry = RTCStats & Record<string, unknown>;

/** Event name → listener arguments of `call.on`. */
export interface CallEvents extends LegEvents {
  /** The call goes on in another object: with the same id, or with a new one and this one's as `recoveredCallId`. */
  recovered: [call: Call];
}

/**
 * One call. Made by `client.newCall()` or by an inbound call; its state is told by `telnyx.notification` (`callUpdate`) on the
 * client, and by {@link Call.on} on the call itself.
 */
export class Call implements CallObject {
  /** @internal Filled by the entry `@offhook/client/ai`: a page that does not import it loads nothing of assistants. */
  static readonly assistants: {
    of?: (leg: Leg) => CallAi;
    take?: (legs: readonly Leg[], params: object) => void;
  } = {};
  readonly id: string;
  readonly direction: Direction;
  readonly options: CallOptions;
  /** On a call that a recovery built: the id of the one it goes on with. Else ''. */
  readonly recoveredCallId: string;
  readonly channels: string[] = [];
  readonly role: string = 'participant';
  // Own properties like those above, as in the reference: applications spread, copy and serialise calls. See `asFields`.
  /**
   * `new`, `requesting`, `trying`, `recovering`, `ringing`, `answering`, `early`, `active`, `held`, `hangup`, `destroy`, `purge`. Of
   * an object whose place another one took it stays `recovering`.
   */
  declare readonly state: string;
  declare readonly prevState: string;
  // Applications were compiled against types without undefined here, and read these after the end.
  /** Why the call ended, e.g. `NORMAL_CLEARING`. Undefined before the end: see {@link end}. */
  declare readonly cause: string;
  /** Q.850 code of {@link cause}. Undefined before the end. */
  declare readonly causeCode: number;
  /** Of the gateway's bye. Undefined before the end, null when this side hung up; as are the next two. */
  declare readonly sipCode: number;
  declare readonly sipReason: string;
  declare readonly sipCallId: string;
  /** Of a conference; null elsewhere. An application may set it: `startScreenShare()` dials by it. */
  declare extension: string;
  /** The call that shares the screen, see `startScreenShare()`. Undefined while there is none. */
  declare readonly screenShare: Call;
  /** Undefined until the call is placed or answered. */
  declare readonly peer: CallPeer;
  readonly #leg: Leg;

  /** Text, and links to pictures, for the assistant; resolves with the gateway's reply. */
  readonly sendConversationMessage = (
    text: string,
    attachments?: readonly string[] | null,
  ): Promise<unknown> => sendConversationMessage(this.#live, text, attachments ?? []);

  /** A tool's output for the assistant. Throws when there is no connection. */
  readonly sendAIConversationMessage = (item: AIConversationOutboundItem): void =>
    sendAIConversationMessage(this.#live, item);

  /** @internal Calls are made by the client. */
  constructor(leg: Leg) {
    markRaw(this);
    this.#leg = leg;
    this.id = leg.id;
    this.direction = leg.direction;
    this.options = leg.options;
    this.recoveredCallId = leg.dialog.recovers;
    asFields(this, {
      state: { get: () => leg.life.state },
      prevState: { get: () => leg.life.previousState },
      cause: { get: () => leg.end?.cause },
      causeCode: { get: () => leg.end?.causeCode },
      sipCode: { get: () => leg.end?.sipCode },
      sipReason: { get: () => leg.end?.sipReason },
      sipCallId: { get: () => leg.end?.sipCallId },
      extension: { get: () => leg.live.extension, set: (to: string) => leg.live.extend(to) },
      screenShare: { get: () => leg.live.screenShare },
      peer: { get: () => leg.peer },
    });
  }

  /** What happens to this call now: a recovered call goes on in another leg, and a stale reference still works. */
  get #live(): Leg {
    return this.#leg.live;
  }

  /** By what id the gateway knows the call, read when it is asked about it. */
  get #place(): { readonly id: string } {
    const live = (): Leg => this.#live;
    return {
      get id() {
        return live().id;
      },
    };
  }

  /** How the call ended, whichever object it went on in. Null before the end. */
  get end(): CallEnd | null {
    return this.#live.end;
  }
  /** Milliseconds since the epoch; after a recovery or a reload still when the call was answered first. Undefined before. */
  get answeredAt(): number | undefined {
    return this.#live.answeredAt;
  }
  /** The far end of a call that this side placed rings. False again when it was answered, or the call is over. */
  get ringing(): boolean {
    return this.#live.ringing;
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
  /** What is sent. Undefined until the microphone is open. */
  get localStream(): MediaStream {
    return (this.#live.media.localStream ?? undefined) as MediaStream;
  }
  /** What is heard. Undefined until the far side sends. */
  get remoteStream(): MediaStream {
    return (this.#live.media.remoteStream ?? undefined) as MediaStream;
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
    return this.#leg.recovery.foundClosed;
  }
  /** From placing or answering until the peer is set up. */
  get creatingPeer(): boolean {
    return this.#leg.setup.busy;
  }
  get memberChannel(): string {
    return `conference-member.${this.id}`;
  }
  /** Undefined until the gateway tells it. */
  get nodeId(): string {
    return this.#leg.dialog.nodeId as string;
  }
  set nodeId(nodeId: string) {
    this.#leg.dialog.placeAt(nodeId);
  }
  /** The far side put this call on hold. Known only from gateways that tell. */
  get remoteHeld(): boolean {
    return this.#live.remoteHeld;
  }
  /** The far side's network is gone, and the gateway waits for it. Known only from gateways that tell. */
  get remoteAway(): boolean {
    return this.#live.remoteAway;
  }

  /** Who came to the far end by a transfer, there or here; null: who the call began with is there still. */
  get remoteParty(): RemoteParty | null {
    return this.#live.remoteParty;
  }

  /**
   * Listens to this call only, also when a recovery goes on with it in another object; returns its undo. A listener that throws
   * disturbs nothing.
   */
  on<K extends keyof CallEvents>(event: K, listener: Listener<CallEvents[K]>): () => void {
    const undo = this.#leg.notices.shared.on(event, listener as Listener<LegEvents[K]>);
    if (!isWatched(event)) {
      return undo;
    }
    this.#live.watch();
    return () => {
      undo();
      this.#live.watch();
    };
  }

  /** Resolves when the far end rings, or is beyond that. Rejects with `CallEndedError`, or with the signal's reason. */
  async whenRinging(signal?: AbortSignal | null): Promise<void> {
    await this.#until((leg) => leg.hasRung, signal);
  }
  /** Resolves when the call is answered. Rejects with `CallEndedError`, or with the signal's reason. */
  async whenActive(signal?: AbortSignal | null): Promise<void> {
    await this.#until(({ life: { phase } }) => phase === 'active' || phase === 'held', signal);
  }
  /** Resolves with how the call ended. Rejects only with the signal's reason. */
  whenEnded(signal?: AbortSignal | null): Promise<CallEnd> {
    return until(this.#leg.notices.shared, () => this.end ?? undefined, signal);
  }

  /** Places the call; `newCall()` has done so already. */
  invite(): Promise<void> {
    return this.#leg.invite();
  }
  /** Resolves when the answer is on its way: see {@link whenActive}. A failure ends the call and is told by `telnyx.error`. */
  answer(params?: AnswerParams | null): Promise<void> {
    return this.#leg.answer(params);
  }
  /** Turns an inbound call away. */
  reject(params?: IHangupParams | null): Promise<void> {
    const { cause, causeCode } = params ?? {};
    return this.hangup({
      ...params,
      cause: cause ?? 'CALL_REJECTED',
      causeCode: causeCode ?? 21,
    });
  }
  /** Ends the call. Resolves when the gateway confirmed, or did not for 5 s. `execute: false`: tells the gateway nothing. */
  hangup(params?: IHangupParams | null, execute?: boolean | null): Promise<void> {
    return this.#live.hangup(params, execute !== false);
  }

  /** Resolves true when held; false, after error 44001, when not. */
  hold(): Promise<boolean> {
    return this.#live.change('hold');
  }
  unhold(): Promise<boolean> {
    return this.#live.change('unhold');
  }
  toggleHold(): Promise<boolean> {
    return this.#live.change('toggleHold');
  }

  /**
   * Hands the far party over: to a user or number, which is rung first, or to the far party of another call of this user. Resolves
   * when that is done: this call has ended then (and the other one). Rejects with `TransferError`, and then both are as they were.
   */
  async transfer(target: string | Call, options?: TransferOptions | null): Promise<void> {
    await transfer(() => this.#live, target instanceof Call ? target.#place : target, options);
  }

  /**
   * With `autoRecoverCalls: false`: goes on with a call that is `recovering` because it lost its media or its peer. False when
   * nothing waits for that. `hangup()` is the other choice; after 90 s the call ends.
   */
  recover(): boolean {
    return this.#live.recovery.recover();
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
    this.#live.media.muteVideo(true);
  }
  unmuteVideo(): void {
    this.#live.media.muteVideo(false);
  }
  toggleVideoMute(): void {
    this.#live.media.muteVideo('toggle');
  }
  /** Silences what is heard. */
  deaf(): void {
    this.#live.media.silence(true);
  }
  undeaf(): void {
    this.#live.media.silence(false);
  }
  toggleDeaf(): void {
    this.#live.media.silence(!this.#live.media.deaf);
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
    await this.#live.media.switchInput('video', deviceId);
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
    const { media, notices } = this.#live;
    await media
      .setMaxBitrate(kind as MediaKind, bps)
      .catch((error: unknown) => notices.log('The bitrate was refused', error));
  }

  /** Loudness now, 0 to 1. Cheap enough for a meter at 10 Hz. */
  audioLevels(): Promise<{ local: number; remote: number }> {
    return this.#live.media.audioLevels();
  }
  /** Every 2 s, calls back with each statistics entry whose members equal all `constraints`. Ends with the call, or by the undo. */
  getStats(
    callback: Callback<(stats: StatsEntry) => void>,
    constraints?: Readonly<Record<string, unknown>> | null,
  ): () => void {
    return this.#live.quality.stream(callback as (stats: StatsEntry) => void, constraints ?? {});
  }
  /** Samples of the call's quality, one a second, from now to its end, also through a recovery. Ends early by `signal`. */
  async *samples(signal?: AbortSignal | null): AsyncGenerator<QualitySample, void, undefined> {
    yield* samplesOf(this, signal);
  }
  getEstablishmentTimings(): ICallEstablishmentTimings | undefined {
    return this.#live.peer?.callEstablishmentTimings;
  }

  playRingtone(): void {
    this.#live.playRingtone();
  }
  stopRingtone(): void {
    this.#live.stopRingtone();
  }
  playRingback(): void {
    this.#live.playRingback();
  }
  stopRingback(): void {
    this.#live.stopRingback();
  }

  /** Captures the screen and dials `<extension>-screen` with it. Rejects when the user refuses. */
  startScreenShare(options?: object | null): Promise<Call> {
    return startScreenShare(this.#live, options ?? {}) as Promise<Call>;
  }
  async stopScreenShare(): Promise<void> {
    const leg = this.#live;
    const { screenShare } = leg;
    leg.share(undefined);
    await screenShare?.hangup();
  }

  /** True when media already goes by TURN only, or a recovered call hangs on a VPN path that is stuck. */
  shouldForceRelayCandidateForRecovery(): boolean {
    const { options, dialog, quality } = this.#live;
    return options.forceRelayCandidate === true || (dialog.recovers !== '' && quality.stalled);
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
    return this.#live.media.setProcessor(processor);
  }

  /** For tests of applications: a state by its number, if a step leads there. */
  setState(order: number): void {
    const { life } = this.#live;
    const exits = Object.entries(CALL_TABLE[life.phase]);
    const step = exits.find(([, next]) => orderOf(next) === order);
    if (step) {
      life.take(step[0] as CallTransition);
    }
  }
  /** For tests of applications: a gateway's message, as it stands on the wire. */
  handleMessage(message: { method: string; params: unknown }): void {
    const { method: given } = (message as { method?: unknown } | null) ?? {};
    const method = typeof given === 'string' ? given.replace(/^\w+\./, '') : '';
    handleMessage(this.#live, { ...message, method } as unknown as CallMessage);
  }
  /** Legacy conference rows become `conferenceUpdate` notifications. */
  handleConferenceUpdate(packet: unknown, _pvtData?: unknown): Promise<string> {
    return Promise.resolve(conferenceUpdate(this.#live.notices, packet));
  }

  /** Resolves when it is true of the call; rejects with `CallEndedError` when the call ended first. */
  #until(reached: (leg: Leg) => boolean, signal: AbortSignal | null | undefined): Promise<true> {
    const read = (): true | undefined => {
      if (reached(this.#live)) {
        return true;
      }
      const { end } = this;
      if (end) {
        throw new CallEndedError(end);
      }
      return undefined;
    };
    return until(this.#leg.notices.shared, read, signal);
  }
}
proxySafe(Call);

/** Own enumerable properties that are computed. They know their call without `this`, so they read the same through a proxy. */
function asFields(call: Call, fields: Readonly<Record<string, PropertyDescriptor>>): void {
  for (const [name, field] of Object.entries(fields)) {
    Object.defineProperty(call, name, { ...field, enumerable: true, configurable: true });
  }
}
