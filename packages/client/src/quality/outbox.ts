import type { Platform } from '../platform.ts';
import { Timer } from '../timer.ts';
import { IndexedParcels, MemoryParcels, type Parcel, type ParcelStore } from './parcel-store.ts';
import { Uploader, type Upload } from './uploader.ts';

/** Bodies that wait, at most; the oldest go first. A call of four hours fits. */
const MOST_STORED = 400;
/** The upload key is good for as long after its session. */
const KEEP_MS = 7 * 24 * 3_600_000;
/** While the gateway can be reached otherwise but does not take uploads. */
const AGAIN_MS = [15_000, 60_000, 240_000];
/** For so long a page tries by itself; see {@link Uploader}. */
const YOUNG_MS = 60_000;
/** Of this origin's outboxes; each holds a lock of its name and id while it is at work. */
const LOCK = 'offhook-outbox ';
/** Held from the first upload until its user signs out or the page is gone: what waits is that client's to deliver or to remove. */
const OWNED = 'offhook-outbox-owner ';

/**
 * Uploads of one client. Each is kept, beyond the page where there is IndexedDB, until it was delivered or refused: what fails
 * because the network is gone just when there is most to tell goes out when the gateway can be reached again, by the next page if
 * need be. What another client kept is taken over once that one is gone.
 */
export class Outbox {
  readonly #platform: Platform;
  readonly #uploader: Uploader;
  readonly #store: ParcelStore;
  readonly #track: (upload: Promise<void>) => void;
  readonly #log: (message: string) => void;
  readonly #id: string;
  readonly #again: Timer;
  /** Keys of what is on its way: nothing is sent twice at once. */
  readonly #busy = new Set<string>();
  #sweeping: Promise<void> | null = null;
  /** The gateway can be reached, as far as anybody knows. */
  #up = true;
  #rounds = 0;
  #made = 0;
  /** Lets go of the lock that says that we live; null while we hold none. */
  #letGo: (() => void) | null = null;
  /** As that, for the lock that says that what waits is ours. */
  #disown: (() => void) | null = null;

  /** `track` hears of every upload under way: `disconnect()` waits for them. */
  constructor(
    platform: Platform,
    track: (upload: Promise<void>) => void,
    log: (message: string) => void,
  ) {
    this.#platform = platform;
    this.#uploader = new Uploader(platform);
    this.#store = platform.indexedDB
      ? new IndexedParcels(platform.indexedDB, MOST_STORED, log)
      : new MemoryParcels();
    this.#track = track;
    this.#log = log;
    this.#id = platform.uuid();
    this.#again = new Timer(platform);
  }

  /** Settles true when it was taken now; never rejects. `keep: false`: a failure is the sender's to mend. */
  send(upload: Upload, keep = true): Promise<boolean> {
    if (keep) {
      this.#hold();
    }
    const time = String(this.#platform.now()).padStart(15, '0');
    const order = String(this.#made++).padStart(6, '0');
    const parcel = { key: `${time} ${this.#id} ${order}`, upload };
    this.#busy.add(parcel.key);
    // At once and side by side: a page that is going away may finish only one of the two.
    const kept = keep ? this.#store.put(parcel) : Promise.resolve();
    const sent = this.#deliver(parcel, kept).then((outcome) => {
      if (outcome === 'failed' && keep) {
        this.#later();
      }
      return outcome === 'taken';
    });
    this.#track(sent.then(() => undefined));
    return sent;
  }

