import type { LegSource } from '../media/media-plane.ts';
import type { Clock } from '../signaling/ports.ts';

export type ServiceName = 'echo' | 'tone' | 'dtmf';

/** What a service may do to the one leg that it talks to. */
export interface ServiceLine {
  /** Never rejects: a media failure ends the call by its own way. */
  play(source: LegSource): void;
  /** Tells the party a digit, as the far party of a call would. */
  sendDigits(digits: string): void;
  readonly clock: Clock;
}

/** The far end of a call that is no person. Started once, after its leg is answered. */
export interface Service {
  start(): void;
  /** Digits from the party, by `info` or by RFC 4733; already validated. */
  onDigits(digits: string): void;
  dispose(): void;
}
