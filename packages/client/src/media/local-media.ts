import type { ITelnyxWarning } from '../errors/catalogue.ts';
import { OTHER_DEVICE } from '../errors/own-warnings.ts';
import type { AudioProcessor, PlainCallOptions } from '../options.ts';
import type { Platform } from '../platform.ts';
import { capture, captureExact } from './capture.ts';
import { closedFailure, MediaFailure } from './failure.ts';
import type { Playback } from './playback.ts';
import { processed, type Processed } from './processing.ts';
import { takeTrack } from './shared-tracks.ts';

export type MediaKind = 'audio' | 'video';

export interface LocalMediaHooks {
  readonly warn: (warning: ITelnyxWarning, error: unknown) => void;
  /** A capture failed. Gives a stream, perhaps by `retry`, or rejects. */
  readonly recapture: (
    failure: MediaFailure,
    retry: () => Promise<MediaStream>,
  ) => Promise<MediaStream>;
  readonly mark: (step: string) => void;
  /** The sender of what is sent of this kind, if it is. */
  readonly sender: (kind: MediaKind) => RTCRtpSender | undefined;
  /** Sends this track from now on. */
  readonly replace: (sender: RTCRtpSender, track: MediaStreamTrack) => Promise<void>;
}

/** What one call sends: what is captured, or was given by the application, muted or not, processed or not. */
export class LocalMedia {
  readonly #platform: Platform;
  readonly #options: PlainCallOptions;
  readonly #hooks: LocalMediaHooks;
  readonly #preview: Playback;
  /** Tracks that we opened or copied: they are ours to stop. Those of the application are not. */
  readonly #owned = new Set<MediaStreamTrack>();
  /** Lets go of the application's tracks. */
  readonly #releases = new Set<() => void>();
  /** The application's, as long as it can be sent. */
  #given: MediaStream | null;
  #stream: MediaStream | null = null;
  #processor: AudioProcessor | undefined;
  /** What the processor made of the microphone. */
  #made: Processed | null = null;
  #muted: boolean;
  #closed = false;
  /** Switches go one after another: the last one asked for is the one that stays. */
  #switching: Promise<unknown> = Promise.resolve();

  constructor(
    platform: Platform,
    options: PlainCallOptions,
    preview: Playback,
    hooks: LocalMediaHooks,
  ) {
    this.#platform = platform;
    this.#options = options;
    this.#preview = preview;
    this.#hooks = hooks;
    this.#given = options.localStream ?? null;
    this.#muted = options.mutedMicOnStart === true;
    this.#processor = options.audioProcessor;
  }

  /** Null before something is captured. */
  get stream(): MediaStream | null {
    return this.#stream ?? this.#given;
  }

  get muted(): boolean {
    return this.#muted;
  }

  get processor(): AudioProcessor | undefined {
    return this.#processor;
  }

  /** The microphone's own track: what is sent may be what a processor made of it. Only one that we opened is ours to replace. */
  get microphone(): MediaStreamTrack | undefined {
    const [track] = this.#stream?.getAudioTracks() ?? [];
    return track && this.#owned.has(track) ? track : undefined;
  }

  /** Applies to what is sent now and to every source that is added later. */
  mute(muted: boolean): void {
    this.#muted = muted;
    for (const track of this.stream?.getAudioTracks() ?? []) {
      track.enabled = !muted;
    }
  }

  muteVideo(muted: boolean | 'toggle'): void {
    for (const track of this.stream?.getVideoTracks() ?? []) {
      track.enabled = muted === 'toggle' ? !track.enabled : !muted;
    }
  }

  /** What is to be sent; null: nothing, as the options wish. Rejects with {@link MediaFailure}. */
  async acquire(): Promise<MediaStream | null> {
    const given = this.stream;
    const stream = given ? this.#take(given) : await this.#open();
    if (!stream) {
      return null;
    }
    this.#stream = stream;
    // A track that the application switched off itself stays so.
    if (this.#muted) {
      this.mute(true);
    }
    if (this.#options.localElement) {
      this.#preview.attach(stream);
    }
    const sent = await this.#processed(stream);
    this.#hooks.mark('peer-creation-end');
    return sent;
  }

