import type { Logger } from 'pino';
import { KeyedBuckets } from './limits/keyed-buckets.ts';
import type { Clock } from './clock.ts';

/** Where something from outside begins to run our code. The names are label values in `/metrics`. */
export type Boundary =
  | 'control'
  | 'socket'
  | 'frame'
  | 'timer'
  | 'sweep'
  | 'route'
  | 'media'
  | 'report'
  | 'engine'
  | 'upgrade'
  | 'health'
  | 'sip'
  | 'push'
  | 'cluster';

/** Of one boundary: the first few are logged whole, after that one in a minute. All are counted. */
const LOGGED = { perSecond: 1 / 60, burst: 10 } as const;

/**
 * What throws inside ends what it concerns, is logged with its cause and counted, and the process goes on. Without it an
 * exception in a timer or a listener ends every call of the gateway.
 */
export class Guard {
  readonly #logger: Logger;
  readonly #count: (boundary: Boundary) => void;
  readonly #logged = new KeyedBuckets(LOGGED.perSecond, LOGGED.burst, () => performance.now());

  /** @param count must not throw */
  constructor(logger: Logger, count: (boundary: Boundary) => void) {
    this.#logger = logger;
    this.#count = count;
  }

  /**
   * @param end ends what the work concerned, such as the call or the socket; what it throws in turn is logged too
   * @returns what the work returned; undefined when it threw
   */
  run<T>(boundary: Boundary, work: () => T, end?: (error: unknown) => void): T | undefined {
    try {
      return work();
    } catch (error) {
      this.caught(boundary, error);
      if (end !== undefined) {
        this.run(boundary, () => {
          end(error);
        });
      }
      return undefined;
    }
  }

  /** The same for work that settles: resolves to undefined when it failed. Never rejects. */
  async settle<T>(
    boundary: Boundary,
    work: () => Promise<T>,
    end?: (error: unknown) => void,
  ): Promise<T | undefined> {
    try {
      return await work();
    } catch (error) {
      return this.run<T | undefined>(
        boundary,
        () => {
          throw error;
        },
        end,
      );
    }
  }

  /** Counts and logs what a caller caught itself. */
  caught(boundary: Boundary, error: unknown): void {
    this.#count(boundary);
    if (!this.#logged.take(boundary)) {
      return;
    }
    this.#logger.error({ boundary, error }, 'Something failed that should not; the rest goes on');
  }

  /** The clock with every callback guarded. */
  clock(clock: Clock): Clock {
    return {
      now: () => clock.now(),
      monotonic: () => clock.monotonic(),
      schedule: (callback, ms) => clock.schedule(() => this.run('timer', callback), ms),
    };
  }
}