  /** The gateway can be reached: what waits goes out, one after another. Never rejects. */
  retry(): Promise<void> {
    this.#up = true;
    this.#again.stop();
    this.#sweeping ??= this.#sweep().finally(() => {
      this.#sweeping = null;
    });
    this.#track(this.#sweeping);
    return this.#sweeping;
  }

  /** The gateway cannot be reached: there is no use in trying until it can. */
  pause(): void {
    this.#up = false;
    this.#again.stop();
    this.#rounds = 0;
    this.#rest();
  }

  /**
   * The user signed out: of what waits, our own is not kept for whoever comes next, nor what clients that are gone kept for the same
   * gateway, of this origin (`https://calls.example.com`). Never rejects.
   */
  async clear(origin: string): Promise<void> {
    this.pause();
    const others = await this.#others([LOCK, OWNED]);
    for (const key of await this.#store.keys()) {
      const [time, owner = ''] = key.split(' ');
      if (owner !== this.#id) {
        if (others(owner, Number(time))) {
          continue;
        }
        const parcel = await this.#store.get(key);
        if (parcel && new URL(parcel.upload.url).origin !== origin) {
          continue;
        }
      }
      await this.#store.remove(key);
    }
    this.#disown?.();
    this.#disown = null;
  }

  async #sweep(): Promise<void> {
    const others = await this.#others();
    const oldest = this.#platform.now() - KEEP_MS;
    const deaf = new Set<string>();
    for (const key of await this.#store.keys()) {
      const [time, owner = ''] = key.split(' ');
      if (this.#busy.has(key) || others(owner, Number(time))) {
        continue;
      }
      if (Number(time) < oldest) {
        await this.#store.remove(key);
        continue;
      }
      const parcel = await this.#store.get(key);
      if (!parcel || deaf.has(new URL(parcel.upload.url).origin)) {
        continue;
      }
      this.#busy.add(key);
      const upload = { ...parcel.upload, keepalive: false };
      const outcome = await this.#deliver({ key, upload }, Promise.resolve());
      if (outcome === 'failed') {
        deaf.add(new URL(upload.url).origin);
      }
    }
    if (deaf.size > 0) {
      this.#later();
    } else {
      this.#rounds = 0;
    }
  }

  async #deliver(
    { key, upload }: Parcel,
    kept: Promise<void>,
  ): Promise<'taken' | 'refused' | 'failed'> {
    const outcome = await this.#uploader.send(upload);
    if (outcome === 'failed') {
      this.#log(`Upload to ${new URL(upload.url).pathname} failed`);
    } else {
      if (outcome === 'refused') {
        this.#log(`Upload to ${new URL(upload.url).pathname} refused`);
      }
      await kept;
      await this.#store.remove(key);
    }
    this.#busy.delete(key);
    this.#rest();
    return outcome;
  }

  #later(): void {
    const wait = AGAIN_MS[Math.min(this.#rounds, AGAIN_MS.length - 1)] ?? 0;
    if (!this.#up || this.#again.running) {
      return;
    }
    this.#rounds += 1;
    this.#again.start(wait, () => void this.retry());
  }

  /** As long as we are at it nobody else sends what is ours. */
  #hold(): void {
    this.#letGo ??= this.#take(LOCK);
    this.#disown ??= this.#take(OWNED);
  }

  #take(lock: string): () => void {
    let release = (): void => undefined;
    const done = new Promise<void>((resolve) => {
      release = resolve;
    });
    void this.#locks?.request(lock + this.#id, () => done).catch(() => undefined);
    return release;
  }

  /** Without a connection, and with nothing on its way, another client may have what is left, also one of this page. */
  #rest(): void {
    if (this.#up || this.#busy.size > 0) {
      return;
    }
    this.#letGo?.();
    this.#letGo = null;
  }

  /** Says whether a page that lives will send it. Where nobody can tell: while it is young. A body sent twice is stored once. */
  async #others(locks = [LOCK]): Promise<(owner: string, madeAt: number) => boolean> {
    const held = (await this.#locks?.query().catch(() => undefined))?.held;
    const names = held && new Set(held.map(({ name }) => name));
    return (owner, madeAt) => {
      if (owner === this.#id) {
        return false;
      }
      if (!names) {
        return this.#platform.now() - madeAt < YOUNG_MS;
      }
      return locks.some((lock) => names.has(lock + owner));
    };
  }

  get #locks(): LockManager | undefined {
    return (this.#platform.window?.navigator as Partial<Navigator> | undefined)?.locks;
  }
}

/** Removes what pages before this one kept for the gateway of this origin. Called when the user signs out. */
export async function forgetLeftovers(
  platform: Platform,
  log: { debug(message: string): void },
  origin: string,
): Promise<void> {
  const outbox = new Outbox(
    platform,
    () => undefined,
    (message) => {
      log.debug(message);
    },
  );
  await outbox.clear(origin);
}

/** Delivers what pages before this one kept, and nothing else. Called when the gateway can be reached. */
export async function sendLeftovers(
  platform: Platform,
  log: { debug(message: string): void },
): Promise<void> {
  const outbox = new Outbox(
    platform,
    () => undefined,
    (message) => {
      log.debug(message);
    },
  );
  await outbox.retry();
  outbox.pause();
}
