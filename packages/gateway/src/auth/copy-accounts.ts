import { createHash } from 'node:crypto';
import type { AccountTables } from './account-tables.ts';
import type { PostgresTables } from './postgres-tables.ts';

/** Nothing was copied; the message is for people. */
export class CopyError extends Error {}

export interface Copied {
  readonly users: number;
  readonly devices: number;
  /** SHA-256 over all of them, the same at both ends. */
  readonly digest: string;
}

/**
 * Copies all users and devices into a PostgreSQL that has none, in one transaction: what is read back there is compared with what was read here before
 * it is committed, so it is all there or nothing is.
 * @throws {CopyError}
 */
export async function copyAccounts(from: AccountTables, to: PostgresTables): Promise<Copied> {
  const users = await from.users.list();
  const devices = await from.devices.list();
  const digest = digestOf([users, devices]);
  await to.fill(async (filling) => {
    const there = await filling.users();
    if (there.length > 0) {
      throw new CopyError(
        `There are ${String(there.length)} users already; copy into an empty database`,
      );
    }
    for (const user of users) {
      await filling.addUser(user);
    }
    for (const device of devices) {
      await filling.addDevice(device);
    }
    if (digestOf([await filling.users(), await filling.devices()]) !== digest) {
      throw new CopyError('What was written is not what was read; nothing was copied');
    }
  });
  return { users: users.length, devices: devices.length, digest };
}

/** Independent of the order in which the members of an object were made. */
function digestOf(value: unknown): string {
  const text = JSON.stringify(value, (_, each: unknown) =>
    typeof each === 'object' && each !== null && !Array.isArray(each)
      ? Object.fromEntries(Object.entries(each).sort(([a], [b]) => (a < b ? -1 : 1)))
      : each,
  );
  return createHash('sha256').update(text).digest('hex');
}
