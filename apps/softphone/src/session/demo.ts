import { isRecord } from '../lib/stored.ts';
import type { PhoneTexts } from '../texts/phone.ts';

/** The users that may sign in with one click; null when the gateway runs no demo. */
export async function fetchDemoUsers(signal: AbortSignal): Promise<readonly string[] | null> {
  const response = await fetch('/demo/info', { signal });
  const json = response.headers.get('content-type')?.includes('json');
  if (!response.ok || !json) {
    return null;
  }
  const body: unknown = await response.json();
  if (!isRecord(body) || !Array.isArray(body['users'])) {
    return null;
  }
  return body['users'].filter((user) => typeof user === 'string');
}

/** A login token of ten minutes. Rejects with a sentence for the person. */
export async function fetchDemoToken(
  user: string,
  texts: Pick<PhoneTexts['signIn'], 'demoUnreachable' | 'demoRefused'>,
): Promise<string> {
  const response = await fetch('/demo/session', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ user }),
  }).catch(() => {
    throw new Error(texts.demoUnreachable);
  });
  const body: unknown = await response.json().catch(() => null);
  if (response.ok && isRecord(body) && typeof body['login_token'] === 'string') {
    return body['login_token'];
  }
  const reason = isRecord(body) && typeof body['message'] === 'string' ? body['message'] : '';
  throw new Error(texts.demoRefused(response.status, reason));
}
