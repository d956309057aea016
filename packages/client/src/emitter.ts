/** Map of event name → tuple of listener arguments. */
export type EventMap<M> = { [K in keyof M]: unknown[] };
export type Listener<A extends unknown[]> = (...args: A) => void;

/**
 * Listeners by event name. They run in the order of their registration; one that throws is reported and disturbs nobody; one
 * removed while an event is being delivered is no longer called, one added then waits for the next event.
 */
export class Emitter<M extends EventMap<M>> {
  readonly #listeners = new Map<keyof M, Set<{ readonly run: Listener<never> }>>();
  readonly #report: (error: unknown) => void;

  constructor(report: (error: unknown) => void) {
    this.#report = report;
  }

  /** Returns the undo. The same function may be added twice and then runs twice. */
  on<K extends keyof M>(event: K, listener: Listener<M[K]>): () => void {
    let set = this.#listeners.get(event);
    if (!set) {
      this.#listeners.set(event, (set = new Set()));
    }
    const entry = { run: listener as Listener<never> };
    set.add(entry);
    return () => void set.delete(entry);
  }

  /** Without a listener: removes all of that event. */
  off<K extends keyof M>(event: K, listener?: Listener<M[K]>): void {
    const set = this.#listeners.get(event);
    for (const entry of set ?? []) {
      if (!listener || entry.run === (listener as Listener<never>)) {
        set?.delete(entry);
      }
    }
  }

  has(event: keyof M): boolean {
    return (this.#listeners.get(event)?.size ?? 0) > 0;
  }

  emit<K extends keyof M>(event: K, ...args: M[K]): void {
    const set = this.#listeners.get(event);
    for (const entry of [...(set ?? [])]) {
      if (!set?.has(entry)) {
        continue;
      }
      try {
        (entry.run as Listener<M[K]>)(...args);
      } catch (error) {
        this.#report(error);
      }
    }
  }
}
