import type { ClientOptions, TokenSource } from '@offhook/client';

/** What a person signs in with: `login` and `password`, or a `login_token`. */
export type Credential = Pick<ClientOptions, 'login' | 'password' | 'anonymous_login' | 'debug'> & {
  /**
   * A token, or a function that fetches one. The function has to be the same in each render as long as the user is the same
   * (`useCallback`, or outside the component): another function is another user, so it gets another client.
   */
  readonly login_token?: string | TokenSource | undefined;
};

/** A function that fetches tokens tells nothing of whose they are, so each function is an identity of its own. */
const sources = new WeakMap<object, number>();
let sourceCount = 0;

function numberOf(source: object): number {
  const known = sources.get(source) ?? (sourceCount += 1);
  sources.set(source, known);
  return known;
}

/**
 * Whose credentials these are. A change of identity needs another client; a new password or token of the same identity
 * is only a new sign-in on the one there is, which leaves its calls alone. A token function is known by its reference.
 */
export function identityOf({
  login,
  login_token: token,
  anonymous_login: target,
}: Credential): string {
  if (login) {
    return `login:${login}`;
  }
  if (typeof token === 'function') {
    return `source:${String(numberOf(token))}`;
  }
  if (token) {
    return `token:${subjectOf(token) ?? token}`;
  }
  return target ? `anonymous:${target.target_type}:${target.target_id}` : '';
}

/** The `sub` of a JSON Web Token, unverified: only compared with that of another token. */
function subjectOf(token: string): string | null {
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
