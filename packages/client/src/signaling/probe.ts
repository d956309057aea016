import type { Platform } from '../platform.ts';
import { Timer } from '../timer.ts';

const LIMIT_MS = 1_000;
const FIRST_BLIND_MS = 10_000;
const LAST_BLIND_MS = 60_000;

/**
 * Browsers slow down new WebSockets after failed ones, up to a minute; a `fetch` they do not. So while the host is down it is
 * asked by `fetch`, and a socket is opened once it answers, with whatever status. A page whose policy forbids the `fetch` (CSP
 * `connect-src` with the socket's address only) looks like a host that is down: therefore a socket is tried blindly now
 * and then.
 */
export class Probe {
  readonly #platform: Platform;
  readonly #timer: Timer;
  #running: AbortController | undefined;
  #blindAfter = FIRST_BLIND_MS;
  #lastSocketAt = 0;

  constructor(platform: Platform) {
    this.#platform = platform;
    this.#timer = new Timer(platform);
  }

  /** A socket is being opened. */
  socketTried(): void {
    this.#lastSocketAt = this.#platform.now();
  }

  /** The session became ready: the next outage starts afresh. */
  reset(): void {
    this.#blindAfter = FIRST_BLIND_MS;
  }

  /** Calls back once unless stopped: whether it is worth opening a socket. */
  run(url: string, done: (reachable: boolean) => void): void {
    this.stop();
    const running = (this.#running = new AbortController());
    const finish = (answered: boolean): void => {
      if (this.#running !== running) return;
      this.stop();
      const blind = !answered && this.#platform.now() - this.#lastSocketAt >= this.#blindAfter;
      if (blind) this.#blindAfter = Math.min(this.#blindAfter * 2, LAST_BLIND_MS);
      done(answered || blind);
    };
    this.#timer.start(LIMIT_MS, () => {
      finish(false);
    });
    this.#platform
      .fetch(url, {
        method: 'HEAD',
        mode: 'no-cors',
        cache: 'no-store',
        credentials: 'omit',
        signal: running.signal,
      })
      .then(
        () => {
          finish(true);
        },
        () => {
          finish(false);
        },
      );
  }

  stop(): void {
    this.#timer.stop();
    const running = this.#running;
    this.#running = undefined;
    running?.abort();
  }
}
