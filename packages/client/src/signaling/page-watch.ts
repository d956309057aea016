import { Listeners } from '../listeners.ts';
import type { SignalingContext, Tell } from './context.ts';
import type { SessionMemory } from './memory.ts';
import type { Place } from './place.ts';

/**
 * What the page tells about network and life cycle, from `start` to `stop`. Nothing outside a page. With `hangupOnBeforeUnload:
 * false` the session is written down whenever the page might go away for ever, and only then.
 */
export class PageWatch {
  readonly #context: SignalingContext;
  readonly #memory: SessionMemory;
  readonly #place: Place;
  readonly #tell: Tell;
  readonly #listeners = new Listeners();

  constructor(context: SignalingContext, memory: SessionMemory, place: Place, tell: Tell) {
    this.#context = context;
    this.#memory = memory;
    this.#place = place;
    this.#tell = tell;
  }

  start(): void {
    const { platform, options, hangUp, calls } = this.#context;
    const place = this.#place;
    const { window, document } = platform;
    const stays = (): boolean => options().hangupOnBeforeUnload === false;
    const on = (target: EventTarget | undefined, type: string, listener: () => void): void => {
      this.#listeners.add(target, type, listener);
    };
    const back = (): void => {
      this.#tell({ is: 'back' });
    };
    const leaving = (): void => {
      if (stays()) this.#memory.save(place.options.host, calls().markers());
    };
    const returned = (): void => {
      this.#memory.unsave();
      back();
    };
    this.stop();
    on(window, 'online', back);
    on(window, 'offline', () => {
      this.#tell({ is: 'offline' });
    });
    on(window, 'beforeunload', () => {
      if (!stays()) hangUp();
    });
    on(window, 'pagehide', () => {
      leaving();
      this.#memory.release();
    });
    on(window, 'pageshow', returned);
    on(document, 'resume', returned);
    on(document, 'visibilitychange', () => {
      if (document?.visibilityState === 'hidden') leaving();
      else returned();
    });
  }

  stop(): void {
    this.#listeners.dispose();
  }
}
