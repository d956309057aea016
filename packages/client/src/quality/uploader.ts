import type { Platform } from '../platform.ts';
import { Timer } from '../timer.ts';

/** A body sent with `keepalive` may hold this many characters (wire spec 15.1). */
export const KEEPALIVE_LIMIT = 61_440;
const RETRY_MS = [500, 1000, 2000];
const ATTEMPT_LIMIT_MS = 10_000;

export interface Upload {
  /** `https://calls.example.com/call_report` */
  readonly url: string;
  /** `x-call-report-id`, `x-call-id`, `x-voice-sdk-id` where known. */
  readonly headers: Readonly<Record<string, string>>;
  /** JSON text. */
  readonly body: string;
  /** The page may be going away: send within the browser's limit, without retries. */
  readonly keepalive: boolean;
}

/**
 * Posts reports, each until it is taken: again after 0.5, 1 and 2 s, unless the gateway refuses it for good (4xx other than 408,
 * 425 and 429). Owns its timers; {@link drain} waits for what is under way, {@link dispose} ends the waits.
 */
export class Uploader {
  readonly #platform: Platform;
  readonly #pending = new Set<Promise<unknown>>();
  readonly #stop = new AbortController();

  constructor(platform: Platform) {
    this.#platform = platform;
  }

  /** Settles true when the gateway took it, false when it never will. Never rejects. */
  send(upload: Upload): Promise<boolean> {
    const sent = this.#send(upload);
    this.#pending.add(sent);
    void sent.finally(() => this.#pending.delete(sent));
    return sent;
  }

  /** Settles when nothing is under way, or after `limitMs`. */
  async drain(limitMs: number): Promise<void> {
    if (this.#pending.size === 0) return;
    const timer = new Timer(this.#platform);
    await Promise.race([
      Promise.all(this.#pending),
      new Promise<void>((resolve) => {
        timer.start(limitMs, resolve);
      }),
    ]);
    timer.stop();
  }

  /** Waits for retries end now; a request on the wire goes on. */
  dispose(): void {
    this.#stop.abort();
  }

  async #send(upload: Upload): Promise<boolean> {
    const keepalive = upload.keepalive && upload.body.length <= KEEPALIVE_LIMIT;
    for (let attempt = 0; ; attempt++) {
      const outcome = await this.#attempt(upload, keepalive);
      if (outcome !== 'again') return outcome === 'taken';
      const wait = RETRY_MS[attempt];
      if (wait === undefined) return false;
      await this.#sleep(wait);
      if (this.#stop.signal.aborted) return false;
    }
  }

  async #attempt(upload: Upload, keepalive: boolean): Promise<'taken' | 'refused' | 'again'> {
    const limit = new AbortController();
    const timer = new Timer(this.#platform);
    timer.start(ATTEMPT_LIMIT_MS, () => {
      limit.abort();
    });
    try {
      const { ok, status } = await this.#platform.fetch(upload.url, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...upload.headers },
        body: upload.body,
        keepalive,
        credentials: 'omit',
        signal: limit.signal,
      });
      if (ok) return 'taken';
      const final = status >= 400 && status < 500 && ![408, 425, 429].includes(status);
      return final ? 'refused' : 'again';
    } catch {
      return 'again';
    } finally {
      timer.stop();
    }
  }

  #sleep(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = new Timer(this.#platform);
      const { signal } = this.#stop;
      const end = (): void => {
        timer.stop();
        signal.removeEventListener('abort', end);
        resolve();
      };
      signal.addEventListener('abort', end);
      if (signal.aborted) end();
      else timer.start(ms, end);
    });
  }
}
