import { ECDH } from 'node:crypto';
import * as v from 'valibot';
import { hostOf, isInsideHost } from '../public-hosts.ts';

/** What a page's `PushSubscription` is as JSON. Browsers add members of their own. */
export const SubscriptionSchema = v.object({
  endpoint: v.pipe(v.string(), v.maxLength(2048)),
  keys: v.object({
    p256dh: v.pipe(v.string(), v.maxLength(128)),
    auth: v.pipe(v.string(), v.maxLength(64)),
  }),
});

/** Where the messages of one browser go, and the keys that they are encrypted with (RFC 8291). */
export interface Subscription {
  readonly endpoint: string;
  /** base64url */
  readonly p256dh: string;
  readonly auth: string;
}

/** What a page gave, as it is kept. */
export function subscriptionOf({
  endpoint,
  keys: { p256dh, auth },
}: v.InferOutput<typeof SubscriptionSchema>): Subscription {
  return { endpoint, p256dh, auth };
}

/**
 * Why nothing can be sent there, or null. A page names the address that we post to: it must lead to no service inside.
 * @param hosts push services that may be inside all the same
 */
export function subscriptionProblem(
  { endpoint, p256dh, auth }: Subscription,
  hosts: readonly string[],
): string | null {
  const url = URL.parse(endpoint);
  if (url?.protocol !== 'https:' || url.username !== '' || url.password !== '') {
    return 'the endpoint must be an https address';
  }
  const host = hostOf(url);
  if (!hosts.includes(host)) {
    if (isInsideHost(host)) {
      return `${host} is on this machine or in a private network; the operator may allow it in push.hosts`;
    }
    if (url.port !== '') {
      return 'the endpoint must be at the usual port';
    }
  }
  if (Buffer.from(auth, 'base64url').length !== 16) {
    return 'keys.auth must be 16 bytes';
  }
  return isPoint(p256dh) ? null : 'keys.p256dh must be a point of P-256';
}

function isPoint(text: string): boolean {
  const bytes = Buffer.from(text, 'base64url');
  try {
    ECDH.convertKey(bytes, 'prime256v1');
    return bytes.length === 65;
  } catch {
    return false;
  }
}
