import type { DebugFrame, LiveMedia } from '@offhook/protocol';
import type { Logger } from 'pino';
import type { ConversationRecord } from '../assistants/conversation.ts';
import type { Ending } from '../calls/hangup.ts';
import type { Leg, WireMessage } from '../calls/leg.ts';
import type { Guard } from '../guard.ts';
import type { MediaPlane } from '../media/media-plane.ts';
import type { ReportMetrics } from '../metrics/report-metrics.ts';
import type { Clock } from '../clock.ts';
import type { SignalingReports } from '../signaling/ports.ts';
import { DebugReports } from './debug-reports.ts';
import type { IntakeDeps } from './intake.ts';
import { sessionHash } from './keys.ts';
import type { ReportKeys } from './keys.ts';
import { MediaSampler, mediaOf } from './media-sampler.ts';
import { tapMedia } from './media-tap.ts';
import { MessageLog } from './message-log.ts';
import { ReportStoreError } from './store.ts';
import type { CallRecord } from './records.ts';
import type { ReportStore } from './store.ts';
import { CallTracker } from './tracker.ts';
import type { KeepDeliveries } from './webhooks.ts';
import type { LiveCallState } from './tracker.ts';

export interface ReportsDeps {
  /** Null: calls are counted, and nothing is kept. */
  readonly store: ReportStore | null;
  readonly keys: ReportKeys;
  readonly recordings: boolean;
  readonly bytesPerUser: number;
  readonly bytesPerAddress: number;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly guard: Guard;
  readonly metrics: ReportMetrics;
  /** `keep`: writes the call down, and with it who is to be told; absent when nothing is kept. */
  readonly onCallEnded?: (call: CallRecord, keep?: KeepDeliveries) => Promise<void>;
}

/** A call that lives. */
export interface LiveView extends Omit<LiveCallState, 'legs'> {
  readonly legs: readonly (LiveCallState['legs'][number] & { readonly live: LiveMedia | null })[];
}

const PRUNE_MS = 600_000;

/** Joins what signalling and media tell, and what clients upload, with the store. */
export class Reports implements SignalingReports {
  readonly #deps: ReportsDeps;
  readonly #tracker: CallTracker;
  readonly #log: MessageLog;
  readonly #debug: DebugReports;
  /** Sessions that have had a call: only theirs have anything to expire. */
  readonly #withCalls = new Set<string>();
  readonly #writes = new Set<Promise<unknown>>();
  #sampler: MediaSampler | null = null;
  #cancelPrune: () => void = () => undefined;
  #unsubscribe: () => void = () => undefined;

