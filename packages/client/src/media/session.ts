import type { ITelnyxWarning } from '../errors/catalogue.ts';
import type { ICallOptions } from '../options.ts';
import type { Platform } from '../platform.ts';
import { capture, stopTracks } from './capture.ts';
import { closedFailure, MediaFailure } from './failure.ts';
import { Gathering, type GatheringLimits } from './gathering.ts';
import { Peer, type PeerHooks } from './peer.ts';
import { Playback } from './playback.ts';
import type { SdpTuning } from './sdp-tuning.ts';

export type MediaWarning = 33002 | 33003 | 33011 | 'autoplay' | ITelnyxWarning;

export interface MediaHooks extends Omit<PeerHooks, 'track' | 'gatheringState'> {
  warning(warning: MediaWarning): void;
  /** Only relay candidates may be used and there are none. */
  noRelay(): void;
  /** A capture failed. Gives a stream, perhaps by `retry`, or rejects. */
  recapture(failure: MediaFailure, retry: () => Promise<MediaStream>): Promise<MediaStream>;
  /** A step of setting up was reached: a suffix of `getEstablishmentTimings()`. */
  mark(step: string): void;
}

export type MediaKind = 'audio' | 'video';

/** The media of one call: what is captured, the peer connection, what is heard. Knows nothing of signalling. */
export class MediaSession {
  readonly output: Playback;
  readonly preview: Playback;
  readonly platform: Platform;
  readonly options: ICallOptions;
  readonly #hooks: MediaHooks;
  /** Tracks that we opened: they are ours to stop. Those of the application are not. */
  readonly owned = new Set<MediaStreamTrack>();
  /** By direction: lets go of what the application's processor made. */
  readonly made = new Map<string, () => void>();
  peer: Peer | null = null;
  closed = false;
  deaf = false;
  #gathering: Gathering | null = null;
  #muted: boolean;
  /** Device switches go one after another: the last one asked for is the one that stays. */
  switching: Promise<unknown> = Promise.resolve();

  /** `options` stays the caller's: `localStream` and `remoteStream` are kept up to date in it. */
  constructor(platform: Platform, options: ICallOptions, hooks: MediaHooks) {
    this.platform = platform;
    this.options = options;
    this.#hooks = hooks;
    this.#muted = options.mutedMicOnStart === true;
    const playback = {
      overwritten: () => hooks.warning(33011),
      refused: () => hooks.warning('autoplay'),
      log: hooks.log,
    };
    this.output = new Playback(platform, options.remoteElement, true, playback);
    this.preview = new Playback(platform, options.localElement, false, playback);
  }

  get muted(): boolean {
    return this.#muted;
  }

  /** Applies to what is sent now and to every source that is added later. */
  set muted(muted: boolean) {
    this.#muted = muted;
    for (const track of this.options.localStream?.getAudioTracks() ?? []) {
      track.enabled = !muted;
    }
  }

  /** Builds the peer connection: before anything is captured, so that prefetched candidates cost no time. */
  build(iceServers: RTCIceServer[]): Peer {
    const { forceRelayCandidate, prefetchIceCandidates } = this.options;
    const peer = new Peer(
      this.platform,
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
    const peer = this.live();
    const stream = await peer.orClosed(this.#acquire());
    const { audio, video, receiveOnlyAudio, negotiateAudio, negotiateVideo } = this.options;
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
    const peer = this.live();
    const acquiring = this.#acquire();
    acquiring.catch(() => undefined);
    await peer.takeOffer(remoteSdp);
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
  }

  /** A new offer with new ICE credentials on the same peer. */
  async restartOffer(): Promise<void> {
    const peer = this.live();
    await peer.rollback();
    this.#gather();
    await peer.offer({ iceRestart: true });
  }

  async takeAnswer(sdp: string): Promise<void> {
    await this.live().takeAnswer(sdp);
    this.#hooks.mark('set-remote-description');
  }

  /** The local description, once it is as complete as the limits allow. Null: at once. */
  async localSdp(limits: GatheringLimits | null): Promise<string> {
    if (limits) {
      await this.#gathering?.wait(limits);
    }
    return this.live().localSdp;
  }

  setDeaf(deaf: boolean): void {
    this.deaf = deaf;
    for (const track of this.options.remoteStream?.getAudioTracks() ?? []) {
      track.enabled = !deaf;
    }
  }

  setVideoMuted(muted: boolean | 'toggle'): void {
    for (const track of this.options.localStream?.getVideoTracks() ?? []) {
      track.enabled = muted === 'toggle' ? !track.enabled : !muted;
    }
  }

  warn(warning: ITelnyxWarning, error: unknown): void {
    this.#hooks.log(warning.message, error);
    this.#hooks.warning(warning);
  }

  setLocalElement(source: ICallOptions['localElement']): void {
    this.preview.setSource(source);
  }

  sender(kind: MediaKind): RTCRtpSender | undefined {
    return this.peer?.instance?.getSenders().find((sender) => sender.track?.kind === kind);
  }

  dispose(): void {
    this.closed = true;
    this.#gathering?.dispose();
    this.peer?.close();
    for (const release of this.made.values()) {
      release();
    }
    this.made.clear();
    stopTracks(this.owned);
    this.owned.clear();
    this.output.dispose();
    this.preview.dispose();
  }

  /** Throws 44005 when there is no peer any more. */
  live(): Peer {
    if (this.closed || !this.peer?.instance) {
      throw closedFailure();
    }
    return this.peer;
  }

  async #acquire(): Promise<MediaStream | null> {
    const options = this.options;
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
        capture(this.platform, { ...options, audio, video, stereo: options.useStereo });
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
        this.owned.add(track);
      }
      options.localStream = stream;
    }
    this.muted = this.#muted;
    if (options.localElement) {
      this.preview.attach(stream);
    }
    const sent = options.audioProcessor?.outbound
      ? (await import('./processing.ts')).outboundStream(this, stream)
      : stream;
    this.#hooks.mark('peer-creation-end');
    return sent;
  }

  #gather(): void {
    this.#gathering?.dispose();
    this.#gathering = new Gathering(
      this.platform,
      this.options.forceRelayCandidate === true,
      this.#hooks,
    );
  }

  #onTrack({ streams, track }: RTCTrackEvent): void {
    const stream = streams[0] ?? this.options.remoteStream ?? new this.platform.MediaStream();
    if (!stream.getTracks().includes(track)) {
      stream.addTrack(track);
    }
    this.options.remoteStream = stream;
    this.setDeaf(this.deaf);
    this.#hooks.mark('first-remote-media-track');
    if (this.options.audioProcessor?.inbound) {
      void import('./processing.ts').then(({ playProcessed }) => playProcessed(this, stream));
    } else {
      this.output.attach(stream);
    }
  }

  #preferCodecs(pc: RTCPeerConnection): void {
    const codecs = this.options.preferred_codecs ?? [];
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

  #tuning(): SdpTuning | null {
    const { mediaSettings, useStereo: stereo } = this.options;
    const {
      googleMaxBitrate: max,
      googleMinBitrate: min,
      googleStartBitrate: start,
    } = this.options;
    const asKbps = mediaSettings?.useSdpASBandwidthKbps ? mediaSettings.sdpASBandwidthKbps : 0;
    return stereo || asKbps || max || min || start
      ? { stereo, asKbps, googleBitrate: { max, min, start } }
      : null;
  }
}
