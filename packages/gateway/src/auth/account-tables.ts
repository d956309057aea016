/** The seam between whoever changes or lists users and devices, and where they are kept: SQLite or PostgreSQL. */
import type { Device } from './devices.ts';
import type { NewUser, User, UserChange, UsersQuery } from './users.ts';

/** The database is away: what was asked may be done or not. */
export class TablesAway extends Error {}

export interface UserTable {
  get(name: string): Promise<User | null>;
  /** By name. */
  list(): Promise<User[]>;
  /** @returns false when the name is taken. */
  add(user: NewUser): Promise<boolean>;
  /** By name. */
  page(query: UsersQuery): Promise<{ readonly users: User[]; readonly total: number }>;
  /** @returns the user as it is then; null when there is no such user */
  change(name: string, change: UserChange): Promise<User | null>;
  /** Its devices go with it. @returns false when there is no such user. */
  remove(name: string): Promise<boolean>;
  /** @returns false when there is no such user. */
  setPassword(name: string, passwordHash: string): Promise<boolean>;
}

export interface DeviceTable {
  /** The device that signs in so. */
  get(login: string): Promise<Device | null>;
  /** By user and name. @param user of this user alone */
  list(user?: string): Promise<Device[]>;
  /**
   * @returns false when the user has a device of that name
   * @throws when there is no such user
   */
  add(device: Omit<Device, 'createdAt'>): Promise<boolean>;
  /** @returns false when there is no such device */
  remove(user: string, name: string): Promise<boolean>;
}

export interface AccountTables {
  readonly users: UserTable;
  readonly devices: DeviceTable;
  meta(key: string): Promise<string | null>;
  setMeta(key: string, value: string): Promise<void>;
  /** Idempotent. */
  close(): Promise<void>;
}
