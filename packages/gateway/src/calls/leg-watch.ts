import type { LegState as MediaState } from '../media/media-plane.ts';
import type { Clock } from '../clock.ts';
import type { CallTimers } from './timers.ts';

export type WatchExpiry =
  /** The party did not come back in time. */
  | 'away'
  /** The party has a socket, and no media for too long. */
  | 'silent';

/**
 * Decides when to give a leg up, and whether its media is there. The owner of a leg's two timers.
 *
 * | party has a socket | media | what runs |
 * | --- | --- | --- |
 * | yes | connected, or the leg is unanswered or held | nothing |
 * | yes | anything else | the silence timer, from when the media went |
 * | no | anything | the parking timer, from when the socket went; never the silence timer |
 *
 * A party that is being re-attached counts as away until its answer came. A client of ours recovers its calls or ends them by
 * itself, or asks its user: it is given as long as one without a socket.
 */
export class LegWatch {
  readonly #clock: Clock;
  readonly #timers: CallTimers;
  readonly #onExpired: (expiry: WatchExpiry) => void;
  readonly #recovers: () => boolean;
  #awaySince: number | null = null;
  #answered = false;
  #held = false;
  #media: MediaState = 'new';
  #cancelAway: (() => void) | null = null;
  #cancelSilent: (() => void) | null = null;
  #disposed = false;

  constructor(
    clock: Clock,
    timers: CallTimers,
    onExpired: (expiry: WatchExpiry) => void,
    recovers: () => boolean = () => false,
  ) {
    this.#recovers = recovers;
    this.#clock = clock;
    this.#timers = timers;
    this.#onExpired = onExpired;
  }

  get away(): boolean {
    return this.#awaySince !== null;
  }

  get media(): MediaState {
    return this.#media;
  }

  /** The plane still has the peer: a party whose own peer lives needs no new one, at most an ICE restart. */
  get mediaIntact(): boolean {
    return this.#media !== 'failed' && this.#media !== 'closed';
  }

  partyLost(): void {
    this.#awaySince ??= this.#clock.monotonic();
    this.#update();
  }

  partyBack(): void {
    this.#awaySince = null;
    this.#update();
  }

  answered(): void {
    this.#answered = true;
    this.#update();
  }

  held(on: boolean): void {
    this.#held = on;
    this.#update();
  }

  /** What the media plane says of this leg. */
  mediaState(state: MediaState): void {
    this.#media = state;
    this.#update();
  }

  dispose(): void {
    this.#disposed = true;
    this.#stopAway();
    this.#stopSilent();
  }

  #update(): void {
    if (this.#disposed) {
      return;
    }
    this.#stopAway();
    if (this.#awaySince !== null) {
      this.#stopSilent();
      const seconds = this.#answered
        ? this.#timers.parkSeconds
        : this.#timers.unansweredParkSeconds;
      const left = this.#awaySince + seconds * 1000 - this.#clock.monotonic();
      this.#cancelAway = this.#clock.schedule(
        () => {
          this.#expire('away');
        },
        Math.max(0, left),
      );
      return;
    }
    const seconds = this.#timers.mediaSilenceSeconds;
    if (seconds === 0 || !this.#answered || this.#held || this.#media === 'connected') {
      this.#stopSilent();
    } else {
      const limit = this.#recovers() ? Math.max(seconds, this.#timers.parkSeconds) : seconds;
      this.#cancelSilent ??= this.#clock.schedule(() => {
        this.#expire('silent');
      }, limit * 1000);
    }
  }

  #expire(expiry: WatchExpiry): void {
    this.dispose();
    this.#onExpired(expiry);
  }

  #stopAway(): void {
    this.#cancelAway?.();
    this.#cancelAway = null;
  }

  #stopSilent(): void {
    this.#cancelSilent?.();
    this.#cancelSilent = null;
  }
}
