import type { MediaElementSource } from '../options.ts';
import type { Platform } from '../platform.ts';
import { needsGesture, onGesture } from './gesture.ts';

export type ElementSource = MediaElementSource | null | undefined;

export interface PlaybackHooks {
  /** 33011: the element played another stream. */
  overwritten(): void;
  /** The browser wants a gesture first; playing starts with the next one. */
  refused(): void;
  log(message: string, error: unknown): void;
}

/** An element, or its DOM id, or a function that gives it. */
export function resolveElement(platform: Platform, source: ElementSource): HTMLMediaElement | null {
  if (typeof source === 'string') {
    return platform.document?.getElementById(source) as HTMLMediaElement | null;
  }
  return typeof source === 'function'
    ? (source as () => HTMLMediaElement | null)()
    : (source ?? null);
}

/**
 * Plays one stream on one element: the application's, or, for the far end's audio, a hidden one of our own that goes
 * with us.
 */
export class Playback {
  readonly #platform: Platform;
  readonly #hooks: PlaybackHooks;
  readonly #ownElement: boolean;
  #source: ElementSource;
  #element: HTMLMediaElement | null = null;
  #own: HTMLMediaElement | null = null;
  #stream: MediaStream | null = null;
  #sinkId: string | undefined;
  /** The element was part of the page when it began to play. */
  #inPage = false;
  /** Undo of the wait for a gesture. */
  #awaited: (() => void) | null = null;

  constructor(
    platform: Platform,
    source: ElementSource,
    ownElement: boolean,
    hooks: PlaybackHooks,
  ) {
    this.#platform = platform;
    this.#source = source;
    this.#ownElement = ownElement;
    this.#hooks = hooks;
  }

  get element(): HTMLMediaElement | null {
    return this.#element;
  }

  /** Takes effect at once when something plays. */
  setSource(source: ElementSource): void {
    this.#source = source;
    if (this.#stream) {
      const stream = this.#stream;
      this.#detach();
      this.attach(stream);
    }
  }

  attach(stream: MediaStream): void {
    this.#stream = stream;
    const element = (this.#element = this.#find());
    if (!element) {
      return;
    }
    this.#inPage = element.isConnected;
    if (element.srcObject && element.srcObject !== stream) {
      this.#hooks.overwritten();
    }
    for (const name of ['autoplay', 'playsinline']) {
      if (!element.hasAttribute(name)) {
        element.setAttribute(name, 'true');
      }
    }
    if (element.srcObject !== stream) {
      element.srcObject = stream;
    }
    this.#play(element);
    if (this.#sinkId !== undefined) {
      void this.#applySink(element, this.#sinkId);
    }
  }

  /** A framework may have put another element in the place of the one that plays: then that one plays. */
  follow(): void {
    const stream = this.#stream;
    if (!stream || !this.#element) {
      return;
    }
    // A function is asked again only when what it gave has left the page: it may do more than look.
    const left = this.#inPage && !this.#element.isConnected;
    if (typeof this.#source === 'string' || (typeof this.#source === 'function' && left)) {
      if (this.#find() === this.#element) {
        return;
      }
      this.#detach();
      this.attach(stream);
    }
  }

  /** False when there is no element, the browser cannot choose outputs, or it refused this one. */
  async setSink(deviceId: string | undefined): Promise<boolean> {
    this.#sinkId = deviceId;
    return this.#element !== null && !!deviceId && this.#applySink(this.#element, deviceId);
  }

  /** Lets go of the element, if it still plays our stream, and removes our own. */
  dispose(): void {
    this.#detach();
    this.#stream = null;
  }

  #find(): HTMLMediaElement | null {
    const given = resolveElement(this.#platform, this.#source);
    const { document } = this.#platform;
    if (given || !this.#ownElement || !document) {
      return given;
    }
    if (!this.#own) {
      this.#own = document.createElement('audio');
      this.#own.hidden = true;
      document.body.append(this.#own);
    }
    return this.#own;
  }

  #detach(): void {
    this.#forgetGesture();
    if (this.#element && this.#element.srcObject === this.#stream) {
      this.#element.srcObject = null;
    }
    this.#own?.remove();
    this.#element = this.#own = null;
  }

  #play(element: HTMLMediaElement): void {
    // jsdom and old engines return nothing.
    const playing = element.play() as Promise<void> | undefined;
    playing?.catch((error: unknown) => {
      if (!needsGesture(error)) {
        // AbortError: another stream was set meanwhile, or the element was let go.
        this.#hooks.log('Playing was interrupted', error);
      } else if (this.#element === element && !this.#awaited) {
        this.#hooks.refused();
        this.#awaitGesture();
      }
    });
  }

  #awaitGesture(): void {
    this.#awaited = onGesture(this.#platform, () => {
      this.#awaited = null;
      if (this.#element) {
        this.#play(this.#element);
      }
    });
  }

  #forgetGesture(): void {
    this.#awaited?.();
    this.#awaited = null;
  }

  async #applySink(element: HTMLMediaElement, deviceId: string): Promise<boolean> {
    try {
      await element.setSinkId(deviceId);
      return true;
    } catch (error) {
      this.#hooks.log('The output device was refused', error);
      return false;
    }
  }
}
