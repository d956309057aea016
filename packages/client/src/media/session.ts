import type { ICallOptions } from '../options.ts';
import type { Platform } from '../platform.ts';
import { capture, captureExact, stopTracks } from './capture.ts';
import { closedFailure, MediaFailure } from './failure.ts';
import { Gathering, type GatheringLimits } from './gathering.ts';
import { Peer, type PeerHooks } from './peer.ts';
import { Playback } from './playback.ts';
import type { SdpTuning } from './sdp.ts';

export type MediaWarning = 33002 | 33003 | 33011 | 'autoplay';

export interface MediaHooks extends Omit<PeerHooks, 'track' | 'gatheringState'> {
  warning(warning: MediaWarning): void;
  /** Only relay candidates may be used and there are none. */
  noRelay(): void;
  /** A capture failed. Gives a stream, perhaps by `retry`, or rejects. */
  recapture(failure: MediaFailure, retry: () => Promise<MediaStream>): Promise<MediaStream>;
  /** A step of setting up was reached: a suffix of `getEstablishmentTimings()`. */
  mark(step: string): void;
}

/** What a call sends. `owned` tracks were opened by us and are stopped by us; those of the application are not. */
export interface LocalMedia {
  readonly stream: MediaStream | null;
  readonly owned: ReadonlySet<MediaStreamTrack>;
}

export type MediaKind = 'audio' | 'video';

/** The media of one call: what is captured, the peer connection, what is heard. Knows nothing of signalling. */
export class MediaSession {
  readonly output: Playback;
  readonly #preview: Playback;
  readonly #platform: Platform;
  readonly #options: ICallOptions;
  readonly #hooks: MediaHooks;
  readonly #owned = new Set<MediaStreamTrack>();
  peer: Peer | null = null;
  closed = false;
  deaf = false;
  #gathering: Gathering | null = null;
  #muted: boolean;
  /** Device switches one after another: the last one asked for is the one that stays. */
  #switching: Promise<unknown> = Promise.resolve();

  /** `options` stays the caller's: `localStream` and `remoteStream` are kept up to date in it. */
  constructor(platform: Platform, options: ICallOptions, hooks: MediaHooks) {
    this.#platform = platform;
    this.#options = options;
    this.#hooks = hooks;
    this.#muted = options.mutedMicOnStart === true;
    const playback = {
      overwritten: () => hooks.warning(33011),
      refused: () => hooks.warning('autoplay'),
      log: hooks.log,
    };
    this.output = new Playback(platform, options.remoteElement, true, playback);
    this.#preview = new Playback(platform, options.localElement, false, playback);
  }

  get muted(): boolean {
    return this.#muted;
  }

  /** Applies to what is sent now and to every source that is added later. */
  set muted(muted: boolean) {
    this.#muted = muted;
    for (const track of this.#options.localStream?.getAudioTracks() ?? []) {
      track.enabled = !muted;
    }
  }

  /** Builds the peer connection: before anything is captured, so that prefetched candidates cost no time. */
  build(iceServers: RTCIceServer[]): Peer {
    const { forceRelayCandidate, prefetchIceCandidates } = this.#options;
    const peer = new Peer(
      this.#platform,
      {
        iceServers,
        relayOnly: forceRelayCandidate === true,
        prefetch: prefetchIceCandidates === true,
        tuning: this.#tuning(),
      },
      {
        ...this.#hooks,
        candidate: (candidate) => {
          this.#gathering?.candidate(candidate);
          this.#hooks.mark(candidate ? 'first-candidate' : 'ice-gathering-completed');
          if (candidate && candidate.type !== 'host') {
            this.#hooks.mark('first-non-host-candidate');
          }
          this.#hooks.candidate(candidate);
        },
        gatheringState: (state) => {
          if (state === 'gathering') {
            this.#hooks.mark('ice-gathering-started');
          }
        },
        track: (event) => this.#onTrack(event),
      },
    );
    this.peer = peer;
    this.#hooks.mark('new-peer');
    return peer;
  }

  /** Captures, then creates and sets the offer. Rejects with {@link MediaFailure}. */
  async offer(): Promise<void> {
    const peer = this.#live();
    const stream = await this.#acquire();
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
  }

