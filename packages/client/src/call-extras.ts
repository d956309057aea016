import type { CallFeedback } from './calls/call-events.ts';
import type { Leg } from './calls/leg.ts';
import { notLoaded } from './errors/not-loaded.ts';
import { EXTRA_NOT_LOADED } from './errors/own-warnings.ts';
import type { ExtrasHost } from './extras/context.ts';
import type { Extras } from './extras/extras.ts';
import type { ClientEvents } from './events.ts';
import type { LogLine } from './quality/log-line.ts';
import type { Platform } from './platform.ts';
import { httpOrigin } from './signaling/endpoint.ts';
import { Timer } from './timer.ts';

/** How long a sign-out waits for uploads. */
const UPLOAD_LIMIT_MS = 10_000;
/** How long it waits for what is left of them to be removed: a browser's store may never answer. */
const FORGET_LIMIT_MS = 2_000;

/** What goes along with calls and is not needed for them (reports, recordings): loaded with the first call, and their uploads. */
export class CallExtras {
  readonly #platform: Platform;
  readonly #host: () => ExtrasHost;
  readonly #uploads = new Set<Promise<unknown>>();
  #loading: Promise<Extras> | undefined;
  #loaded: Extras | undefined;
  /** What was logged while they were being loaded. */
  #earlyLines: LogLine[] = [];

  constructor(platform: Platform, host: () => ExtrasHost) {
    this.#platform = platform;
    this.#host = host;
  }

  /** A call object was made. Sign-out waits for what it uploads. */
  attend(leg: Leg): void {
    this.track(this.#attend(leg));
  }

  log(line: LogLine): void {
    if (this.#loaded) {
      this.#loaded.log(line);
    } else if (this.#loading) {
      this.#earlyLines.push(line);
    }
  }

  /** Something happened to the client. */
  told(event: keyof ClientEvents, payload: unknown): void {
    if (this.#loaded) {
      this.#loaded.told(event, payload);
    } else if (event === 'telnyx.ready') {
      this.#sendLeftovers();
    }
  }

  flush(callId: string, reason: { readonly type: string }): void {
    this.#loaded?.flush(callId, reason);
  }

  /** False when it will be in no report. Never rejects for want of one. */
  async feedback(callId: string, feedback: CallFeedback): Promise<boolean> {
    const extras = await this.#loading?.catch(() => undefined);
    return extras?.feedback(callId, feedback) ?? false;
  }

  /** An upload that a sign-out waits for. */
  track(upload: unknown): void {
    const tracked = Promise.resolve(upload);
    this.#uploads.add(tracked);
    const done = (): void => void this.#uploads.delete(tracked);
    tracked.then(done, done);
  }

  /** Settles when every upload under way has settled, or after 10 s. */
  async drain(): Promise<void> {
    await this.#within(UPLOAD_LIMIT_MS, Promise.allSettled(this.#uploads));
  }

  /** The user signed out: what could not be delivered is not kept for the next page. Never rejects; settles within 2 s. */
  async forgetUploads(): Promise<void> {
    await this.#within(FORGET_LIMIT_MS, this.#forget());
  }

  async #forget(): Promise<void> {
    const { log, session } = this.#host();
    try {
      if (this.#loaded) {
        await this.#loaded.forgetUploads();
      } else if (this.#platform.indexedDB) {
        const { forgetLeftovers } = await import('./quality/outbox.ts');
        await forgetLeftovers(this.#platform, log, httpOrigin(session.endpoint));
      }
    } catch (error) {
      log.warn('Undelivered reports could not be removed', error);
    }
  }

  async #within(ms: number, work: Promise<unknown>): Promise<void> {
    const timer = new Timer(this.#platform);
    const limit = new Promise<void>((resolve) => {
      timer.start(ms, resolve);
    });
    await Promise.race([work, limit]);
    timer.stop();
  }

  async #attend(leg: Leg): Promise<void> {
    const host = this.#host();
    this.#loading ??= import('./extras/extras.ts').then(({ Extras }) =>
      Extras.load(host, this.#earlyLines),
    );
    try {
      const extras = await this.#loading;
      // It takes the early lines with its first call; a line that came in between would belong to none.
      extras.attend(leg);
      this.#loaded = extras;
    } catch (error) {
      this.#loading = undefined;
      this.#earlyLines = [];
      host.log.warn('What goes along with calls could not be loaded', error);
      leg.notices.warn(EXTRA_NOT_LOADED, { ...notLoaded('callExtras', error) });
    }
  }

  /** What the page before could not deliver; there is none without a store. */
  #sendLeftovers(): void {
    const { client, log } = this.#host();
    if (!this.#platform.indexedDB || client.options.enableCallReports === false) {
      return;
    }
    import('./quality/outbox.ts').then(
      ({ sendLeftovers }) => sendLeftovers(this.#platform, log),
      (error: unknown) => {
        log.debug('Undelivered reports of an earlier page wait for the next one', error);
      },
    );
  }
}
