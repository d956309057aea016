import type { AccountTables, DeviceTable, UserTable } from './account-tables.ts';
import { Devices } from './devices.ts';
import type { Store } from './store.ts';
import { Users } from './users.ts';

/** The database that is open now, with its queries. */
export interface OpenStore {
  readonly store: Store;
  readonly users: Users;
  readonly devices: Devices;
}

/** Users and devices in the SQLite database of a data folder. */
export class SqliteTables implements AccountTables {
  readonly users: UserTable;
  readonly devices: DeviceTable;
  readonly #open: OpenStore;

  /** @param open its members are asked for anew each time: the database's file may have been replaced since */
  constructor(open: OpenStore) {
    this.#open = open;
    this.users = {
      get: (name) => settled(() => open.users.get(name)),
      list: () => settled(() => open.users.list()),
      page: (query) => settled(() => open.users.page(query)),
      add: (user) => settled(() => open.users.add(user)),
      change: (name, change) => settled(() => open.users.change(name, change)),
      remove: (name) => settled(() => open.users.remove(name)),
      setPassword: (name, hash) => settled(() => open.users.setPassword(name, hash)),
    };
    this.devices = {
      get: (login) => settled(() => open.devices.get(login)),
      list: (user) => settled(() => open.devices.list(user)),
      add: (device) => settled(() => open.devices.add(device)),
      remove: (user, name) => settled(() => open.devices.remove(user, name)),
    };
  }

  /** Of a store that nobody else uses. */
  static of(store: Store): SqliteTables {
    return new SqliteTables({ store, users: new Users(store), devices: new Devices(store) });
  }

  meta(key: string): Promise<string | null> {
    return settled(() => this.#open.store.meta(key));
  }

  setMeta(key: string, value: string): Promise<void> {
    return settled(() => {
      this.#open.store.setMeta(key, value);
    });
  }

  close(): Promise<void> {
    return settled(() => {
      this.#open.store.close();
    });
  }
}

/** SQLite answers at once; what it throws is a rejection here. */
function settled<T>(work: () => T): Promise<T> {
  return new Promise((resolve) => {
    resolve(work());
  });
}
