import { addressKey } from './address-key.ts';

/** So many at once of one address. Addresses without any take no memory. */
export class PlacesByAddress {
  readonly #most: number;
  readonly #taken = new Map<string, number>();

  constructor(most: number) {
    this.#most = most;
  }

  /** Addresses that hold a place. */
  get addresses(): number {
    return this.#taken.size;
  }

  /** Whether the address holds as many as it may. */
  isFull(address: string): boolean {
    return (this.#taken.get(addressKey(address)) ?? 0) >= this.#most;
  }

  /** Takes a place; returns what gives it back, and does so once. Null: the address holds as many as it may. */
  enter(address: string): (() => void) | null {
    if (this.isFull(address)) {
      return null;
    }
    const key = addressKey(address);
    this.#taken.set(key, (this.#taken.get(key) ?? 0) + 1);
    let left = false;
    return () => {
      if (left) {
        return;
      }
      left = true;
      const others = (this.#taken.get(key) ?? 1) - 1;
      if (others === 0) {
        this.#taken.delete(key);
      } else {
        this.#taken.set(key, others);
      }
    };
  }
}
