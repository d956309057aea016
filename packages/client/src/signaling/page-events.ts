import { Emitter } from '../emitter.ts';
import { Listeners } from '../listeners.ts';
import type { Platform } from '../platform.ts';

export interface PageEventsMap {
  /** The browser has a network again. */
  online: [];
  offline: [];
  /** The page is out of sight, and may be gone for ever. */
  hidden: [];
  /** The page is left: by a link, a reload, or the tab's end. It may come back from the back/forward cache. */
  left: [];
  /** The page is seen again, or was brought back or woken. */
  returned: [];
}

/**
 * What the page tells about network and life cycle, from `start` to `stop`. Nothing outside a page. `beforeunload` is not listened
 * to: it comes too when the page then stays (the user answers "Stay", or the link was a download, `mailto:` or `tel:`).
 */
export class PageEvents {
  readonly events: Emitter<PageEventsMap>;
  readonly #platform: Platform;
  readonly #listeners = new Listeners();

  constructor(platform: Platform) {
    this.events = new Emitter((error) => {
      platform.reportError(error);
    });
    this.#platform = platform;
  }

  start(): void {
    const { window, document } = this.#platform;
    const on = (
      target: EventTarget | undefined,
      type: string,
      event: keyof PageEventsMap,
    ): void => {
      this.#listeners.add(target, type, () => {
        this.events.emit(event);
      });
    };
    this.stop();
    on(window, 'online', 'online');
    on(window, 'offline', 'offline');
    on(window, 'pagehide', 'left');
    on(window, 'pageshow', 'returned');
    on(document, 'resume', 'returned');
    this.#listeners.add(document, 'visibilitychange', () => {
      this.events.emit(document?.visibilityState === 'hidden' ? 'hidden' : 'returned');
    });
  }

  stop(): void {
    this.#listeners.dispose();
  }
}
