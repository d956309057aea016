import type { MediaCallId, MediaPlane } from '../media/media-plane.ts';

/**
 * One call's share of the media plane. It frees the call's legs exactly when nothing is on its way any more: a verb that was
 * asked for before the end may make a leg after it.
 */
export class CallMedia {
  readonly call: MediaCallId;
  readonly plane: MediaPlane;
  readonly #onError: (error: unknown) => void;
  #pending = 0;
  #freed = false;

  constructor(plane: MediaPlane, call: MediaCallId, onError: (error: unknown) => void) {
    this.plane = plane;
    this.call = call;
    this.#onError = onError;
  }

  /** Awaits a verb of the plane. */
  async run<T>(verb: Promise<T>): Promise<T> {
    this.#pending++;
    try {
      return await verb;
    } finally {
      this.#pending--;
      if (this.#freed && this.#pending === 0) {
        this.#delete();
      }
    }
  }

  /** For verbs whose result nobody waits for. */
  fire(verb: Promise<unknown>): void {
    this.run(verb).catch(this.#onError);
  }

  /** Frees one leg now. */
  freeLeg(leg: string): void {
    this.fire(this.plane.delete({ call: this.call, leg }));
  }

  /** Frees every leg, those included that are still being made. */
  free(): void {
    if (this.#freed) {
      return;
    }
    this.#freed = true;
    this.#delete();
  }

  #delete(): void {
    this.plane.delete({ call: this.call }).catch(this.#onError);
  }
}
