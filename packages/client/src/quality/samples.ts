import type { SampleListener } from './sampler.ts';

/** Listens to a sampler from now on; returns its undo. */
export type SampleSource = (run: SampleListener) => () => void;

/** The samples of one call, whichever object it goes on in: a recovery makes another one, with a sampler of its own. */
export class CallSamples {
  readonly #listeners = new Set<{ readonly run: SampleListener }>();
  #source: SampleSource | null = null;
  #undo: (() => void) | null = null;

  /** From now on these. */
  follow(source: SampleSource): void {
    this.#stop();
    this.#source = source;
    this.#start();
  }

  add(run: SampleListener): () => void {
    const entry = { run };
    this.#listeners.add(entry);
    this.#start();
    return () => {
      this.#listeners.delete(entry);
      if (this.#listeners.size === 0) {
        this.#stop();
      }
    };
  }

  #start(): void {
    if (this.#listeners.size === 0 || this.#undo || !this.#source) {
      return;
    }
    this.#undo = this.#source((sample) => {
      for (const { run } of [...this.#listeners]) {
        run(sample);
      }
    });
  }

  #stop(): void {
    this.#undo?.();
    this.#undo = null;
  }
}
