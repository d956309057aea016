import { loginOf, type Device } from '../../auth/devices.ts';
import { makeHa1 } from '../../auth/digest-hash.ts';
import type { DeviceAccounts } from '../devices/accounts.ts';

export const REALM = 'pbx.example';

/** Devices in memory. */
export class FakeAccounts implements DeviceAccounts {
  readonly #devices = new Map<string, Device>();
  readonly #removed = new Set<string>();
  #changes = 0;

  add(user: string, name: string, password: string): Device {
    const login = loginOf({ user, name });
    const device = { user, name, realm: REALM, ha1: makeHa1(login, REALM, password), createdAt: 0 };
    this.#devices.set(login, device);
    this.#changes += 1;
    return device;
  }

  remove(login: string): void {
    this.#devices.delete(login);
    this.#changes += 1;
  }

  removeUser(user: string): void {
    this.#removed.add(user);
    this.#changes += 1;
  }

  device(login: string): Device | null {
    return this.#devices.get(login) ?? null;
  }

  displayName(user: string): string | null {
    return this.#removed.has(user) ? null : `User ${user}`;
  }

  changes(): number {
    return this.#changes;
  }
}
