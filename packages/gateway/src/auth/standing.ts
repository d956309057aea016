import { createHash } from 'node:crypto';
import type { User } from './users.ts';

/** Which password a user has: a hash of its hash, another one when it is changed. Null: there is no such user, or he is disabled. */
export function standingOf(user: Pick<User, 'passwordHash' | 'disabled'> | null): string | null {
  return user === null || user.disabled
    ? null
    : createHash('sha256').update(user.passwordHash).digest('base64url').slice(0, 16);
}
