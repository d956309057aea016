import { Listeners } from '../listeners.ts';
import type { Platform } from '../platform.ts';

export interface PageHandlers {
  /** The network is back, or the page is shown or awake again. */
  onBack(): void;
  onOffline(): void;
  onUnload(): void;
  /** The page hides or goes away, perhaps for ever. */
  onLeaving(): void;
  onReturned(): void;
}

/** What the page tells about network and life cycle, from `start` to `stop`. Nothing outside a page. */
export class PageWatch {
  readonly #platform: Platform;
  readonly #handlers: PageHandlers;
  readonly #listeners = new Listeners();

  constructor(platform: Platform, handlers: PageHandlers) {
    this.#platform = platform;
    this.#handlers = handlers;
  }

  start(): void {
    this.stop();
    const { window, document } = this.#platform;
    const { onBack, onOffline, onUnload, onLeaving, onReturned } = this.#handlers;
    this.#listeners.add(window, 'online', onBack);
    this.#listeners.add(window, 'offline', onOffline);
    this.#listeners.add(window, 'beforeunload', onUnload);
    this.#listeners.add(window, 'pagehide', onLeaving);
    this.#listeners.add(window, 'pageshow', () => {
      onReturned();
      onBack();
    });
    this.#listeners.add(document, 'visibilitychange', () => {
      if (document?.visibilityState === 'hidden') onLeaving();
      else {
        onReturned();
        onBack();
      }
    });
  }

  stop(): void {
    this.#listeners.dispose();
  }
}
