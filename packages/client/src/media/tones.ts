import type { Platform } from '../platform.ts';

/**
 * One looping sound of one client, e.g. its ringtone. Several calls may want it at once: it is heard once, and until the last
 * of them stops it. Each owner brings its file; the first one's plays.
 */
export class Tone {
  readonly #platform: Platform;
  readonly #log: (message: string, error: unknown) => void;
  readonly #owners = new Map<object, string>();
  #element: HTMLAudioElement | null = null;
  #playing = '';

  constructor(platform: Platform, log: (message: string, error: unknown) => void) {
    this.#platform = platform;
    this.#log = log;
  }

  start(owner: object, file: string | undefined): void {
    if (file) {
      this.#owners.set(owner, file);
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
    const file = this.#owners.values().next().value ?? '';
    if (file === this.#playing) {
      return;
    }
    this.#playing = file;
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
    const playing = element.play() as Promise<void> | undefined;
    playing?.catch((error: unknown) => this.#log('A tone could not be played', error));
  }
}
