import { createHmac, createSecretKey, randomBytes, timingSafeEqual } from 'node:crypto';

/**
 * Remembers that a secret was right, without holding the secret: entries are named by a keyed hash whose key dies with
 * the process. What costs 100 ms the first time costs microseconds the next.
 */
export class SecretCache<T> {
  /** A KeyObject: with a Buffer, Node takes four times as long for a short text. */
  readonly #key = createSecretKey(randomBytes(32));
  readonly #maxEntries: number;
  readonly #entries = new Map<string, { readonly mac: Buffer; readonly value: T }>();

  constructor(maxEntries: number) {
    this.#maxEntries = maxEntries;
  }

  /** The keyed hash of the parts; no two lists of parts share one. */
  mac(...parts: readonly string[]): Buffer {
    const hmac = createHmac('sha256', this.#key);
    for (const part of parts) {
      hmac.update(`${String(Buffer.byteLength(part))}:`).update(part);
    }
    return hmac.digest();
  }

  /** The value remembered under `name`, when it was remembered with the same secret. */
  get(name: string, mac: Buffer): T | undefined {
    const entry = this.#entries.get(name);
    return entry !== undefined && timingSafeEqual(entry.mac, mac) ? entry.value : undefined;
  }

  set(name: string, mac: Buffer, value: T): void {
    this.#entries.delete(name);
    this.#entries.set(name, { mac, value });
    if (this.#entries.size <= this.#maxEntries) {
      return;
    }
    const oldest = this.#entries.keys().next();
    if (oldest.done !== true) {
      this.#entries.delete(oldest.value);
    }
  }

  delete(name: string): void {
    this.#entries.delete(name);
  }
}
