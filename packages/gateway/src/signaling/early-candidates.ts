import type { RemoteCandidate } from '../media/media-plane.ts';

const MAX_CALLS = 4;
const MAX_CANDIDATES = 64;

/**
 * Candidates that came before the invite that they belong to (wire spec 8.7). Bounded: the oldest call's go first, and
 * those of an invite that never comes go with the session's socket.
 */
export class EarlyCandidates {
  readonly #byCall = new Map<string, RemoteCandidate[]>();

  add(callID: string, candidate: RemoteCandidate): void {
    let list = this.#byCall.get(callID);
    if (!list) {
      if (this.#byCall.size >= MAX_CALLS) {
        const [oldest] = this.#byCall.keys();
        if (oldest !== undefined) {
          this.#byCall.delete(oldest);
        }
      }
      list = [];
      this.#byCall.set(callID, list);
    }
    if (list.length < MAX_CANDIDATES) {
      list.push(candidate);
    }
  }

  take(callID: string): readonly RemoteCandidate[] {
    const list = this.#byCall.get(callID) ?? [];
    this.#byCall.delete(callID);
    return list;
  }
}
