import type { Service, ServiceLine } from './service.ts';

/** A continuous 1000 Hz tone. */
export class ToneService implements Service {
  readonly #line: ServiceLine;

  constructor(line: ServiceLine) {
    this.#line = line;
  }

  start(): void {
    this.#line.play({ kind: 'tone' });
  }

  onDigits(): void {
    // A tone does not listen.
  }

  dispose(): void {
    // Holds nothing.
  }
}
