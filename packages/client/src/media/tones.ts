import type { Platform } from '../platform.ts';
import { needsGesture, onGesture } from './gesture.ts';

interface Wish {
  readonly file: string;
  /** The browser wants a gesture first; the tone sounds from the next one on. */
  readonly refused: () => void;
}

/**
 * One looping sound of one client, e.g. its ringtone. Several calls may want it at once: it is heard once, and until the last
 * of them stops it. Each owner brings its file; the first one's plays.
 */
export class Tone {
  readonly #platform: Platform;
  readonly #log: (message: string, error: unknown) => void;
  readonly #owners = new Map<object, Wish>();
  #element: HTMLAudioElement | null = null;
  #playing = '';
  #forgetGesture: () => void = () => undefined;

  constructor(platform: Platform, log: (message: string, error: unknown) => void) {
    this.#platform = platform;
    this.#log = log;
  }

  start(owner: object, file: string | undefined, refused: () => void): void {
    if (file) {
      this.#owners.set(owner, { file, refused });
      this.#update();
    }
  }

  stop(owner: object): void {
    if (this.#owners.delete(owner)) {
      this.#update();
    }
  }

  dispose(): void {
    this.#owners.clear();
    this.#update();
  }

  #update(): void {
    const { file = '', refused } = this.#owners.values().next().value ?? {};
    if (file === this.#playing) {
      return;
    }
    this.#playing = file;
    this.#forgetGesture();
    this.#element?.pause();
    this.#element?.remove();
    this.#element = null;
    const { document } = this.#platform;
    if (!file || !document) {
      return;
    }
    const element = (this.#element = document.createElement('audio'));
    element.hidden = element.loop = true;
    element.src = file;
    document.body.append(element);
    this.#play(element, refused);
  }

  #play(element: HTMLAudioElement, refused?: () => void): void {
    const playing = element.play() as Promise<void> | undefined;
    playing?.catch((error: unknown) => {
      if (this.#element !== element) {
        return;
      }
      if (!needsGesture(error)) {
        this.#log('A tone could not be played', error);
        return;
      }
      refused?.();
      this.#forgetGesture = onGesture(this.#platform, () => this.#play(element));
    });
  }
}
