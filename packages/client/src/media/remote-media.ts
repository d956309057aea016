import type { ITelnyxWarning } from '../errors/catalogue.ts';
import type { AudioProcessor, PlainCallOptions } from '../options.ts';
import type { Platform } from '../platform.ts';
import type { Playback } from './playback.ts';
import { processed, type Processed } from './processing.ts';

/** What one call hears. */
export class RemoteMedia {
  readonly #platform: Platform;
  readonly #output: Playback;
  readonly #warn: (warning: ITelnyxWarning, error: unknown) => void;
  #stream: MediaStream | null;
  /** What the application's processor made of it. */
  #made: Processed | null = null;
  #deaf = false;
  #closed = false;

  constructor(
    platform: Platform,
    { remoteStream }: PlainCallOptions,
    output: Playback,
    warn: (warning: ITelnyxWarning, error: unknown) => void,
  ) {
    this.#platform = platform;
    this.#output = output;
    this.#warn = warn;
    this.#stream = remoteStream ?? null;
  }

  /** As it came; null before the far side sends. */
  get stream(): MediaStream | null {
    return this.#stream;
  }

  get deaf(): boolean {
    return this.#deaf;
  }

  /** Silences what is heard, also what comes later. */
  silence(deaf: boolean): void {
    this.#deaf = deaf;
    for (const track of this.#stream?.getAudioTracks() ?? []) {
      track.enabled = !deaf;
    }
  }

  onTrack({ streams, track }: RTCTrackEvent, processor: AudioProcessor | undefined): void {
    const stream = streams[0] ?? this.#stream ?? new this.#platform.MediaStream();
    if (!stream.getTracks().includes(track)) {
      stream.addTrack(track);
    }
    this.#stream = stream;
    this.silence(this.#deaf);
    if (processor?.inbound) {
      void this.play(processor);
    } else {
      this.#output.attach(stream);
    }
  }

  /** Plays what the processor makes of it. */
  async play(processor: AudioProcessor | undefined): Promise<void> {
    const stream = this.#stream;
    if (!stream) {
      return;
    }
    const [raw] = stream.getAudioTracks();
    const made = raw && (await processed(this.#platform, processor, 'inbound', raw, this.#warn));
    if (this.#closed) {
      made?.release();
      return;
    }
    if (made) {
      this.#made?.release();
      this.#made = made;
    }
    const heard =
      !made || made.track === raw
        ? stream
        : new this.#platform.MediaStream([made.track, ...stream.getVideoTracks()]);
    const playing = this.#output.element?.srcObject;
    if (playing && playing !== heard) {
      this.#output.dispose();
    }
    this.#output.attach(heard);
  }

  dispose(): void {
    this.#closed = true;
    this.#made?.release();
    this.#made = null;
  }
}
