import type { CallObserver } from './call-observer.ts';

/** Both see everything, the first one first. */
export function bothObservers(first: CallObserver, second: CallObserver): CallObserver {
  return {
    legStarted(leg) {
      first.legStarted(leg);
      second.legStarted(leg);
    },
    legMoved(leg, event) {
      first.legMoved(leg, event);
      second.legMoved(leg, event);
    },
    legEnded(leg, ending, told) {
      first.legEnded(leg, ending, told);
      second.legEnded(leg, ending, told);
    },
    legTold(leg, method) {
      first.legTold(leg, method);
      second.legTold(leg, method);
    },
    legMessage(leg, message) {
      first.legMessage(leg, message);
      second.legMessage(leg, message);
    },
    legAsked(leg, method, detail) {
      first.legAsked(leg, method, detail);
      second.legAsked(leg, method, detail);
    },
    legAway(leg, away) {
      first.legAway(leg, away);
      second.legAway(leg, away);
    },
    callServed(call, service) {
      first.callServed(call, service);
      second.callServed(call, service);
    },
    callEnded(call, ending) {
      first.callEnded(call, ending);
      second.callEnded(call, ending);
    },
  };
}
