import type { Clock } from '../clock.ts';
import { isSameDialog, type DialogName } from './core/referral.ts';
import { TIMEOUT } from './core/timers.ts';
import type { SipParty } from './sip-party.ts';

interface Ended {
  readonly user: string;
  readonly dialog: DialogName;
  /** By the clock that never jumps. */
  readonly until: number;
}

/** Dialogs that ended and are still known; the oldest go first. */
const MAX_ENDED = 256;

/** Calls by SIP, for requests that name the dialog of another one (RFC 3891). Those that ended are known for as long as a transaction lasts. */
export class Parties {
  readonly #clock: Clock;
  readonly #live = new Set<SipParty>();
  #ended: readonly Ended[] = [];

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  add(party: SipParty): void {
    this.#live.add(party);
  }

  over(party: SipParty): void {
    const { user, dialog } = party;
    if (!this.#live.delete(party) || dialog === null) {
      return;
    }
    const now = this.#clock.monotonic();
    const known = this.#ended.filter(({ until }) => until > now).slice(1 - MAX_ENDED);
    this.#ended = [...known, { user, dialog, until: now + TIMEOUT }];
  }

  /** The party of a dialog that has not ended. */
  named(name: DialogName): SipParty | null {
    for (const party of this.#live) {
      if (party.isNamed(name)) {
        return party;
      }
    }
    return null;
  }

  /** Whose dialog it was that ended a short while ago; null: nothing is known of it. */
  endedOf(name: DialogName): string | null {
    const now = this.#clock.monotonic();
    const found = this.#ended.find(
      ({ dialog, until }) => until > now && isSameDialog(dialog, name),
    );
    return found?.user ?? null;
  }
}
