import type { StatementSync } from 'node:sqlite';
import type { Ha1 } from './digest-hash.ts';
import type { Store } from './store.ts';

/** A phone of a user, which signs in by SIP with a password of its own. */
export interface Device {
  readonly user: string;
  readonly name: string;
  /** What its password was made for: it signs in to no other realm. */
  readonly realm: string;
  readonly ha1: Ha1;
  /** Epoch milliseconds. */
  readonly createdAt: number;
}

/** A user has so many devices at most. */
export const MAX_DEVICES = 16;

const NAME = /^[a-z0-9][a-z0-9-]{0,31}$/;

/** Why a name cannot be a device's, or null. */
export function deviceNameProblem(name: string): string | null {
  return NAME.test(name)
    ? null
    : 'A device name has 1 to 32 small letters, digits or dashes, and starts with a letter or digit';
}

/** What a device signs in as. No user name holds a `~`, so no login is ambiguous. */
export function loginOf({ user, name }: Pick<Device, 'user' | 'name'>): string {
  return `${user}~${name}`;
}

/** The devices of this gateway's users. They go with their user. */
export class Devices {
  readonly #get: StatementSync;
  readonly #list: StatementSync;
  readonly #listOf: StatementSync;
  readonly #add: StatementSync;
  readonly #remove: StatementSync;

  constructor(store: Store) {
    const db = store.database;
    this.#get = db.prepare('SELECT * FROM devices WHERE user = ? AND name = ?');
    this.#list = db.prepare('SELECT * FROM devices ORDER BY user, name');
    this.#listOf = db.prepare('SELECT * FROM devices WHERE user = ? ORDER BY name');
    this.#add = db.prepare(
      `INSERT INTO devices (user, name, realm, ha1_md5, ha1_sha256, created_at)
       VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (user, name) DO NOTHING`,
    );
    this.#remove = db.prepare('DELETE FROM devices WHERE user = ? AND name = ?');
  }

  /** The device that signs in so. */
  get(login: string): Device | null {
    const at = login.lastIndexOf('~');
    const row = at === -1 ? undefined : this.#get.get(login.slice(0, at), login.slice(at + 1));
    return row === undefined ? null : fromRow(row);
  }

  /** @param user of this user alone */
  list(user?: string): Device[] {
    return (user === undefined ? this.#list.all() : this.#listOf.all(user)).map(fromRow);
  }

  /**
   * @returns false when the user has a device of that name
   * @throws when there is no such user
   */
  add({ user, name, realm, ha1 }: Omit<Device, 'createdAt'>): boolean {
    const { MD5: md5, 'SHA-256': sha256 } = ha1;
    return Number(this.#add.run(user, name, realm, md5, sha256, Date.now()).changes) === 1;
  }

  /** @returns false when there is no such device */
  remove(user: string, name: string): boolean {
    return Number(this.#remove.run(user, name).changes) === 1;
  }
}

function fromRow(row: Record<string, unknown>): Device {
  return {
    user: String(row['user']),
    name: String(row['name']),
    realm: String(row['realm']),
    ha1: { MD5: String(row['ha1_md5']), 'SHA-256': String(row['ha1_sha256']) },
    createdAt: Number(row['created_at']),
  };
}
