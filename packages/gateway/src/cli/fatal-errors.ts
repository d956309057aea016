import type { Logger } from '../logging/logger.ts';

/** EX_SOFTWARE of sysexits.h: a defect, not a wrong configuration; a service manager starts the gateway again. */
const EXIT_DEFECT = 70;
/** However long saying goodbye takes, the process ends. */
const FAREWELL_MS = 1000;

/**
 * What no guard caught. Nobody knows what state the process is in then, so it ends: with its cause in the log, and with clients told
 * to come back. Node's own way would cut every socket without a word.
 */
export class FatalErrors {
  readonly #logger: Logger;
  readonly #onError: (error: unknown) => void;
  #farewell: () => Promise<void> = () => Promise.resolve();
  #ending = false;

  constructor(logger: Logger) {
    this.#logger = logger;
    this.#onError = (error) => {
      this.#end(error);
    };
    process.on('uncaughtException', this.#onError);
    process.on('unhandledRejection', this.#onError);
  }

  /** What is to be done before the end, once there is something running. */
  set farewell(farewell: () => Promise<void>) {
    this.#farewell = farewell;
  }

  dispose(): void {
    process.off('uncaughtException', this.#onError);
    process.off('unhandledRejection', this.#onError);
  }

  #end(error: unknown): void {
    if (this.#ending) {
      return;
    }
    this.#ending = true;
    setTimeout(() => process.exit(EXIT_DEFECT), FAREWELL_MS);
    try {
      this.#logger.fatal({ error }, 'A defect ends this process; its clients come back');
      void this.#farewell()
        .catch(() => undefined)
        .then(() => process.exit(EXIT_DEFECT));
    } catch {
      process.exit(EXIT_DEFECT);
    }
  }
}
