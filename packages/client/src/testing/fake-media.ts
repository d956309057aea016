export type MediaKind = 'audio' | 'video';

let serial = 0;

export class FakeTrack extends EventTarget {
  readonly id = `track-${String(++serial)}`;
  readonly kind: MediaKind;
  enabled = true;
  /** By the system. */
  muted = false;
  readyState: 'live' | 'ended' = 'live';

  readonly #copied: (copy: FakeTrack) => void;

  /** `copied` hears of each copy: it has to be stopped on its own. */
  constructor(kind: MediaKind, copied: (copy: FakeTrack) => void = () => undefined) {
    super();
    this.kind = kind;
    this.#copied = copied;
  }
  clone(): FakeTrack {
    const copy = new FakeTrack(this.kind, this.#copied);
    copy.enabled = this.enabled;
    copy.deviceId = this.deviceId;
    this.#copied(copy);
    return copy;
  }
  /** Of the microphone that it comes from. */
  deviceId = '';
  stop(): void {
    this.readyState = 'ended';
  }
  getSettings(): MediaTrackSettings {
    return { deviceId: this.deviceId };
  }
  /** The device went away. */
  vanish(): void {
    this.readyState = 'ended';
    this.dispatchEvent(new Event('ended'));
  }
}

export class FakeMediaStream {
  readonly id = `stream-${String(++serial)}`;
  #tracks: FakeTrack[];

  constructor(tracks: FakeTrack[] = []) {
    this.#tracks = [...tracks];
  }
  getTracks(): FakeTrack[] {
    return [...this.#tracks];
  }
  getAudioTracks(): FakeTrack[] {
    return this.#tracks.filter(({ kind }) => kind === 'audio');
  }
  getVideoTracks(): FakeTrack[] {
    return this.#tracks.filter(({ kind }) => kind === 'video');
  }
  addTrack(track: FakeTrack): void {
    if (!this.#tracks.includes(track)) {
      this.#tracks.push(track);
    }
  }
  removeTrack(track: FakeTrack): void {
    this.#tracks = this.#tracks.filter((other) => other !== track);
  }
}