  /** Applies the offer while it captures, then creates and sets the answer. Rejects with {@link MediaFailure}. */
  async answer(remoteSdp: string): Promise<void> {
    const peer = this.#live();
    const acquiring = this.#acquire();
    acquiring.catch(() => undefined);
    await peer.takeOffer(remoteSdp);
    this.#hooks.mark('set-remote-description');
    const stream = await acquiring;
    this.#live();
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
  }

  /** A new offer with new ICE credentials on the same peer. */
  async restartOffer(): Promise<void> {
    const peer = this.#live();
    await peer.rollback();
    this.#gather();
    await peer.offer({ iceRestart: true });
  }

  async takeAnswer(sdp: string): Promise<void> {
    await this.#live().takeAnswer(sdp);
    this.#hooks.mark('set-remote-description');
  }

  /** The local description, once it is as complete as the limits allow. Null: at once. */
  async localSdp(limits: GatheringLimits | null): Promise<string> {
    if (limits) {
      await this.#gathering?.wait(limits);
    }
    return this.#live().localSdp;
  }

  setDeaf(deaf: boolean): void {
    this.deaf = deaf;
    for (const track of this.#options.remoteStream?.getAudioTracks() ?? []) {
      track.enabled = !deaf;
    }
  }

  setVideoMuted(muted: boolean | 'toggle'): void {
    for (const track of this.#options.localStream?.getVideoTracks() ?? []) {
      track.enabled = muted === 'toggle' ? !track.enabled : !muted;
    }
  }

  setLocalElement(source: ICallOptions['localElement']): void {
    this.#preview.setSource(source);
  }

