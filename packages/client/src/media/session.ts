import type { ITelnyxWarning } from '../errors/catalogue.ts';
import type { ICallOptions } from '../options.ts';
import type { Platform } from '../platform.ts';
import { closedFailure, type MediaFailure } from './failure.ts';
import type { Gathering, GatheringLimits } from './gathering.ts';
import type { Peer, PeerHooks } from './peer.ts';
import { Playback } from './playback.ts';
import { stopTracks } from './tracks.ts';

export type MediaWarning = 33002 | 33003 | 33005 | 33011 | 'autoplay' | ITelnyxWarning;

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

/**
 * The media of one call: what is captured, the peer connection, what is heard. Knows nothing of signalling. What sets it up is
 * in `negotiation.ts`.
 */
export class MediaSession {
  readonly output: Playback;
  readonly preview: Playback;
  readonly platform: Platform;
  readonly options: ICallOptions;
  readonly hooks: MediaHooks;
  /** Tracks that we opened: they are ours to stop. Those of the application are not. */
  readonly owned = new Set<MediaStreamTrack>();
  /** Lets go of the application's tracks. */
  readonly releases = new Set<() => void>();
  /** By direction: lets go of what the application's processor made. */
  readonly made = new Map<string, () => void>();
  peer: Peer | null = null;
  closed = false;
  deaf = false;
  gathering: Gathering | null = null;
  #muted: boolean;
  /** Device switches go one after another: the last one asked for is the one that stays. */
  switching: Promise<unknown> = Promise.resolve();

  /** `options` stays the caller's: `localStream` and `remoteStream` are kept up to date in it. */
  constructor(platform: Platform, options: ICallOptions, hooks: MediaHooks) {
    this.platform = platform;
    this.options = options;
    this.hooks = hooks;
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

  async takeAnswer(sdp: string): Promise<void> {
    await this.live().takeAnswer(sdp);
    this.hooks.mark('set-remote-description');
  }

  /** The local description, once it is as complete as the limits allow. Null: at once. */
  async localSdp(limits: GatheringLimits | null): Promise<string> {
    if (limits) {
      await this.gathering?.wait(limits);
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
    this.hooks.log(warning.message, error);
    this.hooks.warning(warning);
  }

  setLocalElement(source: ICallOptions['localElement']): void {
    this.preview.setSource(source);
  }

  sender(kind: MediaKind): RTCRtpSender | undefined {
    return this.peer?.instance?.getSenders().find((sender) => sender.track?.kind === kind);
  }

  dispose(): void {
    this.closed = true;
    this.gathering?.dispose();
    this.peer?.close();
    for (const release of this.made.values()) {
      release();
    }
    this.made.clear();
    stopTracks(this.owned);
    this.owned.clear();
    for (const release of this.releases) {
      release();
    }
    this.releases.clear();
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
}
