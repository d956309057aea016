import type { ITelnyxWarning } from '../errors/catalogue.ts';
import type { AudioProcessor, PlainCallOptions } from '../options.ts';
import type { Platform } from '../platform.ts';
import { closedFailure } from './failure.ts';
import { Gathering, type GatheringLimits } from './gathering.ts';
import { LocalMedia, type LocalMediaHooks, type MediaKind } from './local-media.ts';
import { Peer, type PeerHooks } from './peer.ts';
import { Playback } from './playback.ts';
import { RemoteMedia } from './remote-media.ts';
import type { SdpTuning } from './sdp-tuning.ts';
import { watchTalking } from './talking.ts';

export type MediaWarning = 33002 | 33003 | 33005 | 33011 | 'autoplay' | ITelnyxWarning;

export interface MediaHooks extends Omit<PeerHooks, 'track' | 'gatheringState'> {
  warning(warning: MediaWarning): void;
  /** Only relay candidates may be used and there are none. */
  noRelay(): void;
  readonly recapture: LocalMediaHooks['recapture'];
  /** A step of setting up was reached: a suffix of `getEstablishmentTimings()`. */
  mark(step: string): void;
}

/** The media of one leg: what is captured and sent, the peer connection, what is heard. Knows nothing of signalling. */
export class MediaSession {
  /** What plays the far side. */
  readonly output: Playback;
  /** What shows what is sent. */
  readonly preview: Playback;
  readonly #platform: Platform;
  readonly #options: PlainCallOptions;
  readonly #hooks: MediaHooks;
  readonly #local: LocalMedia;
  readonly #remote: RemoteMedia;
  #peer: Peer | null = null;
  #gathering: Gathering | null = null;
  #closed = false;

