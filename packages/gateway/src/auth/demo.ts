import { randomBytes } from 'node:crypto';
import { RANDOM_PASSWORD_COST, hashPassword } from './passwords.ts';
import type { Store } from './store.ts';
import type { Users } from './users.ts';

export interface DemoAccount {
  readonly user: string;
  /** Random, for this run only. */
  readonly password: string;
}

const DEMO_MARK = 'demo';

/** Fills a database with throw-away users 1001, 1002, ... and marks it, so that `serve` without `--demo` refuses it. */
export async function createDemoAccounts(
  store: Store,
  users: Users,
  count: number,
): Promise<DemoAccount[]> {
  store.setMeta(DEMO_MARK, '1');
  const accounts: DemoAccount[] = [];
  for (let index = 1; index <= count; index += 1) {
    const user = String(1000 + index);
    const password = randomBytes(16).toString('base64url');
    const passwordHash = await hashPassword(password, RANDOM_PASSWORD_COST);
    users.add({
      name: user,
      displayName: `Demo ${user}`,
      passwordHash,
      admin: false,
      generateRingback: false,
    });
    accounts.push({ user, password });
  }
  return accounts;
}

export function isDemoStore(store: Store): boolean {
  return store.meta(DEMO_MARK) !== null;
}
