import type { StatementSync } from 'node:sqlite';
import type { Store } from './store.ts';

export interface User {
  readonly name: string;
  readonly displayName: string;
  /** In the form that `passwords.ts` writes. */
  readonly passwordHash: string;
  readonly admin: boolean;
  readonly generateRingback: boolean;
  /** There, and as good as not there: does not sign in and is not called. */
  readonly disabled: boolean;
  /** Epoch milliseconds. */
  readonly createdAt: number;
}

export type NewUser = Omit<User, 'createdAt' | 'disabled'>;

/** What of a user can be changed, but for the password. */
export type UserChange = Partial<
  Pick<User, 'displayName' | 'admin' | 'generateRingback' | 'disabled'>
>;

/** Which part of the users is wanted. */
export interface UsersQuery {
  /** In the name or the display name. */
  readonly search?: string | undefined;
  readonly limit: number;
  readonly offset: number;
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

/** In characters as people count them, so that none is cut in two. */
const MAX_DISPLAY_NAME = 64;
const MAX_DISPLAY_BYTES = 1024;

/** Without what cannot be seen. */
export function displayNameOf(text: string): string {
  return text.replaceAll(/\p{C}/gu, '').trim();
}

/** Why a text cannot be a display name, or null. */
export function displayNameProblem(name: string): string | null {
  if (name === '') {
    return 'A display name must not be empty';
  }
  if (Buffer.byteLength(name) > MAX_DISPLAY_BYTES) {
    return `A display name has ${String(MAX_DISPLAY_BYTES)} bytes at most`;
  }
  const length = [...new Intl.Segmenter().segment(name)].length;
  return length > MAX_DISPLAY_NAME
    ? `A display name has ${String(MAX_DISPLAY_NAME)} characters at most; this one has ${String(length)}`
    : null;
}

/** The users of this gateway. Names are case-sensitive. */
export class Users {
  readonly #get: StatementSync;
  readonly #list: StatementSync;
  readonly #add: StatementSync;
  readonly #remove: StatementSync;
  readonly #setPassword: StatementSync;
  readonly #change: StatementSync;
  readonly #page: StatementSync;
  readonly #count: StatementSync;
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
    this.#change = db.prepare(
      'UPDATE users SET display_name = ?, admin = ?, generate_ringback = ?, disabled = ?, changed_at = ? WHERE name = ?',
    );
    const found = String.raw`FROM users WHERE name LIKE ? ESCAPE '\' OR display_name LIKE ? ESCAPE '\'`;
    this.#page = db.prepare(`SELECT * ${found} ORDER BY name LIMIT ? OFFSET ?`);
    this.#count = db.prepare(`SELECT COUNT(*) AS count ${found}`);
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
  add(user: NewUser): boolean {
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

  /** By name. */
  page({ search = '', limit, offset }: UsersQuery): { users: User[]; total: number } {
    const words = `%${search.replaceAll(/[\\%_]/g, String.raw`\$&`)}%`;
    return {
      users: this.#page.all(words, words, limit, offset).map(fromRow),
      total: Number(this.#count.get(words, words)?.['count']),
    };
  }

  /** @returns the user as it is now; null when there is no such user */
  change(name: string, change: UserChange): User | null {
    const user = this.get(name);
    if (user === null) {
      return null;
    }
    const next = { ...user, ...change };
    this.#change.run(
      next.displayName,
      Number(next.admin),
      Number(next.generateRingback),
      Number(next.disabled),
      Date.now(),
      name,
    );
    return next;
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
    disabled: Number(row['disabled']) === 1,
    createdAt: Number(row['created_at']),
  };
}
