import type { IClientOptions } from '@offhook/client';

/** What a person signs in with: `login` and `password`, or a `login_token` (a token, or a function that fetches one). */
export type Credential = Pick<
  IClientOptions,
  'login' | 'password' | 'login_token' | 'anonymous_login' | 'debug'
>;

/**
 * Whose credentials these are. A change of identity needs another client; a new password or token of the same identity
 * is only a new sign-in on the one there is, which leaves its calls alone.
 */
export function identityOf({
  login,
  login_token: token,
  anonymous_login: target,
}: Credential): string {
  if (login) return `login:${login}`;
  if (typeof token === 'function') return 'token source';
  if (token) return `token:${subjectOf(token) ?? token}`;
  return target ? `anonymous:${target.target_type}:${target.target_id}` : '';
}

/** The `sub` of a JSON Web Token, unverified: only compared with that of another token. */
function subjectOf(token: string): string | null {
  const payload = token.split('.')[1];
  if (!payload) return null;
  try {
    const claims: unknown = JSON.parse(atob(payload.replaceAll('-', '+').replaceAll('_', '/')));
    const { sub, iss } = (claims ?? {}) as { sub?: unknown; iss?: unknown };
    return typeof sub === 'string' ? `${typeof iss === 'string' ? iss : ''}/${sub}` : null;
  } catch {
    return null;
  }
}
