import type { Logger } from 'pino';
import { fileId } from '../sqlite/trouble.ts';
import type { Store } from './store.ts';
import { Devices, loginOf, type Device } from './devices.ts';
import { Users } from './users.ts';
import type { User } from './users.ts';
import type { UsersAtHand } from './users-at-hand.ts';

/** Users, and devices, in memory beyond which the ones that were not asked for longest are forgotten. */
const MAX_KNOWN = 100_000;
/** After a failure the file is left alone for so long: a locked one would cost each caller the wait again. */
const REST_MS = 1000;
/** It works again when it did not fail for so long: one damaged page fails for some users and not for others. */
const PROVEN_MS = 10_000;

export interface KnownUsersDeps {
  /** Of the database, for looking whether it is still the file that was opened; null for `:memory:`. */
  readonly path: string | null;
  readonly open: () => Store;
  readonly logger: Logger;
  /** Milliseconds of a clock that never jumps. */
  readonly now: () => number;
  /** Told when the database begins to fail, and when it works again. Must not throw. */
  readonly onHealth: (works: boolean) => void;
}

/**
 * The users and their devices as the gateway asks for them: from the database, and from memory while that fails, so that a damaged, locked or vanished
 * file signs nobody out and turns nobody away who is known. Owns the database.
 */
export class KnownUsers implements UsersAtHand {
  readonly #deps: KnownUsersDeps;
  readonly #known = new Map<string, User>();
  readonly #knownDevices = new Map<string, Device>();
  #store: Store;
  #users: Users;
  #devices: Devices;
  #file: string | null;
  #failedAt: number | null = null;
  #failing = false;
  /** What {@link changes} said last; counts on when the file is another one. */
  #changes = 0;
  #version: number | null = null;

  /** @throws {StoreError} when the database cannot be used at the start */
  constructor(deps: KnownUsersDeps) {
    this.#deps = deps;
    this.#store = deps.open();
    this.#users = new Users(this.#store);
    this.#devices = new Devices(this.#store);
    this.#file = this.#fileNow();
    this.#learn();
  }

  get store(): Store {
    return this.#store;
  }

  get users(): Users {
    return this.#users;
  }

  get devices(): Devices {
    return this.#devices;
  }

  /** While the database fails: as it was known last. */
  get(name: string): User | null {
    const known = this.#known.get(name) ?? null;
    const found = this.#ask(() => this.#users.get(name));
    if (found === undefined) {
      if (known === null) {
        throw new Error('The users database does not work, and this user is not known');
      }
      return known;
    }
    if (found === null) {
      this.#known.delete(name);
    } else {
      remember(this.#known, name, found);
    }
    return found;
  }

  /**
   * The device that signs in so; while the database fails as it was known last, and null for one that is not known, and for one of a user
   * who is disabled.
   */
  device(login: string): Device | null {
    const found = this.#ask(() => {
      const device = this.#devices.get(login);
      return device === null || this.#users.get(device.user)?.disabled === true ? null : device;
    });
    if (found === undefined) {
      const known = this.#knownDevices.get(login) ?? null;
      return known === null || this.#known.get(known.user)?.disabled === true ? null : known;
    }
    if (found === null) {
      this.#knownDevices.delete(login);
    } else {
      remember(this.#knownDevices, login, found);
    }
    return found;
  }

  /** Another number each time users may have changed; the same while the database fails. */
  changes(): number {
    const version = this.#ask(() => {
      this.#reopenIfReplaced();
      return this.#users.changes();
    });
    if (version !== undefined && version !== this.#version) {
      if (this.#version !== null) {
        this.#learn();
      }
      this.#version = version;
      this.#changes += 1;
    }
    return this.#changes;
  }

  /** This process wrote to the users: what another one writes is seen by itself. */
  changed(): void {
    this.#version = Number.NaN;
  }

  close(): void {
    this.#store.close();
  }

  /** Undefined when the database fails, or failed just now. */
  #ask<T>(question: () => T): T | undefined {
    const now = this.#deps.now();
    const since = this.#failedAt === null ? Infinity : now - this.#failedAt;
    if (since < REST_MS) {
      return undefined;
    }
    try {
      const answer = question();
      if (this.#failing && since >= PROVEN_MS) {
        this.#failing = false;
        this.#deps.logger.info('The users database works again');
        this.#deps.onHealth(true);
      }
      return answer;
    } catch (error) {
      if (!this.#failing) {
        this.#failing = true;
        this.#deps.logger.error(
          { error },
          'The users database fails; users who are known sign in as before, others cannot',
        );
        this.#deps.onHealth(false);
      }
      this.#failedAt = now;
      return undefined;
    }
  }

  #learn(): void {
    const lists = this.#ask(() => [this.#users.list(), this.#devices.list()] as const);
    if (lists === undefined) {
      return;
    }
    const [users, devices] = lists;
    this.#known.clear();
    for (const user of users.slice(0, MAX_KNOWN)) {
      this.#known.set(user.name, user);
    }
    this.#knownDevices.clear();
    for (const each of devices.slice(0, MAX_KNOWN)) {
      this.#knownDevices.set(loginOf(each), each);
    }
  }

  /**
   * A file that was moved away is still read by whoever has it open, and what commands write to its successor is never seen.
   * @throws when there is none: one that is made anew would have no users
   */
  #reopenIfReplaced(): void {
    const file = this.#fileNow();
    if (file === this.#file) {
      return;
    }
    if (file === null) {
      throw new Error('The file of the users database is gone');
    }
    const store = this.#deps.open();
    const former = this.#store;
    this.#store = store;
    this.#users = new Users(store);
    this.#devices = new Devices(store);
    this.#file = file;
    this.#version = Number.NaN;
    former.close();
    this.#deps.logger.warn('The users database is another file now; it was opened');
  }

  #fileNow(): string | null {
    return this.#deps.path === null ? null : fileId(this.#deps.path);
  }
}

function remember<T>(known: Map<string, T>, name: string, value: T): void {
  known.delete(name);
  known.set(name, value);
  if (known.size <= MAX_KNOWN) {
    return;
  }
  const oldest = known.keys().next();
  if (oldest.done !== true) {
    known.delete(oldest.value);
  }
}
