import type { IceCandidate } from './net/ice-path.ts';

const MAX_FRAGMENTS = 4;
const MAX_CANDIDATES = 32;

/** Candidates that came before their description: so many user fragments of so many candidates. */
export class EarlyCandidates {
  readonly #byUfrag = new Map<string, IceCandidate[]>();

  add(ufrag: string, candidate: IceCandidate): void {
    const list = this.#byUfrag.get(ufrag) ?? [];
    if (list.length < MAX_CANDIDATES) list.push(candidate);
    this.#byUfrag.set(ufrag, list);
    if (this.#byUfrag.size > MAX_FRAGMENTS) {
      const oldest = this.#byUfrag.keys().next();
      if (oldest.done !== true) this.#byUfrag.delete(oldest.value);
    }
  }

  take(ufrag: string): readonly IceCandidate[] {
    const list = this.#byUfrag.get(ufrag) ?? [];
    this.#byUfrag.delete(ufrag);
    return list;
  }

  clear(): void {
    this.#byUfrag.clear();
  }
}
