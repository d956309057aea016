import type { Logger } from 'pino';
import type { PushDevice, PushStore } from './push-store.ts';

export const MAX_PER_USER = 8;
export const MAX_DEVICES = 100_000;

export interface PushDevicesDeps {
  readonly store: Pick<PushStore, 'list' | 'put' | 'remove'>;
  /** Of a user now, see {@link PushDevice.standing}. @throws while nobody can say */
  readonly standingOf: (user: string) => string | null;
  /** Another number when users may have changed. */
  readonly changes: () => number;
  /** Epoch milliseconds. */
  readonly now: () => number;
  readonly logger: Logger;
}

/**
 * The devices that can be woken, by user. They are in memory too, so that a call never waits for the disk, and one that fails costs no
 * call. A device goes when it expires, when its user is removed or has another password, and for a newer one when there are too many.
 */
export class PushDevices {
  readonly #deps: PushDevicesDeps;
  readonly #byEndpoint = new Map<string, PushDevice>();
  readonly #byUser = new Map<string, Set<PushDevice>>();
  #seen: number | null = null;

  constructor(deps: PushDevicesDeps) {
    this.#deps = deps;
    for (const device of deps.store.list()) {
      this.#keep(device);
    }
  }

  get size(): number {
    return this.#byEndpoint.size;
  }

  of(user: string): readonly PushDevice[] {
    const found = this.#byUser.get(user);
    if (found === undefined) {
      return [];
    }
    const now = this.#deps.now();
    for (const device of [...found]) {
      if (device.expiresAt <= now || !this.#stands(device)) {
        this.remove(device.endpoint);
      }
    }
    return [...found];
  }

  /** As it is now: neither forgotten nor replaced. */
  has(device: PushDevice): boolean {
    return this.#byEndpoint.get(device.endpoint) === device;
  }

  at(endpoint: string): PushDevice | null {
    return this.#byEndpoint.get(endpoint) ?? null;
  }

  /** @returns false when there is no room for devices of one user more */
  add(device: PushDevice): boolean {
    const known = this.at(device.endpoint);
    if (known === null && this.size >= MAX_DEVICES) {
      this.sweep();
      if (this.size >= MAX_DEVICES) {
        return false;
      }
    }
    if (known) {
      this.#forget(known);
    }
    // The one that was heard of longest ago.
    for (const oldest of this.#byUser.get(device.user) ?? []) {
      if ((this.#byUser.get(device.user)?.size ?? 0) < MAX_PER_USER) {
        break;
      }
      this.remove(oldest.endpoint);
    }
    this.#keep(device);
    this.#write(() => {
      this.#deps.store.put(device);
    });
    return true;
  }

  /** @returns false when there was none */
  remove(endpoint: string): boolean {
    const device = this.at(endpoint);
    if (!device) {
      return false;
    }
    this.#forget(device);
    this.#write(() => {
      this.#deps.store.remove(endpoint);
    });
    return true;
  }

  removeUser(user: string): void {
    for (const { endpoint } of [...(this.#byUser.get(user) ?? [])]) {
      this.remove(endpoint);
    }
  }

  /** Forgets what is over. */
  sweep(): void {
    const now = this.#deps.now();
    const changes = this.#deps.changes();
    for (const device of [...this.#byEndpoint.values()]) {
      if (device.expiresAt <= now || (changes !== this.#seen && !this.#stands(device))) {
        this.remove(device.endpoint);
      }
    }
    this.#seen = changes;
  }

  /** Its user is who he was. */
  #stands({ user, standing }: PushDevice): boolean {
    if (standing === null) {
      return true;
    }
    try {
      return this.#deps.standingOf(user) === standing;
    } catch {
      // Nobody can say. Whoever is woken has to sign in all the same.
      return true;
    }
  }

  #keep(device: PushDevice): void {
    this.#byEndpoint.set(device.endpoint, device);
    const devices = this.#byUser.get(device.user) ?? new Set();
    this.#byUser.set(device.user, devices.add(device));
  }

  #forget(device: PushDevice): void {
    this.#byEndpoint.delete(device.endpoint);
    const devices = this.#byUser.get(device.user);
    if (devices?.delete(device) === true && devices.size === 0) {
      this.#byUser.delete(device.user);
    }
  }

  /** A disk that fails costs what was to outlive a restart, and nothing else. */
  #write(change: () => void): void {
    try {
      change();
    } catch (error) {
      this.#deps.logger.error({ error }, 'A device for push could not be written down');
    }
  }
}
