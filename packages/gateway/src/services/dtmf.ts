import type { Service, ServiceLine } from './service.ts';

/** How long the media plane needs for one digit, tone and pause. A batch that starts earlier would cut the last one short. */
const DIGIT_MS = 250;
/** Digits that may wait to be read back; beyond it they are dropped, so that a flood keeps no memory. */
const MAX_WAITING = 64;

/** Reads digits back: plays their tones, and sends them as `info`. Digits that come while others play wait their turn. */
export class DtmfService implements Service {
  readonly #line: ServiceLine;
  #waiting = '';
  #cancel: (() => void) | null = null;

  constructor(line: ServiceLine) {
    this.#line = line;
  }

  start(): void {
    this.#line.play({ kind: 'silence' });
  }

  onDigits(digits: string): void {
    this.#waiting = (this.#waiting + digits).slice(0, MAX_WAITING);
    if (this.#cancel === null) {
      this.#readBack();
    }
  }

  dispose(): void {
    this.#cancel?.();
    this.#cancel = null;
    this.#waiting = '';
  }

  #readBack(): void {
    this.#cancel = null;
    const digits = this.#waiting;
    if (digits === '') {
      return;
    }
    this.#waiting = '';
    this.#line.play({ kind: 'dtmf', digits });
    this.#line.sendDigits(digits);
    this.#cancel = this.#line.clock.schedule(() => {
      this.#readBack();
    }, digits.length * DIGIT_MS);
  }
}
