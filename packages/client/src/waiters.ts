/** Promises that wait for the same thing and settle together. */
export class Waiters<T = void> {
  readonly #all = new Set<{ resolve(value: T): void; reject(reason: unknown): void }>();

  get size(): number {
    return this.#all.size;
  }

  /** Rejects with the signal's reason when that aborts first. */
  wait(signal?: AbortSignal): Promise<T> {
    return new Promise((resolve, reject) => {
      const end = (): void => {
        signal?.removeEventListener('abort', abort);
        this.#all.delete(waiter);
      };
      const waiter = {
        resolve(value: T) {
          end();
          resolve(value);
        },
        reject(reason: unknown) {
          end();
          // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- an AbortSignal's reason is its owner's choice
          reject(reason);
        },
      };
      const abort = (): void => {
        waiter.reject(signal?.reason);
      };
      if (signal?.aborted) {
        abort();
        return;
      }
      signal?.addEventListener('abort', abort);
      this.#all.add(waiter);
    });
  }

  resolve(value: T): void {
    for (const waiter of [...this.#all]) {
      waiter.resolve(value);
    }
  }

  reject(reason: unknown): void {
    for (const waiter of [...this.#all]) {
      waiter.reject(reason);
    }
  }
}
