import type { AdminSessionView, AdminSignInWays, AdminSignedOut } from '@offhook/protocol';
import { chosenLanguage, storedPreferences } from '../lib/preferences.ts';
import { isRecord } from '../lib/stored.ts';
import { qualityTexts } from '../texts/quality.ts';

/** A request that the gateway refused, or that did not reach it. */
export class ApiError extends Error {
  /** 0: no answer at all. */
  readonly status: number;
  constructor(status: number, message: string) {
    super(message);
    this.name = 'ApiError';
    this.status = status;
  }
}

/** Failures are told where they happen, in the language that the page is in then. */
const texts = () => qualityTexts[chosenLanguage(storedPreferences.read())];

async function request(path: string, init: RequestInit = {}): Promise<unknown> {
  const response = await fetch(`/api${path}`, { ...init, credentials: 'same-origin' }).catch(
    (error: unknown) => {
      if (init.signal?.aborted) {
        throw error;
      }
      throw new ApiError(0, texts().unreachable);
    },
  );
  if (response.status === 204) {
    return null;
  }
  const body: unknown = await response.json().catch(() => null);
  if (response.ok) {
    return body;
  }
  const told = isRecord(body) && typeof body['message'] === 'string' ? body['message'] : null;
  throw new ApiError(response.status, told ?? texts().answered(response.status));
}

/** Asks for what a page shows. The gateway that served this page says what it is: its answers are of the types it has. */
export async function load<T>(path: string, signal: AbortSignal): Promise<T> {
  return (await request(path, { signal })) as T;
}

/** Null when nobody is signed in. */
export async function currentSession(): Promise<AdminSessionView | null> {
  try {
    return (await request('/session')) as AdminSessionView;
  } catch (error) {
    if (error instanceof ApiError && error.status === 401) {
      return null;
    }
    throw error;
  }
}

/** How administrators sign in here. */
export async function signInWays(): Promise<AdminSignInWays> {
  return (await request('/session/ways')) as AdminSignInWays;
}

/**
 * Where a sign-in by the gateway's provider begins.
 * @param returnTo the page to show then
 */
export function providerSignIn(returnTo: string): string {
  return `/oidc/start?${new URLSearchParams({ return_to: returnTo }).toString()}`;
}

export async function signIn(
  how: { readonly user: string; readonly password: string } | { readonly link: string },
): Promise<AdminSessionView> {
  return (await request('/session', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(how),
  })) as AdminSessionView;
}

/** Makes or changes what is at this path. */
export async function send<T>(
  method: 'POST' | 'PATCH',
  path: string,
  body: object,
  { csrf }: AdminSessionView,
): Promise<T> {
  return (await request(path, {
    method,
    headers: { 'content-type': 'application/json', 'x-csrf-token': csrf },
    body: JSON.stringify(body),
  })) as T;
}

/** Ends what is at this path. */
export async function remove(path: string, { csrf }: AdminSessionView): Promise<unknown> {
  return request(path, { method: 'DELETE', headers: { 'x-csrf-token': csrf } });
}

/** @returns where the provider that signed in signs out too; null when there is none */
export async function signOut(session: AdminSessionView): Promise<string | null> {
  const told = (await remove('/session', session)) as AdminSignedOut | null;
  return told?.next ?? null;
}
