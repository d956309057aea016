import type { StatementSync } from 'node:sqlite';
import type { Store } from './store.ts';

export interface User {
  readonly name: string;
  readonly displayName: string;
  /** In the form that `passwords.ts` writes. */
  readonly passwordHash: string;
  readonly admin: boolean;
  readonly generateRingback: boolean;
  /** Epoch milliseconds. */
  readonly createdAt: number;
}

/** Letters, digits and `. _ + -`, 1-64 of them: what can be dialled as `sip:name@host` without escapes. */
const NAME = /^[A-Za-z0-9][A-Za-z0-9._+-]{0,63}$/;

/** Destinations of the dial plan that a user of the same name would never be reached behind. */
const RESERVED = new Set(['echo', 'tone', 'dtmf', '9196', '9197', '9185']);

/** Why a name cannot be a user's, or null. */
export function userNameProblem(name: string): string | null {
  if (!NAME.test(name)) {
    return 'A user name has 1 to 64 letters, digits, dots, dashes, underscores or plus signs, and starts with a letter or digit';
  }
  return RESERVED.has(name.toLowerCase()) ? `${name} is a service of the dial plan` : null;
}

/** The users of this gateway. Names are case-sensitive. */
export class Users {
  readonly #get: StatementSync;
  readonly #list: StatementSync;
  readonly #add: StatementSync;
  readonly #remove: StatementSync;
  readonly #setPassword: StatementSync;
  readonly #version: StatementSync;

  constructor(store: Store) {
    const db = store.database;
    this.#get = db.prepare('SELECT * FROM users WHERE name = ?');
    this.#list = db.prepare('SELECT * FROM users ORDER BY name');
    this.#add = db.prepare(
      `INSERT INTO users (name, display_name, password, admin, generate_ringback, created_at, changed_at)
       VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (name) DO NOTHING`,
    );
    this.#remove = db.prepare('DELETE FROM users WHERE name = ?');
    this.#version = db.prepare('PRAGMA data_version');
    this.#setPassword = db.prepare('UPDATE users SET password = ?, changed_at = ? WHERE name = ?');
  }

  get(name: string): User | null {
    const row = this.#get.get(name);
    return row === undefined ? null : fromRow(row);
  }

  /** Another number each time another process wrote to the database. */
  changes(): number {
    return Number(this.#version.get()?.['data_version']);
  }

  list(): User[] {
    return this.#list.all().map(fromRow);
  }

  /** @returns false when the name is taken. */
  add(user: Omit<User, 'createdAt'>): boolean {
    const now = Date.now();
    const { name, displayName, passwordHash, admin, generateRingback } = user;
    const result = this.#add.run(
      name,
      displayName,
      passwordHash,
      Number(admin),
      Number(generateRingback),
      now,
      now,
    );
    return Number(result.changes) === 1;
  }

  /** @returns false when there is no such user. */
  remove(name: string): boolean {
    return Number(this.#remove.run(name).changes) === 1;
  }

  /** @returns false when there is no such user. */
  setPassword(name: string, passwordHash: string): boolean {
    return Number(this.#setPassword.run(passwordHash, Date.now(), name).changes) === 1;
  }
}

function fromRow(row: Record<string, unknown>): User {
  return {
    name: String(row['name']),
    displayName: String(row['display_name']),
    passwordHash: String(row['password']),
    admin: Number(row['admin']) === 1,
    generateRingback: Number(row['generate_ringback']) === 1,
    createdAt: Number(row['created_at']),
  };
}
