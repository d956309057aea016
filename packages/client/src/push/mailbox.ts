/**
 * What a page and its service worker leave for each other, in the origin's Cache Storage: both may read it, it outlives them, and a token in it
 * is in no address and no history.
 */
const CACHE = 'offhook-push';
/** Addresses in it; nothing is ever asked for there. */
const SETUP = '/offhook-push/setup';
const callAt = (call: string): string => `/offhook-push/calls/${encodeURIComponent(call)}`;
/** A call that was not taken up by then is over. */
const CALL_MS = 5 * 60_000;

/** A `PushSubscription` as JSON: where its messages go, and what they are encrypted with. */
export interface SubscriptionJson {
  readonly endpoint: string;
  readonly keys: Readonly<Record<string, string>>;
}

/** What the service worker must know. */
export interface PushSetup {
  /** `https://host` of the gateway. */
  readonly gateway: string;
  /** Whose calls, where the application said so. */
  readonly user?: string;
  readonly subscription: SubscriptionJson;
}

/** A call for which a page was opened from a notification. */
export interface OpenedCall {
  /** Its `telnyxSessionId`. */
  readonly id: string;
  /** `https://host` of the gateway that it comes from. */
  readonly gateway: string;
  /** Signs in to take it, with `login_token`. Absent where the gateway signs no tokens for this user: sign in as usual. */
  readonly token?: string;
}

export async function readSetup(): Promise<PushSetup | null> {
  return ((await read(SETUP))?.value as PushSetup | undefined) ?? null;
}

export function writeSetup(setup: PushSetup): Promise<void> {
  return write(SETUP, setup);
}

export async function forgetSetup(): Promise<void> {
  await caches.delete(CACHE);
}

export function leaveCall(call: OpenedCall): Promise<void> {
  return write(callAt(call.id), call);
}

/** Once: who takes it has it. */
export async function takeCall(id: string): Promise<OpenedCall | null> {
  const found = await read(callAt(id));
  if (found) {
    await (await caches.open(CACHE)).delete(callAt(id));
  }
  return found && Date.now() - found.at < CALL_MS ? (found.value as OpenedCall) : null;
}

/** As it was written; nobody else writes there. */
interface Left {
  readonly at: number;
  readonly value: unknown;
}

async function write(address: string, value: unknown): Promise<void> {
  const cache = await caches.open(CACHE);
  await cache.put(address, new Response(JSON.stringify({ at: Date.now(), value })));
}

async function read(address: string): Promise<Left | null> {
  const cache = await caches.open(CACHE);
  const found = await cache.match(address);
  try {
    return found ? ((await found.json()) as Left) : null;
  } catch {
    return null;
  }
}
