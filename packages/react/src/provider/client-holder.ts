import type { TelnyxRTC, TokenSource } from '@offhook/client';

/** The client that an effect made, for the render that shows it. */
export class ClientHolder {
  #client: TelnyxRTC | undefined;
  #tell: (() => void) | undefined;

  #source: TokenSource | undefined;

  readonly get = (): TelnyxRTC | undefined => this.#client;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#tell = listener;
    return () => {
      this.#tell = undefined;
    };
  };

  /** What that client asks for tokens, where the application gave a function. */
  get source(): TokenSource | undefined {
    return this.#source;
  }

  set(client: TelnyxRTC | undefined, source: TokenSource | undefined): void {
    this.#client = client;
    this.#source = source;
    this.#tell?.();
  }
}
