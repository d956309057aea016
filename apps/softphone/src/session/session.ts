import type { Credential } from '@offhook/react';
import { isRecord, stored } from '../lib/stored.ts';
import { phoneTexts, type PhoneTexts } from '../texts/phone.ts';
import { fetchDemoToken } from './demo.ts';

/** How somebody signed in. */
export type Session =
  | {
      readonly kind: 'demo';
      readonly gateway: string;
      readonly user: string;
      readonly token: string;
    }
  | { readonly kind: 'token'; readonly gateway: string; readonly token: string }
  | {
      readonly kind: 'password';
      readonly gateway: string;
      readonly login: string;
      readonly password: string;
    };

function parseSession(found: unknown): Session | null {
  if (!isRecord(found)) {
    return null;
  }
  const { kind, gateway, token, user } = found;
  if (typeof gateway !== 'string' || typeof token !== 'string') {
    return null;
  }
  if (kind === 'demo' && typeof user === 'string') {
    return { kind, gateway, user, token };
  }
  return kind === 'token' ? { kind, gateway, token } : null;
}

/** Per tab, so that two tabs can be two people. */
const storage = stored(() => sessionStorage, 'offhook.session', parseSession);

/** Who was signed in before the page was loaded again. Passwords are never kept. */
export function restoreSession(): Session | null {
  return storage.read();
}

export function saveSession(session: Session): void {
  if (session.kind === 'password') {
    storage.clear();
  } else {
    storage.write(session);
  }
}

export function forgetSession(): void {
  storage.clear();
}

/** The name to show. */
export function identityOf(session: Session, { signIn }: PhoneTexts): string {
  return userOf(session) ?? signIn.someone;
}

/** Who it is, as far as that can be read; null: a token that does not say. */
export function userOf(session: Session): string | null {
  switch (session.kind) {
    case 'demo':
      return session.user;
    case 'password':
      return session.login;
    case 'token':
      return claimsOf(session.token).subject;
  }
}

/** The SDK asks 120 s before a token ends. */
const RENEW_MS = 130_000;

/**
 * What the SDK signs in with. A demo session brings a new token each time after the first, so that it lasts longer than a
 * token, and also over a restart of the demo, which knows none of the old ones.
 */
export function toCredential(
  session: Session,
  renewed: (session: Session) => void,
  now: () => number = Date.now,
): Credential {
  switch (session.kind) {
    case 'password':
      return { login: session.login, password: session.password };
    case 'token':
      return { login_token: session.token };
    case 'demo': {
      let { token } = session;
      let used = false;
      const lasts = (ms: number) => (claimsOf(token).expiresAt ?? 0) - now() > ms;
      return {
        // A token function does not tell whose tokens it fetches.
        user: session.user,
        login_token: async () => {
          if (used || !lasts(RENEW_MS)) {
            try {
              // What fails here is for the log.
              token = await fetchDemoToken(session.user, phoneTexts.en.signIn);
              renewed({ ...session, token });
            } catch (error) {
              if (!lasts(0)) {
                throw error;
              }
            }
          }
          used = true;
          return token;
        },
      };
    }
  }
}

/** Read without verifying: only to show a name and to know when to ask for another. */
function claimsOf(token: string): { subject: string | null; expiresAt: number | null } {
  try {
    const part = token.split('.')[1] ?? '';
    const claims: unknown = JSON.parse(atob(part.replaceAll('-', '+').replaceAll('_', '/')));
    if (!isRecord(claims)) {
      return { subject: null, expiresAt: null };
    }
    const { sub, exp } = claims;
    return {
      subject: typeof sub === 'string' ? sub : null,
      expiresAt: typeof exp === 'number' ? exp * 1000 : null,
    };
  } catch {
    return { subject: null, expiresAt: null };
  }
}
