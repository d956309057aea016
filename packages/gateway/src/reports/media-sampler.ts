import type { LegMedia, LiveMedia } from '@offhook/protocol';
import type { LegStats, MediaPlane } from '../media/media-plane.ts';
import type { Clock } from '../clock.ts';
import type { MediaPoint } from './records.ts';

export interface MediaSamplerDeps {
  readonly clock: Pick<Clock, 'now' | 'schedule'>;
  readonly query: MediaPlane['query'];
  /** Ids of the calls that live now; whether this one does. */
  readonly calls: () => Iterable<string>;
  readonly lives: (call: string) => boolean;
}

const EVERY_MS = 5000;
/** An hour as it comes; of a longer call every second point is left out, again and again. */
const MAX_POINTS = 720;

interface Watched {
  readonly call: string;
  points: MediaPoint[];
  /** Of so many points that come, one is kept. */
  keepOne: number;
  sinceKept: number;
  latest: LegStats;
  /** The two newest, kept or not: what happens now. */
  before: MediaPoint;
  now: MediaPoint;
}

/** Asks the media plane every few seconds what it counted, for a picture over time. Owns its timer. */
export class MediaSampler {
  readonly #deps: MediaSamplerDeps;
  readonly #legs = new Map<string, Watched>();
  /** A plane that is slow to answer is not asked again meanwhile. */
  readonly #asked = new Set<string>();
  #cancel: () => void = () => undefined;
  #closed = false;

  constructor(deps: MediaSamplerDeps) {
    this.#deps = deps;
    this.#arm();
  }

  latest(leg: string): LiveMedia | null {
    const watched = this.#legs.get(leg);
    if (!watched) {
      return null;
    }
    const { latest, before, now } = watched;
    const lost = Math.max(0, now.packetsLost - before.packetsLost);
    const expected = lost + now.packetsReceived - before.packetsReceived;
    const seconds = (now.t - before.t) / 1000;
    const kbps = (bytes: number): number | null =>
      seconds > 0 ? (8 * bytes) / seconds / 1000 : null;
    return {
      state: latest.state,
      codec: latest.codec,
      lossPercent: expected > 0 ? (100 * lost) / expected : null,
      jitterMs: now.jitterMs,
      inKbps: kbps(now.bytesReceived - before.bytesReceived),
      outKbps: kbps(now.bytesSent - before.bytesSent),
      silentForMs: latest.silentForMs,
    };
  }

  /** What was counted when the plane was last asked. */
  counters(leg: string): LegMedia | null {
    const watched = this.#legs.get(leg);
    return watched ? mediaOf(watched.latest) : null;
  }

  /** The leg is about to go: all that was counted of it, these last counters included. */
  finish(call: string, stats: LegStats): readonly MediaPoint[] {
    const point = this.#add(call, stats);
    const points = this.#legs.get(stats.leg)?.points ?? [];
    this.#legs.delete(stats.leg);
    return points.at(-1) === point ? points : [...points, point];
  }

  /** Nothing more will come of this call. */
  forget(call: string): void {
    for (const [leg, watched] of this.#legs) {
      if (watched.call === call) {
        this.#legs.delete(leg);
      }
    }
  }

  close(): void {
    this.#closed = true;
    this.#cancel();
    this.#legs.clear();
  }

  #arm(): void {
    this.#cancel = this.#deps.clock.schedule(() => {
      if (!this.#closed) {
        this.#arm();
      }
      for (const call of this.#deps.calls()) {
        this.#ask(call);
      }
    }, EVERY_MS);
  }

  #ask(call: string): void {
    if (this.#asked.has(call)) {
      return;
    }
    this.#asked.add(call);
    this.#deps
      .query(call)
      .then((all) => {
        if (this.#closed || !this.#deps.lives(call)) {
          return;
        }
        for (const stats of all) {
          this.#add(call, stats);
        }
      })
      // A plane that is closed, or a call that has just gone.
      .catch(() => undefined)
      .finally(() => this.#asked.delete(call));
  }

  #add(call: string, stats: LegStats): MediaPoint {
    const point = pointOf(stats, this.#deps.clock.now());
    const watched = this.#legs.get(stats.leg);
    if (!watched) {
      this.#legs.set(stats.leg, {
        call,
        points: [point],
        keepOne: 1,
        sinceKept: 0,
        latest: stats,
        before: point,
        now: point,
      });
      return point;
    }
    watched.latest = stats;
    watched.before = watched.now;
    watched.now = point;
    watched.sinceKept += 1;
    if (watched.sinceKept < watched.keepOne) {
      return point;
    }
    watched.sinceKept = 0;
    watched.points.push(point);
    if (watched.points.length > MAX_POINTS) {
      watched.points = watched.points.filter((_, index) => index % 2 === 0);
      watched.keepOne *= 2;
    }
    return point;
  }
}

function pointOf(stats: LegStats, t: number): MediaPoint {
  const { codec: _, far: __, ...counters } = mediaOf(stats);
  return { t, ...counters };
}

export function mediaOf(stats: LegStats): LegMedia {
  const { codec, packetsReceived, bytesReceived, packetsLost, packetsSent, bytesSent } = stats;
  const jitterMs = stats.jitter * 1000;
  const counters = {
    codec,
    packetsReceived,
    bytesReceived,
    packetsLost,
    jitterMs,
    packetsSent,
    bytesSent,
  };
  const { far } = stats;
  if (far === undefined) {
    return counters;
  }
  return {
    ...counters,
    far: {
      lossPercent: packetsSent === 0 ? null : Math.min(100, (100 * far.packetsLost) / packetsSent),
      jitterMs: far.jitter * 1000,
      rttMs: far.roundTrip === null ? null : far.roundTrip * 1000,
    },
  };
}
