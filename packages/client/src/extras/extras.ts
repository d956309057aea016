import type { Leg } from '../calls/leg.ts';
import type { ClientEvents } from '../events.ts';
import { notLoaded, type NotLoaded } from '../errors/not-loaded.ts';
import { EXTRA_NOT_LOADED } from '../errors/own-warnings.ts';
import { connectionOf, networkOf } from '../quality/environment.ts';
import { Listeners } from '../listeners.ts';
import type { LogLine } from '../quality/log-line.ts';
import type { Debugging } from './debugging.ts';
import type { CallFeedback } from '../calls/call-events.ts';
import { contextOf, type Companion, type ExtrasContext, type ExtrasHost } from './context.ts';
import type { Recordings } from './recordings.ts';
import type { Reporting } from './reporting.ts';

/**
 * What goes along with the calls of one client and is not needed for any of them: reports, recordings, debug reports, devices
 * that come and go. Loaded with the first call; what the options do not ask for is not loaded at all. Listens to page and
 * devices only while there is a call.
 */
export class Extras {
  readonly #context: ExtrasContext;
  readonly #live = new Set<Leg>();
  #reporting: Reporting | null = null;
  #recordings: Recordings | null = null;
  #debugging: Debugging | null = null;
  /** What the options ask for and could not be loaded: it is tried again with each call. */
  #missing: readonly NotLoaded[] = [];
  #early: readonly LogLine[];
  #unwatch: (() => void) | null = null;

  /** `lines`: what was logged while this was being loaded. */
  static async load(host: ExtrasHost, lines: readonly LogLine[]): Promise<Extras> {
    const extras = new Extras(contextOf(host), lines);
    await extras.#load();
    return extras;
  }

  private constructor(context: ExtrasContext, lines: readonly LogLine[]) {
    this.#context = context;
    this.#early = lines;
  }

  get #companions(): readonly Companion[] {
    return [this.#reporting, this.#recordings].filter((companion) => companion !== null);
  }

  /** Never throws into a call. */
  attend(leg: Leg): void {
    if (!leg.life.over) {
      this.#enter(leg);
    }
    for (const companion of this.#companions) {
      companion.attend(leg);
    }
    for (const line of this.#early) {
      this.log(line);
    }
    this.#early = [];
    if (this.#missing.length > 0) {
      void this.#loadAgain(leg);
    }
    if (leg.options.debug || leg.deps.listening('telnyx.stats.report')) {
      void import('./debugging.ts').then(
        ({ Debugging }) => {
          this.#debugging ??= new Debugging(this.#context);
          this.#debugging.attend(leg);
        },
        (error: unknown) => this.#tell(leg, notLoaded('debugReport', error)),
      );
    }
  }

  log(line: LogLine): void {
    this.#reporting?.log(line);
    this.#debugging?.log(line);
  }

  told(event: keyof ClientEvents, payload: unknown): void {
    if (event === 'telnyx.ready') {
      void this.#context.outbox.retry();
    }
    if (event === 'telnyx.socket.close') {
      this.#context.outbox.pause();
    }
    for (const companion of this.#companions) {
      companion.told?.(event, payload);
    }
  }

  flush(callId: string, reason: { readonly type: string }): void {
    this.#reporting?.flush(callId, reason);
  }

  /** The user signed out: reports that could not be delivered are removed. Never rejects. */
  forgetUploads(): Promise<void> {
    return this.#context.outbox.clear(this.#context.key().origin);
  }

  /** @throws RangeError for a score that is none */
  feedback(callId: string, { score, tags = [], note }: CallFeedback): boolean {
    if (!(score >= 1 && score <= 5)) {
      throw new RangeError('score is 1 to 5');
    }
    const given = { score, tags: tags.slice(0, 20), note: note?.slice(0, 1_000) };
    return this.#reporting?.feedback(callId, given) ?? false;
  }

  /** What the options ask for and is not there. Never rejects: what is missing costs nothing else. */
  async #load(): Promise<void> {
    const { enableCallReports, enableCallRecording } = this.#context.options();
    const missing: NotLoaded[] = [];
    const miss =
      (extra: NotLoaded['extra']) =>
      (error: unknown): null => {
        missing.push(notLoaded(extra, error));
        return null;
      };
    const [reports, recordings] = await Promise.all([
      this.#reporting || enableCallReports === false
        ? null
        : import('./reporting.ts').catch(miss('callReports')),
      this.#recordings || enableCallRecording !== true
        ? null
        : import('./recordings.ts').catch(miss('callRecording')),
    ]);
    if (reports) {
      this.#reporting ??= new reports.Reporting(this.#context);
    }
    if (recordings) {
      this.#recordings ??= new recordings.Recordings(this.#context);
    }
    this.#missing = missing;
  }

  async #loadAgain(leg: Leg): Promise<void> {
    const before = this.#companions;
    await this.#load();
    for (const companion of this.#companions) {
      if (!before.includes(companion)) {
        companion.attend(leg);
      }
    }
    for (const about of this.#missing) {
      this.#tell(leg, about);
    }
  }

  #tell(leg: Leg, about: NotLoaded): void {
    this.#context.log.warn(`${about.extra} could not be loaded:`, about.reason);
    leg.notices.warn(EXTRA_NOT_LOADED, { ...about });
  }

  #enter(leg: Leg): void {
    this.#live.add(leg);
    this.#unwatch ??= this.#watch();
    const leave = (): void => {
      this.#live.delete(leg);
      if (this.#live.size > 0) {
        return;
      }
      this.#unwatch?.();
      this.#unwatch = null;
    };
    leg.notices.events.on('recovered', leave);
    leg.notices.events.on('state', (state) => {
      if (state === 'destroy') {
        leave();
      }
    });
  }

  #watch(): () => void {
    const { platform, devices } = this.#context;
    const { window, document } = platform;
    const listeners = new Listeners();
    const each = (tell: (companion: Companion) => void): void => {
      for (const companion of this.#companions) {
        tell(companion);
      }
    };
    const network = (): void => {
      const now = networkOf(platform);
      each((companion) => companion.surroundingsChanged?.('network', now));
    };
    listeners.add(window, 'pagehide', () => {
      each((companion) => companion.pageHidden?.());
    });
    listeners.add(window, 'online', network);
    listeners.add(window, 'offline', network);
    listeners.add(connectionOf(platform), 'change', network);
    listeners.add(document, 'visibilitychange', () => {
      const visible = document?.visibilityState === 'visible';
      each((companion) => companion.surroundingsChanged?.('page', { visible }));
    });
    const unwatch = devices.watch((change) => {
      each((companion) => companion.devicesChanged?.(change));
    });
    return () => {
      listeners.dispose();
      unwatch();
    };
  }
}
