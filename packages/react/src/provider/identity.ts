import type { ClientOptions, TokenSource } from '@offhook/client';

/** What a person signs in with: `login` and `password`, or a `login_token`. */
export type Credential = Pick<ClientOptions, 'login' | 'password' | 'anonymous_login' | 'debug'> & {
  /**
   * A token, or a function that fetches one. The function may be another one in each render: the newest is asked. It does not tell
   * whose tokens it fetches, so where the user can change while the component stays, give `user` too.
   */
  readonly login_token?: string | TokenSource | undefined;
  /**
   * Who signs in: any text that is another one for another user. Where it is given it alone decides whether the client is
   * replaced. It is not sent.
   */
  readonly user?: string | undefined;
};

/**
 * Whose credentials these are; '' when there are none. A change of identity needs another client; a new password or token of the
 * same identity is only a new sign-in on the one there is, which leaves its calls alone. Without `user`, token functions are all of
 * one identity: most are made anew in each render.
 */
export function identityOf({
  login,
  login_token: token,
  anonymous_login: target,
  user,
}: Credential): string {
  if (user && (login || token || target)) {
    return `user:${user}`;
  }
  if (login) {
    return `login:${login}`;
  }
  if (typeof token === 'function') {
    return 'source';
  }
  if (token) {
    return `token:${subjectOf(token) ?? token}`;
  }
  return target ? `anonymous:${target.target_type}:${target.target_id}` : '';
}

/** The `sub` of a JSON Web Token, unverified: only compared with that of another token. Null for any other token. */
export function subjectOf(token: string): string | null {
  const payload = token.split('.')[1];
  if (!payload) {
    return null;
  }
  try {
    const claims: unknown = JSON.parse(atob(payload.replaceAll('-', '+').replaceAll('_', '/')));
    const { sub, iss } = (claims ?? {}) as { sub?: unknown; iss?: unknown };
    return typeof sub === 'string' ? `${typeof iss === 'string' ? iss : ''}/${sub}` : null;
  } catch {
    return null;
  }
}
