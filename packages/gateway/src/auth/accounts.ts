import { deviceNameProblem, loginOf, MAX_DEVICES } from './devices.ts';
import type { DeviceTable, UserTable } from './account-tables.ts';
import type { Device } from './devices.ts';
import { makeHa1 } from './digest-hash.ts';
import { hashPassword, passwordProblem } from './passwords.ts';
import { displayNameOf, displayNameProblem, userNameProblem } from './users.ts';
import type { User, UserChange } from './users.ts';

export type AccountTrouble = 'bad' | 'taken' | 'missing' | 'full' | 'no_phones' | 'busy';

/** What was asked for cannot be; the message is for people. */
export class AccountError extends Error {
  readonly trouble: AccountTrouble;
  constructor(trouble: AccountTrouble, message: string) {
    super(message);
    this.trouble = trouble;
  }
}

export interface AccountsDeps {
  readonly users: UserTable;
  readonly devices: DeviceTable;
  /** Of desk phones; undefined: there are none. */
  readonly realm: string | undefined;
  /** Called after each change; settles when it is seen. */
  readonly changed: () => Promise<void> | void;
}

export interface UserWish {
  readonly name: string;
  /** Default: the name. */
  readonly displayName?: string | undefined;
  readonly admin?: boolean | undefined;
  readonly generateRingback?: boolean | undefined;
  readonly password: string;
}

/** A hash takes a tenth of a second and 32 MiB: more of them at once would keep logins waiting. */
const HASHES_AT_ONCE = 4;

/** The users and their phones, with the rules for whoever changes them: commands, pages, programs. */
export class Accounts {
  readonly #deps: AccountsDeps;
  #hashing = 0;

  constructor(deps: AccountsDeps) {
    this.#deps = deps;
  }

  /** @throws {AccountError} when no user may have that name, or one has it */
  async checkNew(name: string): Promise<void> {
    const problem = userNameProblem(name);
    if (problem !== null) {
      throw new AccountError('bad', problem);
    }
    if ((await this.#deps.users.get(name)) !== null) {
      throw new AccountError('taken', `There is already a user ${name}`);
    }
  }

  /** @throws {AccountError} when there is none */
  async get(name: string): Promise<User> {
    return found(await this.#deps.users.get(name), name);
  }

  /** @throws {AccountError} */
  async add(wish: UserWish): Promise<void> {
    const { name, admin = false, generateRingback = false, password } = wish;
    await this.checkNew(name);
    const displayName = checkedDisplayName(wish.displayName ?? name);
    const passwordHash = await this.#hash(password);
    const user = { name, displayName, passwordHash, admin, generateRingback };
    if (!(await this.#deps.users.add(user))) {
      throw new AccountError('taken', `There is already a user ${name}`);
    }
    await this.#deps.changed();
  }

  /** @returns the user as it is then. @throws {AccountError} */
  async change(name: string, wish: UserChange): Promise<User> {
    const { displayName, ...rest } = wish;
    const named = displayName === undefined ? {} : { displayName: checkedDisplayName(displayName) };
    const user = found(await this.#deps.users.change(name, { ...rest, ...named }), name);
    await this.#deps.changed();
    return user;
  }

  /** @throws {AccountError} */
  async setPassword(name: string, password: string): Promise<void> {
    await this.get(name);
    const hash = await this.#hash(password);
    if (!(await this.#deps.users.setPassword(name, hash))) {
      throw missing(name);
    }
    await this.#deps.changed();
  }

  /** @throws {AccountError} */
  async remove(name: string): Promise<void> {
    if (!(await this.#deps.users.remove(name))) {
      throw missing(name);
    }
    await this.#deps.changed();
  }

  /** @throws {AccountError} when the user can have no phone of that name; the name, when none was given, is made */
  async newDevice(user: string, wish?: string): Promise<Pick<Device, 'user' | 'name' | 'realm'>> {
    const { realm } = this.#deps;
    if (realm === undefined) {
      const message =
        'No phone can sign in: the configuration has no sip.devices.realm (docs/sip.md).';
      throw new AccountError('no_phones', message);
    }
    await this.get(user);
    const devices = await this.#deps.devices.list(user);
    const taken = devices.map((device) => device.name);
    const name = wish ?? freeName(taken);
    const problem = deviceNameProblem(name);
    if (problem !== null) {
      throw new AccountError('bad', problem);
    }
    if (taken.includes(name)) {
      throw new AccountError('taken', `${user} has a device ${name} already`);
    }
    if (taken.length >= MAX_DEVICES) {
      const message = `${user} has ${String(MAX_DEVICES)} devices, which is the most`;
      throw new AccountError('full', message);
    }
    return { user, name, realm };
  }

  /** @param device as {@link newDevice} said it. @throws {AccountError} */
  async addDevice(
    device: Pick<Device, 'user' | 'name' | 'realm'>,
    password: string,
  ): Promise<void> {
    const { user, name, realm } = device;
    const ha1 = makeHa1(loginOf(device), realm, password);
    if (!(await this.#deps.devices.add({ user, name, realm, ha1 }))) {
      throw new AccountError('taken', `${user} has a device ${name} already`);
    }
    await this.#deps.changed();
  }

  /** @throws {AccountError} */
  async removeDevice(user: string, name: string): Promise<void> {
    if (!(await this.#deps.devices.remove(user, name))) {
      throw new AccountError('missing', `${user} has no device ${name}`);
    }
    await this.#deps.changed();
  }

  async #hash(password: string): Promise<string> {
    const problem = passwordProblem(password);
    if (problem !== null) {
      throw new AccountError('bad', problem);
    }
    if (this.#hashing >= HASHES_AT_ONCE) {
      throw new AccountError('busy', 'Too many passwords are set at once; try again');
    }
    this.#hashing += 1;
    try {
      return await hashPassword(password);
    } finally {
      this.#hashing -= 1;
    }
  }
}

function missing(name: string): AccountError {
  return new AccountError('missing', `There is no user ${name}`);
}

function found(user: User | null, name: string): User {
  if (user === null) {
    throw missing(name);
  }
  return user;
}

function checkedDisplayName(text: string): string {
  const name = displayNameOf(text);
  const problem = displayNameProblem(name);
  if (problem !== null) {
    throw new AccountError('bad', problem);
  }
  return name;
}

function freeName(taken: readonly string[]): string {
  for (let number = 1; ; number++) {
    const name = number === 1 ? 'phone' : `phone${String(number)}`;
    if (!taken.includes(name)) {
      return name;
    }
  }
}