  constructor(platform: Platform, options: PlainCallOptions, hooks: MediaHooks) {
    this.#platform = platform;
    this.#options = options;
    this.#hooks = hooks;
    const playback = {
      overwritten: () => hooks.warning(33011),
      refused: () => hooks.warning('autoplay'),
      log: hooks.log.bind(hooks),
    };
    this.output = new Playback(platform, options.remoteElement, true, playback);
    this.preview = new Playback(platform, options.localElement, false, playback);
    const warn = (warning: ITelnyxWarning, error: unknown): void => {
      hooks.log(warning.message, error);
      hooks.warning(warning);
    };
    this.#local = new LocalMedia(platform, options, this.preview, {
      warn,
      recapture: hooks.recapture,
      mark: hooks.mark.bind(hooks),
      sender: (kind) => this.sender(kind),
      replace: (sender, track) => this.#live().orClosed(sender.replaceTrack(track)),
    });
    this.#remote = new RemoteMedia(platform, options, this.output, warn);
  }

  /** Null before it is built and after its end. */
  get pc(): RTCPeerConnection | null {
    return this.#peer?.instance ?? null;
  }

  /** It was closed without our doing: browsers say nothing of that. */
  get isClosedUnder(): boolean {
    return this.#peer?.pc.signalingState === 'closed';
  }

  get healthy(): boolean {
    return this.#peer?.healthy ?? false;
  }

  get muted(): boolean {
    return this.#local.muted;
  }

  get deaf(): boolean {
    return this.#remote.deaf;
  }

  get localStream(): MediaStream | null {
    return this.#local.stream;
  }

  get remoteStream(): MediaStream | null {
    return this.#remote.stream;
  }

  /** The microphone's track, if we opened it. */
  get microphone(): MediaStreamTrack | undefined {
    return this.#local.microphone;
  }

  sender(kind: MediaKind): RTCRtpSender | undefined {
    return this.pc?.getSenders().find((sender) => sender.track?.kind === kind);
  }

  mute(muted: boolean): void {
    this.#local.mute(muted);
  }

  muteVideo(muted: boolean | 'toggle'): void {
    this.#local.muteVideo(muted);
  }

  silence(deaf: boolean): void {
    this.#remote.silence(deaf);
  }

  /** Sends from another device. False when nothing of that kind is sent. The old source stays when this one fails. */
  switchInput(kind: MediaKind, deviceId: string, muted?: boolean): Promise<boolean> {
    return this.#local.switchTo(kind, deviceId, muted);
  }

  /** From now on this processor, or none. Settles when it is in effect. */
  setProcessor(processor: AudioProcessor | null): Promise<void> {
    return this.#local.setProcessor(processor, () => this.#remote.play(processor ?? undefined));
  }

  /** Elements that the application gave may have been rendered anew. */
  followElements(): void {
    this.output.follow();
    this.preview.follow();
  }

  /** Builds the peer connection: before anything is captured, so that prefetched candidates cost no time. */
  build(iceServers: RTCIceServer[]): RTCPeerConnection {
    const { forceRelayCandidate, prefetchIceCandidates } = this.#options;
    const hooks = this.#hooks;
    const peer = new Peer(
      this.#platform,
      {
        iceServers,
        relayOnly: forceRelayCandidate === true,
        prefetch: prefetchIceCandidates === true,
        tuning: tuningOf(this.#options),
      },
      {
        connectionState: (state) => hooks.connectionState(state),
        iceConnectionState: (state) => hooks.iceConnectionState(state),
        signalingClosed: () => hooks.signalingClosed(),
        log: (message, error) => hooks.log(message, error),
        candidate: (candidate) => this.#onCandidate(candidate),
        gatheringState: (state) => {
          if (state === 'gathering') {
            hooks.mark('ice-gathering-started');
          }
        },
        track: (event) => {
          this.#remote.onTrack(event, this.#local.processor);
          hooks.mark('first-remote-media-track');
        },
      },
    );
    this.#peer = peer;
    hooks.mark('new-peer');
    return peer.pc;
  }

  /**
   * Captures, then creates and sets the offer. Rejects with `MediaFailure`.
   * @returns the description, once it is as complete as the limits allow. Null: at once
   */
  async offer(limits: GatheringLimits | null): Promise<string> {
    const peer = this.#live();
    const stream = await peer.orClosed(this.#local.acquire());
    const { audio, video, receiveOnlyAudio, negotiateAudio, negotiateVideo } = this.#options;
    const kinds = new Set<string>();
    for (const track of stream?.getTracks() ?? []) {
      kinds.add(track.kind);
      peer.pc.addTransceiver(track, { direction: 'sendrecv', streams: stream ? [stream] : [] });
    }
    const receive = {
      audio: audio !== false || receiveOnlyAudio || negotiateAudio,
      video: video || negotiateVideo,
    };
    for (const kind of ['audio', 'video'] as const) {
      if (receive[kind] && !kinds.has(kind)) {
        peer.pc.addTransceiver(kind, { direction: 'recvonly' });
      }
    }
    this.#preferCodecs(peer.pc);
    this.#gather();
    this.#hooks.mark('create-offer');
    await peer.offer();
    this.#hooks.mark('set-local-description');
    return this.#described(limits);
  }

  /** Applies the offer while it captures, then creates and sets the answer; see {@link offer}. */
  async answer(offer: string, limits: GatheringLimits | null): Promise<string> {
    const peer = this.#live();
    const acquiring = this.#local.acquire();
    acquiring.catch(() => undefined);
    await peer.takeOffer(offer);
    this.#hooks.mark('set-remote-description');
    const stream = await peer.orClosed(acquiring);
    const offered = new Set(peer.pc.getTransceivers().map(({ receiver }) => receiver.track.kind));
    for (const track of stream?.getTracks() ?? []) {
      if (stream && offered.has(track.kind)) {
        peer.pc.addTrack(track, stream);
      }
    }
    this.#preferCodecs(peer.pc);
    this.#gather();
    this.#hooks.mark('create-answer');
    await peer.answer();
    this.#hooks.mark('set-local-description');
    return this.#described(limits);
  }

  /** Answers another offer with the same peer and what it sends already; see {@link offer}. */
  async reanswer(offer: string, limits: GatheringLimits | null): Promise<string> {
    const peer = this.#live();
    await peer.rollback();
    this.#gather();
    await peer.takeOffer(offer);
    await peer.answer();
    return this.#described(limits);
  }

  /** A new offer with new ICE credentials on the same peer; see {@link offer}. */
  async restartOffer(limits: GatheringLimits | null): Promise<string> {
    const peer = this.#live();
    await peer.rollback();
    this.#gather();
    await peer.offer({ iceRestart: true });
    return this.#described(limits);
  }

  async takeAnswer(sdp: string): Promise<void> {
    await this.#live().takeAnswer(sdp);
    this.#hooks.mark('set-remote-description');
  }

  addCandidate(candidate: RTCIceCandidateInit): void {
    this.#peer?.addCandidate(candidate);
  }

  /**
   * TURN credentials that last, and another policy where it is wanted: both count from the next gathering on.
   * @param relay by TURN only, if there is a TURN server
   */
  configure(iceServers: RTCIceServer[], relay: boolean): void {
    const { pc } = this.#live();
    const before = pc.getConfiguration();
    const toTurn = relay && hasTurn(iceServers);
    if (JSON.stringify(before.iceServers) === JSON.stringify(iceServers) && !toTurn) {
      return;
    }
    pc.setConfiguration({
      ...before,
      iceServers,
      ...(toTurn ? { iceTransportPolicy: 'relay' as const } : {}),
    });
  }

  /** A refusal by the browser rejects. */
  async setMaxBitrate(kind: MediaKind, bps: number): Promise<void> {
    const sender = this.sender(kind);
    const parameters = sender?.getParameters();
    const [encoding] = parameters?.encodings ?? [];
    if (sender && parameters && encoding) {
      encoding.maxBitrate = bps;
      await this.#live().orClosed(sender.setParameters(parameters));
    }
  }

  /** Loudness now, 0 to 1, of what is sent and what is heard. Muted, and before media flows: 0. */
  async audioLevels(): Promise<{ local: number; remote: number }> {
    const receiver = this.pc?.getReceivers().find(({ track }) => track.kind === 'audio');
    const [source] = receiver?.getSynchronizationSources() ?? [];
    const sender = this.muted ? undefined : this.sender('audio');
    return {
      local: await statsLevel(sender, 'media-source'),
      // Senders that leave out the level of each packet (RFC 6464) are measured by what was decoded.
      remote: source ? (source.audioLevel ?? (await statsLevel(receiver, 'inbound-rtp'))) : 0,
    };
  }

  /** Notices that the user speaks while muted. Returns its undo. */
  watchTalking(told: () => void): () => void {
    const muted = (): MediaStreamTrack | undefined =>
      this.muted ? this.localStream?.getAudioTracks()[0] : undefined;
    return watchTalking(this.#platform, muted, told);
  }

  /** Another object of the same call goes on with what this one captured, if that still runs, and with what was set. */
  handOver(to: MediaSession): void {
    this.#local.handOver(to.#local);
    to.silence(this.deaf);
  }

  /** Closes the peer connection only. */
  closePeer(): void {
    this.#peer?.close();
  }

  dispose(): void {
    this.#closed = true;
    this.#gathering?.dispose();
    this.#peer?.close();
    this.#local.dispose();
    this.#remote.dispose();
    this.output.dispose();
    this.preview.dispose();
  }

  /** Throws 44005 when there is no peer any more. */
  #live(): Peer {
    if (this.#closed || !this.#peer?.instance) {
      throw closedFailure();
    }
    return this.#peer;
  }

  async #described(limits: GatheringLimits | null): Promise<string> {
    if (limits) {
      await this.#gathering?.wait(limits);
    }
    return this.#live().localSdp;
  }

  /** Candidates of a new description are found from now on. */
  #gather(): void {
    // What a restart finds or not is no news.
    const first = this.#gathering === null;
    const servers = this.#live().pc.getConfiguration().iceServers ?? [];
    this.#gathering?.dispose();
    this.#gathering = new Gathering(
      this.#platform,
      this.#options.forceRelayCandidate === true,
      first && servers.length > 0,
      {
        warning: (code) => this.#hooks.warning(code),
        noRelay: () => this.#hooks.noRelay(),
      },
    );
  }

  #onCandidate(candidate: RTCIceCandidate | null): void {
    const hooks = this.#hooks;
    this.#gathering?.candidate(candidate);
    hooks.mark(candidate ? 'first-candidate' : 'ice-gathering-completed');
    if (candidate && candidate.type !== 'host') {
      hooks.mark('first-non-host-candidate');
    }
    hooks.candidate(candidate);
  }

  #preferCodecs(pc: RTCPeerConnection): void {
    const codecs = this.#options.preferred_codecs ?? [];
    for (const transceiver of codecs.length ? pc.getTransceivers() : []) {
      const { kind } = transceiver.receiver.track;
      const matching = codecs.filter(({ mimeType }) =>
        mimeType.toLowerCase().startsWith(`${kind}/`),
      );
      try {
        if (matching.length) {
          transceiver.setCodecPreferences(matching);
        }
      } catch (error) {
        this.#hooks.log('preferred_codecs holds a codec that this browser does not have', error);
      }
    }
  }
}

export const hasTurn = (servers: readonly RTCIceServer[]): boolean =>
  servers.some(({ urls }) => [urls].flat().some((url) => /^turns?:/i.test(url)));

function tuningOf(options: PlainCallOptions): SdpTuning | null {
  const { mediaSettings, useStereo: stereo } = options;
  const { googleMaxBitrate: max, googleMinBitrate: min, googleStartBitrate: start } = options;
  const asKbps = mediaSettings?.useSdpASBandwidthKbps ? mediaSettings.sdpASBandwidthKbps : 0;
  return stereo || asKbps || max || min || start
    ? { stereo, asKbps, googleBitrate: { max, min, start } }
    : null;
}

async function statsLevel(
  part: RTCRtpSender | RTCRtpReceiver | undefined,
  wanted: string,
): Promise<number> {
  const stats = (await part?.getStats()) as ReadonlyMap<string, unknown> | undefined;
  for (const entry of stats?.values() ?? []) {
    const { type, audioLevel } = entry as { type: string; audioLevel?: number };
    if (type === wanted) {
      return audioLevel ?? 0;
    }
  }
  return 0;
}
