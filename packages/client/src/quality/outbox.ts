import type { Platform } from '../platform.ts';
import { Uploader, type Upload } from './uploader.ts';

/** What could not be delivered waits for the next connection, this many at most; the oldest go first. */
const MAX_PARKED = 16;
/** So often a body is tried, with the uploader's own attempts each time. */
const MAX_ROUNDS = 3;

interface Parcel {
  readonly upload: Upload;
  readonly round: number;
}

/**
 * Uploads of one client. What fails, because the network is gone just when there is most to tell, is kept and sent again when the
 * gateway can be reached.
 */
export class Outbox {
  readonly #uploader: Uploader;
  readonly #track: (upload: Promise<void>) => void;
  readonly #log: (message: string) => void;
  #parked: Parcel[] = [];

  /** `track` hears of every upload under way: `disconnect()` waits for them. */
  constructor(
    platform: Platform,
    track: (upload: Promise<void>) => void,
    log: (message: string) => void,
  ) {
    this.#uploader = new Uploader(platform);
    this.#track = track;
    this.#log = log;
  }

  /** Settles true when it was taken now; never rejects. `park: false`: a failure is the sender's to mend. */
  send(upload: Upload, park = true): Promise<boolean> {
    return this.#send({ upload, round: park ? 1 : MAX_ROUNDS });
  }

  /** The gateway can be reached again. */
  retry(): void {
    for (const parcel of this.#parked.splice(0)) {
      void this.#send({ ...parcel, round: parcel.round + 1 });
    }
  }

  #send(parcel: Parcel): Promise<boolean> {
    const sent = this.#uploader.send(parcel.upload);
    this.#track(sent.then(() => undefined));
    return sent.then((taken) => {
      if (taken) return true;
      this.#log(`Upload to ${new URL(parcel.upload.url).pathname} failed`);
      if (parcel.round < MAX_ROUNDS) this.#parked.push(parcel);
      this.#parked = this.#parked.slice(-MAX_PARKED);
      return false;
    });
  }
}