  /** Sends from another device. False when nothing of that kind is sent. The old source stays when this one fails. */
  switchTo(kind: MediaKind, deviceId: string, muted?: boolean): Promise<boolean> {
    return this.#next(async () => {
      const sender = this.#hooks.sender(kind);
      if (!sender) {
        return false;
      }
      const constraint = this.#options[kind] ?? true;
      const track = await captureExact(this.#platform, kind, deviceId, constraint);
      track.enabled = kind === 'video' || !(muted ?? this.#muted);
      const made = kind === 'audio' ? await this.#process(track) : null;
      try {
        await this.#send(sender, made?.track ?? track);
        // It ended meanwhile, and would never stop this track.
        if (this.#isClosed()) {
          throw closedFailure();
        }
      } catch (error) {
        made?.release();
        track.stop();
        throw error;
      }
      if (made) {
        this.#keep(made);
      }
      this.#replaceOwn(kind, track);
      if (kind === 'audio') {
        this.mute(muted ?? this.#muted);
      }
      return true;
    });
  }

  /** From now on this processor, or none. Settles when it is in effect. `then` goes on in the same turn. */
  setProcessor(processor: AudioProcessor | null, then: () => Promise<void>): Promise<void> {
    return this.#next(async () => {
      this.#processor = processor ?? undefined;
      const [raw] = this.stream?.getAudioTracks() ?? [];
      const sender = this.#hooks.sender('audio');
      if (raw && sender) {
        const made = await this.#process(raw);
        try {
          await this.#send(sender, made.track);
          if (this.#isClosed()) {
            throw closedFailure();
          }
        } catch (error) {
          made.release();
          throw error;
        }
        this.#keep(made);
      }
      await then();
    });
  }

  /** Another leg of the same call goes on with what this one captured, if that still runs, and with what was set. */
  handOver(to: LocalMedia): void {
    to.#processor = this.#processor;
    to.#muted = this.#muted;
    const { stream } = this;
    if (!stream) {
      return;
    }
    if (!stream.getTracks().every((track) => track.readyState === 'live')) {
      to.#given = null;
    } else if (this.#owned.size) {
      for (const track of this.#owned) {
        to.#owned.add(track);
      }
      to.#stream = stream;
      this.#owned.clear();
    }
  }

  dispose(): void {
    this.#closed = true;
    this.#made?.release();
    this.#made = null;
    for (const track of this.#owned) {
      track.stop();
    }
    this.#owned.clear();
    for (const release of this.#releases) {
      release();
    }
    this.#releases.clear();
  }

  async #open(): Promise<MediaStream | null> {
    const options = this.#options;
    const { audio = true, video = false } = options;
    if (!audio && !video) {
      if (options.receiveOnlyAudio || options.negotiateAudio || options.negotiateVideo) {
        return null;
      }
      throw new MediaFailure(42003, undefined, 'Neither audio nor video to send');
    }
    this.#hooks.mark('get-user-media');
    const open = (): Promise<MediaStream> =>
      capture(this.#platform, { ...options, audio, video, stereo: options.useStereo }, (failure) =>
        this.#hooks.warn(OTHER_DEVICE, failure),
      );
    const stream = await open().catch((error: unknown) => {
      if (error instanceof MediaFailure && !this.#closed) {
        return this.#hooks.recapture(error, open);
      }
      throw error;
    });
    if (this.#isClosed()) {
      for (const track of stream.getTracks()) {
        track.stop();
      }
      throw closedFailure();
    }
    for (const track of stream.getTracks()) {
      this.#owned.add(track);
    }
    return stream;
  }

  /** The application's stream as this call sends it. */
  #take(stream: MediaStream): MediaStream {
    const given = stream.getTracks();
    const tracks = given.map((track) => {
      if (this.#owned.has(track)) {
        return track;
      }
      const use = takeTrack(track);
      this.#releases.add(use.release);
      if (use.copied) {
        this.#owned.add(use.track);
      }
      return use.track;
    });
    return tracks.every((track) => given.includes(track))
      ? stream
      : new this.#platform.MediaStream(tracks);
  }

  async #processed(stream: MediaStream): Promise<MediaStream> {
    const [raw] = stream.getAudioTracks();
    if (!raw) {
      return stream;
    }
    const made = await this.#process(raw);
    if (this.#isClosed()) {
      made.release();
      throw closedFailure();
    }
    this.#keep(made);
    if (made.track === raw) {
      return stream;
    }
    return new this.#platform.MediaStream([made.track, ...stream.getVideoTracks()]);
  }

  #process(raw: MediaStreamTrack): Promise<Processed> {
    return processed(this.#platform, this.#processor, 'outbound', raw, this.#hooks.warn);
  }

  #keep(made: Processed): void {
    this.#made?.release();
    this.#made = made;
  }

  async #send(sender: RTCRtpSender, track: MediaStreamTrack): Promise<void> {
    try {
      await this.#hooks.replace(sender, track);
    } catch (error) {
      throw error instanceof MediaFailure ? error : new MediaFailure(42003, error);
    }
  }

  #replaceOwn(kind: MediaKind, track: MediaStreamTrack): void {
    const before = this.stream;
    const tracks = before?.getTracks() ?? [];
    const old = tracks.filter((candidate) => candidate.kind === kind);
    let stream = before;
    if (stream && old.every((candidate) => this.#owned.has(candidate))) {
      for (const gone of old) {
        stream.removeTrack(gone);
      }
      stream.addTrack(track);
    } else {
      // The application's own stream is left as it is.
      const others = tracks.filter((candidate) => candidate.kind !== kind);
      stream = new this.#platform.MediaStream([...others, track]);
    }
    for (const gone of old) {
      if (this.#owned.delete(gone)) {
        gone.stop();
      }
    }
    this.#owned.add(track);
    this.#stream = stream;
    if (this.#options.localElement) {
      this.#preview.attach(stream);
    }
  }

  #next<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#switching.then(work);
    this.#switching = result.catch(() => undefined);
    return result;
  }

  /** Asked after a wait: the compiler takes it for what it was before. */
  #isClosed(): boolean {
    return this.#closed;
  }
}
