import { Listeners } from '../listeners.ts';
import type { SignalingContext, Tell } from './context.ts';

/** What the page tells about network and life cycle, from `start` to `stop`. Nothing outside a page. */
export class PageWatch {
  readonly #context: SignalingContext;
  readonly #tell: Tell;
  readonly #listeners = new Listeners();

  constructor(context: SignalingContext, tell: Tell) {
    this.#context = context;
    this.#tell = tell;
  }

  start(): void {
    const tell = this.#tell;
    const { window, document } = this.#context.platform;
    const seen = (): void => {
      tell({ is: 'returned' });
      tell({ is: 'back' });
    };
    const on = (type: string, listener: () => void): void => {
      this.#listeners.add(window, type, listener);
    };
    this.stop();
    on('online', () => {
      tell({ is: 'back' });
    });
    on('offline', () => {
      tell({ is: 'offline' });
    });
    on('beforeunload', () => {
      tell({ is: 'unload' });
    });
    on('pagehide', () => {
      tell({ is: 'leaving' });
    });
    on('pageshow', seen);
    this.#listeners.add(document, 'visibilitychange', () => {
      if (document?.visibilityState === 'hidden') tell({ is: 'leaving' });
      else seen();
    });
  }

  stop(): void {
    this.#listeners.dispose();
  }
}
