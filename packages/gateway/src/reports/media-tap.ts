import type { LegStats, MediaPlane } from '../media/media-plane.ts';

/**
 * The same plane, which tells the counters of each leg before it frees it. Signalling is not delayed: the question goes out in
 * front of the deletion and nobody waits for its answer.
 */
export function tapMedia(plane: MediaPlane, onLast: (stats: LegStats) => void): MediaPlane {
  const ask = async (call: string, leg: string | undefined): Promise<void> => {
    const all = await plane.query(call);
    for (const stats of all) if (leg === undefined || stats.leg === leg) onLast(stats);
  };
  return {
    start: () => plane.start(),
    close: () => plane.close(),
    offer: (request) => plane.offer(request),
    createOffer: (request) => plane.createOffer(request),
    answer: (request) => plane.answer(request),
    candidate: (request) => plane.candidate(request),
    connect: (call, a, b) => plane.connect(call, a, b),
    play: (request) => plane.play(request),
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
