import type { Device } from '../../auth/devices.ts';
import type { Attempt } from '../../auth/lockout.ts';

/** The users' devices, as SIP asks for them. */
export interface DeviceAccounts {
  device(login: string): Device | null;
  /** How a user is shown to others; null: there is none of that name. */
  displayName(user: string): string | null;
  /** Another number each time devices or users may have changed. Cheap. */
  changes(): number;
}

/** Who slows guessing down. */
export interface GuessLimits {
  lockedFor(account: string, address: string): number;
  exhaustedFor(address: string): number;
  begin(account: string, address: string): Attempt;
}
