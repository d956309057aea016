import type { FakeMediaStream } from './fake-media.ts';

/** An `<audio>` element that plays nothing. */
export class FakeElement {
  readonly #failure: () => Error | null;
  readonly attributes = new Map<string, string>();
  srcObject: FakeMediaStream | null = null;
  src = '';
  loop = false;
  hidden = false;
  isConnected = false;
  plays = 0;
  /** A tone that sounds. */
  playing = false;
  sinkId = '';
  /** Of a link. */
  href = '';
  download = '';
  clicks = 0;
  sinkFailure: Error | null = null;

  constructor(failure: () => Error | null) {
    this.#failure = failure;
  }

  hasAttribute(name: string): boolean {
    return this.attributes.has(name);
  }
  setAttribute(name: string, value: string): void {
    this.attributes.set(name, value);
  }
  play(): Promise<void> {
    this.plays += 1;
    const failure = this.#failure();
    if (failure) {
      return Promise.reject(failure);
    }
    this.playing = this.src !== '';
    return Promise.resolve();
  }
  pause(): void {
    this.playing = false;
  }
  click(): void {
    this.clicks += 1;
  }
  remove(): void {
    this.isConnected = false;
  }
  setSinkId(id: string): Promise<void> {
    if (this.sinkFailure) {
      return Promise.reject(this.sinkFailure);
    }
    this.sinkId = id;
    return Promise.resolve();
  }
}
