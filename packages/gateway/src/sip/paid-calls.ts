import type { Clock } from '../clock.ts';
import type { Guard } from '../guard.ts';
import { ENDINGS } from '../calls/hangup.ts';
import type { DeviceAccounts } from './devices/accounts.ts';
import type { SipParty } from './sip-party.ts';

/** How often it is looked at whether users were removed, while there are calls. */
const LOOK_MS = 1_000;

interface Payer {
  readonly parties: Set<SipParty>;
  /** It was a user of ours when its first call began; others are in no list that they could be removed from. */
  readonly isUser: boolean;
}

/**
 * Calls into the telephone network, by the user whose route let them out. Who handed such a call over is in it no more, and pays for it on:
 * it ends with him.
 */
export class PaidCalls {
  readonly #clock: Clock;
  readonly #guard: Guard;
  readonly #accounts: Pick<DeviceAccounts, 'displayName' | 'changes'> | undefined;
  readonly #payers = new Map<string, Payer>();
  #seen: number | undefined;
  #cancelLook: (() => void) | null = null;

  constructor(
    clock: Clock,
    guard: Guard,
    accounts: Pick<DeviceAccounts, 'displayName' | 'changes'> | undefined,
  ) {
    this.#clock = clock;
    this.#guard = guard;
    this.#accounts = accounts;
  }

  /** Returns what is to be done at its end. */
  begin(user: string, party: SipParty): () => void {
    const payer = this.#payers.get(user) ?? { parties: new Set(), isUser: this.#isKnown(user) };
    this.#payers.set(user, payer);
    payer.parties.add(party);
    if (this.#cancelLook === null) {
      this.#seen = this.#accounts?.changes();
      this.#look();
    }
    return () => {
      if (payer.parties.delete(party) && payer.parties.size === 0) {
        this.#payers.delete(user);
        if (this.#payers.size === 0) {
          this.dispose();
        }
      }
    };
  }

  dispose(): void {
    this.#cancelLook?.();
    this.#cancelLook = null;
  }

  #look(): void {
    this.#cancelLook = this.#clock.schedule(() => {
      this.#look();
      this.#guard.run('sweep', () => {
        this.#endRemoved();
      });
    }, LOOK_MS);
  }

  #endRemoved(): void {
    const changes = this.#accounts?.changes();
    if (changes === this.#seen) {
      return;
    }
    for (const [user, { isUser }] of [...this.#payers]) {
      if (isUser && !this.#isUser(user)) {
        this.endOf(user);
      }
    }
    this.#seen = changes;
  }

  /** Ends all calls of a user, by an operator's word. Returns how many. */
  endOf(user: string): number {
    const parties = [...(this.#payers.get(user)?.parties ?? [])];
    for (const party of parties) {
      party.dismiss(ENDINGS.byOperator);
    }
    return parties.length;
  }

  /** While the users' database fails nobody is known that was not before, and his call is not in danger of it. */
  #isKnown(user: string): boolean {
    try {
      return this.#isUser(user);
    } catch {
      return false;
    }
  }

  #isUser(user: string): boolean {
    return (this.#accounts?.displayName(user) ?? null) !== null;
  }
}