  constructor(deps: ReportsDeps) {
    this.#deps = deps;
    const { clock, metrics, store } = deps;
    this.#log = new MessageLog({
      clock,
      save: (messages) => {
        this.#note(() => {
          this.#write(store?.saveMessages(messages));
        });
      },
    });
    this.#tracker = new CallTracker({
      clock,
      log: this.#log,
      save: (call) => {
        this.#note(() => {
          this.#write(call.endedAt === null ? store?.saveCall(call) : this.#ended(call));
        });
      },
      onSetup: (phase, ms) => {
        metrics.callSetup(phase, ms);
      },
    });
    this.#debug = new DebugReports(
      () => clock.now(),
      (chunk) => {
        this.#write(store?.addDebug(chunk));
      },
    );
    if (store !== null) {
      this.#prune(store);
    }
  }

  /** The plane that signalling is to use. */
  watchMedia(plane: MediaPlane): MediaPlane {
    this.#unsubscribe = plane.subscribe((event) => {
      this.#note(() => {
        this.#tracker.onMedia(event);
      });
    });
    const { store, clock } = this.#deps;
    if (store === null) {
      return plane;
    }
    const sampler = new MediaSampler({
      clock,
      query: (call) => plane.query(call),
      calls: () => this.#tracker.ids(),
      lives: (call) => this.#tracker.has(call),
    });
    this.#sampler = sampler;
    return tapMedia(plane, {
      onLast: (call, stats) => {
        const points = sampler.finish(call, stats);
        this.#write(store.saveMedia({ leg: stats.leg, media: mediaOf(stats) }));
        if (points.length > 1) {
          this.#write(store.saveSeries({ leg: stats.leg, points }));
        }
      },
      onGone: (call) => {
        sampler.forget(call);
      },
    });
  }

  /** The calls that live now, with what their media does. */
  live(): readonly LiveView[] {
    return this.#tracker.live().map(({ legs, ...call }) => ({
      ...call,
      legs: legs.map((leg) => ({ ...leg, live: this.#sampler?.latest(leg.id) ?? null })),
    }));
  }

  /** What the HTTP server takes uploads with; null when nothing is kept. */
  intake(): (IntakeDeps & { readonly store: ReportStore }) | null {
    const { store, keys, recordings, bytesPerUser, bytesPerAddress, clock, logger, metrics } =
      this.#deps;
    if (store === null) {
      return null;
    }
    return {
      store,
      keys,
      recordings,
      bytesPerUser,
      bytesPerAddress,
      clock,
      logger,
      onUpload: (kind, outcome, mos) => {
        metrics.upload(kind, outcome);
        if (mos !== null) {
          metrics.callMos(mos);
        }
      },
    };
  }

  reportKey({ id, user }: { readonly id: string; readonly user: string }): string | null {
    const { store, keys, clock } = this.#deps;
    return store === null ? null : keys.issue(id, user, clock.now());
  }

  sessionEnded(id: string): void {
    this.#note(() => {
      this.#debug.sessionEnded(id);
      if (!this.#withCalls.delete(id)) {
        return;
      }
      const session = sessionHash(id);
      this.#write(this.#deps.store?.sessionEnded({ session, at: this.#deps.clock.now() }));
    });
  }

  debugReport({ id }: { readonly id: string }, frame: DebugFrame): void {
    this.#note(() => {
      if (this.#deps.store !== null) {
        this.#debug.add(id, frame);
      }
    });
  }

  legStarted(leg: Leg): void {
    this.#note(() => {
      // A party by SIP is there for one call and uploads nothing.
      if (leg.party.via === 'browser') {
        this.#withCalls.add(leg.party.id);
      }
      this.#tracker.legStarted(leg);
    });
  }

  legMoved(leg: Leg, event: string): void {
    this.#note(() => {
      this.#tracker.legMoved(leg, event);
    });
  }

  legEnded(leg: Leg, ending: Ending, told: boolean): void {
    this.#note(() => {
      this.#tracker.legEnded(leg, ending, told);
    });
  }

  legTold(leg: Leg, method: string): void {
    this.#note(() => {
      this.#tracker.legTold(leg, method);
    });
  }

  legMessage(leg: Leg, message: WireMessage): void {
    if (this.#deps.store === null) {
      return;
    }
    this.#note(() => {
      this.#tracker.legMessage(leg, message);
    });
  }

  legAsked(leg: Leg, method: string, detail?: string): void {
    this.#note(() => {
      this.#tracker.legAsked(leg, method, detail);
    });
  }

  legAway(leg: Leg, away: boolean): void {
    this.#note(() => {
      this.#tracker.legAway(leg, away);
    });
  }

  /** What was said in a call with an assistant, after its end. */
  conversation(record: ConversationRecord): void {
    this.#note(() => {
      this.#write(this.#deps.store?.saveConversation(record));
    });
  }

  callServed(call: string, service: string): void {
    this.#note(() => {
      this.#tracker.callServed(call, service);
    });
  }

  callEnded(call: string, ending: Ending): void {
    this.#note(() => {
      this.#tracker.callEnded(call, ending);
    });
  }

  /** Settles when everything that was told is written down. After signalling and media. */
  async close(): Promise<void> {
    this.#cancelPrune();
    this.#unsubscribe();
    this.#sampler?.close();
    this.#debug.close();
    this.#log.close();
    await Promise.all(this.#writes);
  }

  /** What clients upload comes later, so a call that has ended is told of as the gateway saw it. */
  #ended(call: CallRecord): Promise<unknown> | undefined {
    const { store, onCallEnded } = this.#deps;
    if (onCallEnded === undefined) {
      return store?.saveCall(call);
    }
    const { events: _, ...seen } = call;
    const legs = call.legs.map((leg) => ({
      ...leg,
      media: this.#sampler?.counters(leg.id) ?? leg.media,
    }));
    return onCallEnded(
      { ...seen, legs },
      store === null ? undefined : (deliveries) => store.saveCall({ ...call, deliveries }),
    );
  }

  #prune(store: ReportStore): void {
    const { clock, logger } = this.#deps;
    this.#cancelPrune = clock.schedule(() => {
      this.#prune(store);
    }, PRUNE_MS);
    const pruned = store.prune(clock.now()).then(({ removed, bytes }) => {
      if (removed > 0) {
        logger.info({ removed, bytes }, 'Old calls were forgotten');
      }
    });
    this.#write(pruned);
  }

  /** On the way of calls: whatever fails here, they go on. */
  #note(work: () => void): void {
    this.#deps.guard.run('report', work);
  }

  /** Nobody waits for it; what cannot be kept is said and counted. */
  #write(write: Promise<unknown> | undefined): void {
    if (write === undefined) {
      return;
    }
    const settled: Promise<unknown> = write
      .catch((error: unknown) => {
        this.#deps.metrics.recordLost();
        // While reports are paused that is said once, not of each record.
        if (error instanceof ReportStoreError && error.code === 'paused') {
          return;
        }
        this.#deps.logger.error({ error }, 'A record of a call was lost');
      })
      .finally(() => this.#writes.delete(settled));
    this.#writes.add(settled);
  }
}
