import type { Upload } from './uploader.ts';

/** An upload that is kept until it was delivered. */
export interface Parcel {
  /** When it was made, who made it, and which of theirs: in the order of time, and unique. */
  readonly key: string;
  readonly upload: Upload;
}

/** Where uploads wait. None of it ever rejects: what cannot be kept is gone, and a call goes on. */
export interface ParcelStore {
  put(parcel: Parcel): Promise<void>;
  remove(key: string): Promise<void>;
  /** All, the oldest first. */
  keys(): Promise<readonly string[]>;
  get(key: string): Promise<Parcel | undefined>;
}

/** The oldest go when there are more. */
const MOST_IN_MEMORY = 64;

/** For as long as the page lives. */
export class MemoryParcels implements ParcelStore {
  readonly #parcels = new Map<string, Parcel>();

  put(parcel: Parcel): Promise<void> {
    this.#parcels.set(parcel.key, parcel);
    const [oldest] = this.#parcels.keys();
    if (this.#parcels.size > MOST_IN_MEMORY && oldest !== undefined) {
      this.#parcels.delete(oldest);
    }
    return Promise.resolve();
  }

  remove(key: string): Promise<void> {
    this.#parcels.delete(key);
    return Promise.resolve();
  }

  keys(): Promise<readonly string[]> {
    return Promise.resolve([...this.#parcels.keys()].sort());
  }

  get(key: string): Promise<Parcel | undefined> {
    return Promise.resolve(this.#parcels.get(key));
  }
}

const DATABASE = 'offhook-uploads';
const TABLE = 'parcels';

/** Beyond the page: IndexedDB, shared by every client and tab of the application's origin. */
export class IndexedParcels implements ParcelStore {
  readonly #factory: IDBFactory;
  readonly #most: number;
  readonly #log: (message: string) => void;
  /** For what the browser refuses to keep. */
  readonly #memory = new MemoryParcels();
  #database: Promise<IDBDatabase> | undefined;

  constructor(factory: IDBFactory, most: number, log: (message: string) => void) {
    this.#factory = factory;
    this.#most = most;
    this.#log = log;
  }

  async put(parcel: Parcel): Promise<void> {
    const kept = await this.#run('readwrite', (table) => table.put(parcel));
    if (!kept) {
      await this.#memory.put(parcel);
      return;
    }
    const keys = await this.keys();
    for (const key of keys.slice(0, Math.max(0, keys.length - this.#most))) {
      await this.remove(key);
    }
  }

  async remove(key: string): Promise<void> {
    await this.#memory.remove(key);
    await this.#run('readwrite', (table) => table.delete(key));
  }

  async keys(): Promise<readonly string[]> {
    const stored = await this.#run('readonly', (table) => table.getAllKeys());
    return [...((stored?.result ?? []) as string[]), ...(await this.#memory.keys())];
  }

  async get(key: string): Promise<Parcel | undefined> {
    const stored = await this.#run('readonly', (table) => table.get(key));
    return (stored?.result as Parcel | undefined) ?? this.#memory.get(key);
  }

  /** The request that succeeded; undefined when the browser refused. */
  async #run(
    mode: IDBTransactionMode,
    ask: (table: IDBObjectStore) => IDBRequest,
  ): Promise<IDBRequest | undefined> {
    try {
      const database = await (this.#database ??= this.#open());
      const transaction = database.transaction(TABLE, mode);
      const done = ended(transaction);
      const request = ask(transaction.objectStore(TABLE));
      await done;
      return request;
    } catch (error) {
      this.#database = undefined;
      this.#log(`Uploads cannot be kept beyond this page: ${String(error)}`);
      return undefined;
    }
  }

  #open(): Promise<IDBDatabase> {
    return new Promise((resolve, reject) => {
      const request = this.#factory.open(DATABASE, 1);
      request.onupgradeneeded = () => {
        request.result.createObjectStore(TABLE, { keyPath: 'key' });
      };
      request.onsuccess = () => {
        const database = request.result;
        // Another tab wants to change or delete it: without this it would wait for us for ever.
        database.onversionchange = () => {
          database.close();
          this.#database = undefined;
        };
        resolve(database);
      };
      request.onerror = () => reject(request.error ?? new Error('No IndexedDB'));
      request.onblocked = () => reject(new Error('IndexedDB is blocked'));
    });
  }
}

function ended(transaction: IDBTransaction): Promise<void> {
  return new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve();
    transaction.onerror = transaction.onabort = () =>
      reject(transaction.error ?? new Error('The transaction was aborted'));
  });
}
