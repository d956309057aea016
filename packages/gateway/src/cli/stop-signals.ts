/** The first SIGINT or SIGTERM asks the server to stop, the second ends the process at once. */
export class StopSignals {
  readonly first: Promise<NodeJS.Signals>;
  readonly #onSignal: (signal: NodeJS.Signals) => void;

  constructor() {
    let resolve: (signal: NodeJS.Signals) => void = () => undefined;
    this.first = new Promise((settle) => {
      resolve = settle;
    });
    let seen = false;
    this.#onSignal = (signal) => {
      if (seen) {
        process.exit(signal === 'SIGINT' ? 130 : 143);
      }
      seen = true;
      resolve(signal);
    };
    process.on('SIGINT', this.#onSignal);
    process.on('SIGTERM', this.#onSignal);
  }

  dispose(): void {
    process.off('SIGINT', this.#onSignal);
    process.off('SIGTERM', this.#onSignal);
  }
}
