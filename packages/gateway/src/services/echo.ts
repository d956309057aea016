import type { Service, ServiceLine } from './service.ts';

/** Sends the party's own audio back. */
export class EchoService implements Service {
  readonly #line: ServiceLine;

  constructor(line: ServiceLine) {
    this.#line = line;
  }

  start(): void {
    this.#line.play({ kind: 'echo' });
  }

  onDigits(): void {
    // An echo has nothing to do with digits: those sent as audio come back by themselves.
  }

  dispose(): void {
    // Holds nothing.
  }
}
