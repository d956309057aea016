import type { TelnyxRTC } from '@offhook/client';

/** The client that an effect made, for the render that shows it. */
export class ClientHolder {
  #client: TelnyxRTC | undefined;
  #tell: (() => void) | undefined;

  readonly get = (): TelnyxRTC | undefined => this.#client;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#tell = listener;
    return () => {
      this.#tell = undefined;
    };
  };

  set(client: TelnyxRTC | undefined): void {
    this.#client = client;
    this.#tell?.();
  }
}
