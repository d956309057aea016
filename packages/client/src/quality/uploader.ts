import type { Platform } from '../platform.ts';
import { Timer } from '../timer.ts';

/** Bytes that a body sent with `keepalive` may hold (wire spec 15.1 counts characters; browsers count 64 KiB, with what else is under way). */
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
  /** The gateway is one of ours, which unpacks: a body that need not outlive the page goes out as gzip, an eighth of its size. */
  readonly gzip?: boolean;
}

/** Taken; refused for good; or nobody answered, or not in earnest. */
export type UploadOutcome = 'taken' | 'refused' | 'failed';

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

  /** Never rejects. */
  send(upload: Upload): Promise<UploadOutcome> {
    const sent = this.#send(upload);
    this.#pending.add(sent);
    void sent.finally(() => this.#pending.delete(sent));
    return sent;
  }

  /** Settles when nothing is under way, or after `limitMs`. */
  async drain(limitMs: number): Promise<void> {
    if (this.#pending.size === 0) {
      return;
    }
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

  async #send(upload: Upload): Promise<UploadOutcome> {
    let keepalive = upload.keepalive && bytesOf(upload.body) <= KEEPALIVE_LIMIT;
    for (let attempt = 0; ; attempt++) {
      const outcome = await this.#attempt(upload, keepalive);
      if (outcome !== 'again') {
        return outcome;
      }
      const wait = RETRY_MS[attempt];
      if (wait === undefined) {
        return 'failed';
      }
      await this.#sleep(wait);
      if (this.#stop.signal.aborted) {
        return 'failed';
      }
      // Several calls may have ended at once and filled the browser's allowance; the page lives, so it is not needed.
      keepalive = false;
    }
  }

  async #attempt(upload: Upload, keepalive: boolean): Promise<'taken' | 'refused' | 'again'> {
    const limit = new AbortController();
    const timer = new Timer(this.#platform);
    timer.start(ATTEMPT_LIMIT_MS, () => {
      limit.abort();
    });
    try {
      const packed = upload.gzip && !keepalive ? await gzip(upload.body) : null;
      const { ok, status } = await this.#platform.fetch(upload.url, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          ...(packed ? { 'content-encoding': 'gzip' } : {}),
          ...upload.headers,
        },
        body: packed ?? upload.body,
        keepalive,
        credentials: 'omit',
        signal: limit.signal,
      });
      if (ok) {
        return 'taken';
      }
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
      if (signal.aborted) {
        end();
      } else {
        timer.start(ms, end);
      }
    });
  }
}

const bytesOf = (text: string): number => new TextEncoder().encode(text).length;

/** Below this, packing saves nothing that anybody would notice. */
const WORTH_PACKING = 4_096;

/** Null where it is not worth it, or the browser cannot. */
async function gzip(text: string): Promise<ArrayBuffer | null> {
  if (text.length < WORTH_PACKING || typeof CompressionStream === 'undefined') {
    return null;
  }
  const packed = new Blob([text]).stream().pipeThrough(new CompressionStream('gzip'));
  return new Response(packed).arrayBuffer();
}
