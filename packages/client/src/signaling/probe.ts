import type { Platform } from '../platform.ts';
import { Timer } from '../timer.ts';

const LIMIT_MS = 1_000;
const FIRST_BLIND_MS = 10_000;
const LAST_BLIND_MS = 60_000;
/** The same while the host does not even refuse. */
const SILENT_BLIND_MS = 2_000;

/**
 * Browsers slow down new WebSockets after failed ones, up to a minute; a `fetch` they do not. So while the host is down it is
 * asked by `fetch`, and a socket is opened once it answers, with whatever status. A page whose policy forbids the `fetch` (CSP
 * `connect-src` with the socket's address only) looks like a host that is down: therefore a socket is tried blindly now
 * and then.
 *
 * It is tried sooner in a black hole. There Chromium goes on with the connection that an aborted `fetch` began, and the next one waits
 * for it too, while its SYNs come ever more seldom: 1, 3, 7, 15, 31 s. A WebSocket that is given up takes its connection with it.
 */
export class Probe {
  readonly #platform: Platform;
  readonly #timer: Timer;
  #running: AbortController | undefined;
  #blindAfter = FIRST_BLIND_MS;
  #lastSocketAt = 0;
  #silent = false;
  #slow = false;

  constructor(platform: Platform) {
    this.#platform = platform;
    this.#timer = new Timer(platform);
  }

  /** The host neither answered in time nor refused. Not known of one that answered late: it is there, and slow. */
  get silent(): boolean {
    return this.#silent;
  }

  /** A socket is being opened. */
  socketTried(): void {
    this.#lastSocketAt = this.#platform.elapsed();
  }

  /** The session became ready: the next outage starts afresh. */
  reset(): void {
    this.stop();
    this.#blindAfter = FIRST_BLIND_MS;
    this.#silent = this.#slow = false;
  }

  /** Calls back once unless stopped: whether it is worth opening a socket. A late answer is listened for until the next question. */
  run(url: string, done: (reachable: boolean) => void): void {
    this.stop();
    const running = (this.#running = new AbortController());
    let told = false;
    const finish = (answered: boolean, silent = false): void => {
      if (this.#running !== running) {
        return;
      }
      if (told) {
        this.#slow ||= answered;
        return;
      }
      told = true;
      this.#timer.stop();
      this.#silent = silent && !this.#slow;
      const after = silent ? SILENT_BLIND_MS : this.#blindAfter;
      const blind = !answered && this.#platform.elapsed() - this.#lastSocketAt >= after;
      if (blind && !silent) {
        this.#blindAfter = Math.min(this.#blindAfter * 2, LAST_BLIND_MS);
      }
      done(answered || blind);
    };
    this.#timer.start(LIMIT_MS, () => {
      finish(false, true);
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
