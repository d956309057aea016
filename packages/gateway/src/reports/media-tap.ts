import type { LegStats, MediaPlane } from '../media/media-plane.ts';

export interface MediaTap {
  /** The counters of a leg, before it is freed. */
  onLast(call: string, stats: LegStats): void;
  /** After those of a whole call, or where there are none. */
  onGone(call: string): void;
}

/**
 * The same plane, which tells the counters of each leg before it frees it. Signalling is not delayed: the question goes out in
 * front of the deletion and nobody waits for its answer.
 */
export function tapMedia(plane: MediaPlane, tap: MediaTap): MediaPlane {
  const ask = async (call: string, leg: string | undefined): Promise<void> => {
    try {
      const all = await plane.query(call);
      for (const stats of all) {
        if (leg === undefined || stats.leg === leg) {
          tap.onLast(call, stats);
        }
      }
    } finally {
      if (leg === undefined) {
        tap.onGone(call);
      }
    }
  };
  return {
    start: () => plane.start(),
    close: () => plane.close(),
    offer: (request) => plane.offer(request),
    createOffer: (request) => plane.createOffer(request),
    answer: (request) => plane.answer(request),
    candidate: (request) => plane.candidate(request),
    connect: (call, a, b) => plane.connect(call, a, b),
    sendDigits: (request) => plane.sendDigits(request),
    play: (request) => plane.play(request),
    speak: (request) => plane.speak(request),
    hush: (request) => plane.hush(request),
    hold: (request) => plane.hold(request),
    delete: (request) => {
      // A plane that is closed has no counters any more.
      ask(request.call, request.leg).catch(() => undefined);
      return plane.delete(request);
    },
    query: (call) => plane.query(call),
    subscribe: (listener) => plane.subscribe(listener),
  };
}