  /** Sends from another device. False when nothing of that kind is sent. The old source stays when this one fails. */
  switchInput(kind: MediaKind, deviceId: string, muted?: boolean): Promise<boolean> {
    const result = this.#switching.then(async () => {
      const sender = this.sender(kind);
      if (!sender) {
        return false;
      }
      const track = await captureExact(
        this.#platform,
        kind,
        deviceId,
        this.#options[kind] ?? kind === 'audio',
      );
      track.enabled = kind === 'video' || !(muted ?? this.#muted);
      try {
        this.#live();
        await sender.replaceTrack(track);
        this.#live();
      } catch (error) {
        track.stop();
        throw error instanceof MediaFailure ? error : new MediaFailure(42003, error);
      }
      this.#replaceLocal(kind, track);
      if (kind === 'audio' && muted !== undefined) {
        this.muted = muted;
      }
      return true;
    });
    this.#switching = result.catch(() => undefined);
    return result;
  }

  async setMaxBitrate(kind: MediaKind, bps: number): Promise<void> {
    const sender = this.sender(kind);
    const parameters = sender?.getParameters();
    const [encoding] = parameters?.encodings ?? [];
    if (sender && parameters && encoding) {
      encoding.maxBitrate = bps;
      await sender.setParameters(parameters);
    }
  }

  sender(kind: MediaKind): RTCRtpSender | undefined {
    return this.peer?.instance?.getSenders().find((sender) => sender.track?.kind === kind);
  }

  /**
   * Loudness now, 0 to 1, of what is sent and what is heard. Cheap enough for a meter at 10 Hz. Muted, and before
   * media flows: 0.
   */
  async levels(): Promise<{ local: number; remote: number }> {
    const pc = this.peer?.instance;
    const receiver = pc?.getReceivers().find(({ track }) => track.kind === 'audio');
    const source = receiver?.getSynchronizationSources()[0];
    let local = 0;
    const sender = this.sender('audio');
    if (sender && !this.#muted) {
      for (const entry of ((await sender.getStats()) as ReadonlyMap<string, unknown>).values()) {
        const { type, audioLevel } = entry as { type: string; audioLevel?: number };
        if (type === 'media-source') {
          local = audioLevel ?? 0;
        }
      }
    }
    // Firefox gives the level of its own receivers here as well; where a browser gives none the far end counts as silent.
    return { local, remote: source?.audioLevel ?? 0 };
  }

  /** Lets another session of the same call go on with what is captured. */
  handOver(): LocalMedia {
    const owned = new Set(this.#owned);
    this.#owned.clear();
    return { stream: this.#options.localStream ?? null, owned };
  }

  /** Goes on with what another session captured, if it still runs. */
  adopt({ stream, owned }: LocalMedia): void {
    const alive = stream?.getTracks().every((track) => track.readyState === 'live');
    for (const track of owned) {
      this.#owned.add(track);
    }
    if (stream && alive) {
      this.#options.localStream = stream;
    } else {
      stopTracks(this.#owned);
      this.#owned.clear();
      delete this.#options.localStream;
    }
  }

  dispose(): void {
    this.closed = true;
    this.#gathering?.dispose();
    this.peer?.close();
    stopTracks(this.#owned);
    this.#owned.clear();
    this.output.dispose();
    this.#preview.dispose();
  }

  #live(): Peer {
    if (this.closed || !this.peer?.instance) {
      throw closedFailure();
    }
    return this.peer;
  }

  async #acquire(): Promise<MediaStream | null> {
    const options = this.#options;
    let stream = options.localStream ?? null;
    if (!stream) {
      const { audio = true, video = false } = options;
      if (!audio && !video) {
        if (options.receiveOnlyAudio || options.negotiateAudio || options.negotiateVideo) {
          return null;
        }
        throw new MediaFailure(42003, undefined, 'Neither audio nor video to send');
      }
      this.#hooks.mark('get-user-media');
      const open = (): Promise<MediaStream> =>
        capture(this.#platform, { ...options, audio, video, stereo: options.useStereo });
      stream = await open().catch((error: unknown) => {
        if (error instanceof MediaFailure && !this.closed) {
          return this.#hooks.recapture(error, open);
        }
        throw error;
      });
      if (this.closed) {
        stopTracks(stream.getTracks());
        throw closedFailure();
      }
      for (const track of stream.getTracks()) {
        this.#owned.add(track);
      }
      options.localStream = stream;
    }
    this.muted = this.#muted;
    if (options.localElement) {
      this.#preview.attach(stream);
    }
    this.#hooks.mark('peer-creation-end');
    return stream;
  }

  #gather(): void {
    this.#gathering?.dispose();
    this.#gathering = new Gathering(
      this.#platform,
      this.#options.forceRelayCandidate === true,
      this.#hooks,
    );
  }

  #onTrack({ streams, track }: RTCTrackEvent): void {
    const stream = streams[0] ?? this.#options.remoteStream ?? new this.#platform.MediaStream();
    if (!stream.getTracks().includes(track)) {
      stream.addTrack(track);
    }
    this.#options.remoteStream = stream;
    this.setDeaf(this.deaf);
    this.#hooks.mark('first-remote-media-track');
    this.output.attach(stream);
  }

  #replaceLocal(kind: MediaKind, track: MediaStreamTrack): void {
    let stream = this.#options.localStream;
    const old = (stream?.getTracks() ?? []).filter((candidate) => candidate.kind === kind);
    const others = (stream?.getTracks() ?? []).filter((candidate) => candidate.kind !== kind);
    if (stream && old.every((candidate) => this.#owned.has(candidate))) {
      for (const gone of old) {
        stream.removeTrack(gone);
      }
      stream.addTrack(track);
    } else {
      // The application's own stream is left as it is.
      stream = new this.#platform.MediaStream([...others, track]);
    }
    for (const gone of old) {
      if (this.#owned.delete(gone)) {
        gone.stop();
      }
    }
    this.#owned.add(track);
    this.#options.localStream = stream;
    if (this.#options.localElement) {
      this.#preview.attach(stream);
    }
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

  #tuning(): SdpTuning {
    const { mediaSettings, useStereo } = this.#options;
    const {
      googleMaxBitrate: max,
      googleMinBitrate: min,
      googleStartBitrate: start,
    } = this.#options;
    return {
      stereo: useStereo,
      asKbps: mediaSettings?.useSdpASBandwidthKbps ? mediaSettings.sdpASBandwidthKbps : undefined,
      videoParams: Object.entries({ max, min, start }).flatMap(([name, kbps]) =>
        kbps ? [`x-google-${name}-bitrate=${kbps}`] : [],
      ),
    };
  }
}
