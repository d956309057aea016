import type { Device } from './devices.ts';
import type { User } from './users.ts';

/** The users and their devices as a running gateway asks for them: they are at hand, so that nothing waits for a database. */
export interface UsersAtHand {
  /** @throws when the database fails and nobody of that name is known */
  get(name: string): User | null;
  /** The device that signs in so; null also for one of a user who is disabled. */
  device(login: string): Device | null;
  /** Another number each time users or devices may have changed. */
  changes(): number;
  /** This process wrote to the users; settles when what it wrote is at hand. */
  changed(): Promise<void> | void;
  close(): Promise<void> | void;
}
