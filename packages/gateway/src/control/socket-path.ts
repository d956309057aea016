import { closeSync, openSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { CONTROL_SOCKET } from '../data-folder/control-path.ts';

/** What a socket's address has room for (`sun_path`), with the least of all systems. */
const MOST_BYTES = 100;

/** The path of a data folder's control socket as `connect` and `listen` take it. */
export class SocketPath {
  readonly path: string;
  /** Of the folder, where its path is too long for an address. */
  readonly #folder: number | null;

  /** @throws when the folder is missing and its path is long */
  constructor(dataDir: string) {
    const path = join(resolve(dataDir), CONTROL_SOCKET);
    const long = Buffer.byteLength(path) > MOST_BYTES && process.platform === 'linux';
    this.#folder = long ? openSync(dataDir, 'r') : null;
    this.path =
      this.#folder === null ? path : `/proc/self/fd/${String(this.#folder)}/${CONTROL_SOCKET}`;
  }

  /** Once, when the path is needed no more. */
  dispose(): void {
    if (this.#folder !== null) {
      closeSync(this.#folder);
    }
  }
}
