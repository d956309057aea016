import type { Logger } from 'pino';
import type { Clock } from '../clock.ts';
import { StoreError } from '../sqlite/database.ts';
import type { Device } from './devices.ts';
import { loginOf } from './devices.ts';
import type { AccountChanges, PostgresTables } from './postgres-tables.ts';
import type { User } from './users.ts';
import type { UsersAtHand } from './users-at-hand.ts';

export interface MirroredUsersDeps {
  readonly accounts: Pick<PostgresTables, 'version' | 'changesSince'>;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Told when the database begins to fail, and when it works again. Must not throw. */
  readonly onHealth: (works: boolean) => void;
  /** Users at most, and devices; default: 500,000. */
  readonly limit?: number;
  /** 0 to 1; default: random. */
  readonly random?: () => number;
}

/** Some 500 bytes each. */
const LIMIT = 500_000;
/** What another gateway or a command changed is seen here after so long. */
const LOOK_MS = 500;
/** After failures it is asked less and less often, up to this; each gateway at a time of its own. */
const MAX_REST_MS = 3000;

/**
 * All users and devices of a PostgreSQL in memory, followed by the number of its last change. So a sign-in costs the database nothing, thousands that
 * come back at once do not knock it over, and while it is away everybody who is known signs in as before.
 */
export class MirroredUsers implements UsersAtHand {
  readonly #deps: MirroredUsersDeps;
  readonly #limit: number;
  #users = new Map<string, User>();
  #devices = new Map<string, Device>();
  #version = 0;
  #changes = 0;
  #failures = 0;
  #looking: Promise<void> = Promise.resolve();
  #cancel: () => void = () => undefined;
  #closed = false;

  private constructor(deps: MirroredUsersDeps) {
    this.#deps = deps;
    this.#limit = deps.limit ?? LIMIT;
  }

  /** @throws when there are more than fit, or the database fails */
  static async start(deps: MirroredUsersDeps): Promise<MirroredUsers> {
    const mirror = new MirroredUsers(deps);
    await mirror.#learn();
    mirror.#lookIn(LOOK_MS);
    return mirror;
  }

  get(name: string): User | null {
    return this.#users.get(name) ?? null;
  }

  device(login: string): Device | null {
    const device = this.#devices.get(login);
    return device === undefined || this.get(device.user)?.disabled === true ? null : device;
  }

  changes(): number {
    return this.#changes;
  }

  changed(): Promise<void> {
    this.#cancel();
    this.#looking = this.#looking.then(() => this.#look());
    return this.#looking;
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#cancel();
    await this.#looking;
  }

  #lookIn(ms: number): void {
    this.#cancel();
    this.#cancel = this.#deps.clock.schedule(() => {
      void this.changed();
    }, ms);
  }

  async #look(): Promise<void> {
    const { accounts, logger, random = Math.random, onHealth } = this.#deps;
    try {
      if ((await accounts.version()) !== this.#version) {
        await this.#learn();
      }
      if (this.#failures > 0) {
        this.#failures = 0;
        logger.info('The users database works again');
        onHealth(true);
      }
    } catch (error) {
      if (this.#failures === 0 && !this.#closed) {
        const message =
          error instanceof StoreError
            ? 'Changes of users are not followed any more'
            : 'The users database is away; users who are known sign in as before';
        logger.error({ error }, message);
        onHealth(false);
      }
      this.#failures += 1;
    }
    if (!this.#closed) {
      const rest = Math.min(LOOK_MS * 2 ** this.#failures, MAX_REST_MS);
      this.#lookIn(rest * (0.8 + 0.4 * random()));
    }
  }

  /** Takes over what changed; where something was removed, or the database was put back to an older state, everything. */
  async #learn(): Promise<void> {
    const changes = await this.#deps.accounts.changesSince(this.#version, this.#limit);
    if (changes.version < this.#version || !this.#apply(changes, this.#users, this.#devices)) {
      const all = await this.#deps.accounts.changesSince(-1, this.#limit);
      const users = new Map<string, User>();
      const devices = new Map<string, Device>();
      if (!this.#apply(all, users, devices)) {
        throw new StoreError(
          'unusable',
          `The database has more than ${String(this.#limit)} users or devices, which is the most`,
        );
      }
      this.#users = users;
      this.#devices = devices;
    }
    this.#changes += 1;
  }

  /** @returns false when that is not all there is */
  #apply(changes: AccountChanges, users: Map<string, User>, devices: Map<string, Device>): boolean {
    for (const user of changes.users) {
      users.set(user.name, user);
    }
    for (const device of changes.devices) {
      devices.set(loginOf(device), device);
    }
    if (users.size !== changes.userCount || devices.size !== changes.deviceCount) {
      return false;
    }
    this.#version = changes.version;
    return true;
  }
}
