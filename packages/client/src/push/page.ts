import {
  forgetSetup,
  readSetup,
  takeCall,
  writeSetup,
  type OpenedCall,
  type SubscriptionJson,
} from './mailbox.ts';
import { CALL_IN_HASH, isQuestion } from './messages.ts';
import { surroundings } from './surroundings.ts';

/** What the gateway is signed in to with, as in the options of `TelnyxRTC`. */
export type PushCredential =
  { readonly login: string; readonly password: string } | { readonly login_token: string };

export interface EnablePushOptions {
  /** Of the gateway, as in the options of `TelnyxRTC`: `wss://host`, `https://host`, or a host alone. */
  readonly host: string;
  readonly credential: PushCredential;
  /** Whose calls: where several people use one browser, {@link renewPush} leaves it to who had it switched on. */
  readonly user?: string;
  /** Where the service worker's script is; default `/push-worker.js`. It must be on the page's own origin. */
  readonly worker?: string;
}

/**
 * `unsupported`: this browser, or a page without https, cannot. `denied`: the person has forbidden notifications, and only the browser's
 * settings change that. `off`: it may be asked for. `on`: this browser is woken.
 */
export type PushState = 'unsupported' | 'denied' | 'off' | 'on';

export type PushErrorCode =
  /** See {@link PushState}. */
  | 'unsupported'
  | 'denied'
  /** The gateway wakes no browsers. */
  | 'gateway_off'
  /** The gateway did not take the browser, or the credential. */
  | 'refused'
  /** The gateway cannot be reached. */
  | 'unreachable'
  /** The browser's push service gave no subscription. */
  | 'no_subscription';

/** Why this browser is not woken. */
export class PushError extends Error {
  readonly code: PushErrorCode;

  constructor(code: PushErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'PushError';
    this.code = code;
  }
}

/**
 * Whether this browser is woken for calls. Asks the person nothing.
 * @param user whose; default: anybody's
 */
export async function pushState(user?: string): Promise<PushState> {
  if (!isSupported()) {
    return 'unsupported';
  }
  if (Notification.permission === 'denied') {
    return 'denied';
  }
  const setup = Notification.permission === 'granted' ? await readSetup() : null;
  return setup && (user === undefined || setup.user === user) ? 'on' : 'off';
}

/**
 * Has this browser woken for calls to whoever signs in with the credential. Call it from a click: the browser asks the person whether it may
 * show notifications, and pages that ask when they load are refused by most people and by some browsers.
 * @throws {PushError}
 */
export async function enablePush(options: EnablePushOptions): Promise<void> {
  if (!isSupported()) {
    throw new PushError('unsupported', 'This browser cannot be woken for calls');
  }
  if ((await Notification.requestPermission()) !== 'granted') {
    throw new PushError('denied', 'The browser may show no notifications of this page');
  }
  await signUp(options);
}

/**
 * Tells the gateway again that this browser is to be woken, where it is: after each sign-in, since a gateway forgets a browser that nobody
 * signed in with for 30 days. Does nothing where push is not on, or is for another gateway.
 * @throws {PushError}
 */
export async function renewPush(options: EnablePushOptions): Promise<void> {
  const isOn = (await pushState(options.user)) === 'on';
  if (isOn && (await readSetup())?.gateway === httpOf(options.host)) {
    await signUp(options);
  }
}

/** This browser is woken no more: for a sign-out, and when the person switches it off. Never rejects; without the gateway it is forgotten here. */
export async function disablePush(): Promise<void> {
  if (!isSupported()) {
    return;
  }
  const setup = await readSetup().catch(() => null);
  if (!setup) {
    return;
  }
  await forgetSetup().catch(() => undefined);
  const told = send(setup.gateway, 'DELETE', { subscription: setup.subscription });
  const registration = await container()
    .getRegistration()
    .catch(() => undefined);
  const subscription = await registration?.pushManager.getSubscription().catch(() => null);
  await Promise.allSettled([told, subscription?.unsubscribe()]);
}

/**
 * The call for which this page was opened from a notification; null: it was not, or the call was taken up already. Sign in with its token, and
 * the call rings here.
 */
export async function openedCall(
  address: Pick<Location, 'hash'> = location,
): Promise<OpenedCall | null> {
  const id = new URLSearchParams(address.hash.slice(1)).get(CALL_IN_HASH);
  if (id === null || typeof caches !== 'object') {
    return null;
  }
  return takeCall(id).catch(() => null);
}

export interface WorkerAsks {
  /** Whether calls ring on this page, so that no notification is needed while somebody looks at it. */
  readonly rings: () => boolean;
  /** The person clicked a notification while this page was open, which was brought to the front. */
  readonly opened: (call: OpenedCall) => void;
}

/** Answers the service worker. Returns its undo. */
export function onWorkerAsks(asks: WorkerAsks): () => void {
  if (!isSupported()) {
    return () => undefined;
  }
  const serviceWorker = container();
  const onMessage = (event: MessageEvent<unknown>): void => {
    const { data, ports } = event;
    if (!isQuestion(data)) {
      return;
    }
    if (data.offhook === 'rings') {
      ports[0]?.postMessage(asks.rings());
      return;
    }
    void takeCall(data.call).then(
      (call) => {
        if (call) {
          asks.opened(call);
        }
      },
      () => undefined,
    );
  };
  serviceWorker.addEventListener('message', onMessage);
  serviceWorker.startMessages();
  return () => {
    serviceWorker.removeEventListener('message', onMessage);
  };
}

function isSupported(): boolean {
  return (
    surroundings.serviceWorker !== undefined &&
    'PushManager' in globalThis &&
    'Notification' in globalThis &&
    'caches' in globalThis
  );
}

async function signUp({ host, credential, user, worker }: EnablePushOptions): Promise<void> {
  const gateway = httpOf(host);
  const [registration, key] = await Promise.all([
    container().register(worker ?? '/push-worker.js'),
    keyOf(gateway),
  ]);
  const subscription = await subscribe(registration, key);
  await post(gateway, credential, subscription);
  await writeSetup({ gateway, subscription, ...(user === undefined ? {} : { user }) });
}

function container(): ServiceWorkerContainer {
  const { serviceWorker } = surroundings;
  if (!serviceWorker) {
    throw new PushError('unsupported', 'This browser cannot be woken for calls');
  }
  return serviceWorker;
}

function httpOf(host: string): string {
  const full = /^[a-z]+:\/\//i.test(host) ? host : `https://${host}`;
  const url = new URL(full.replace(/^ws/i, 'http'));
  return url.origin;
}

async function keyOf(gateway: string): Promise<string> {
  let key: unknown;
  try {
    const response = await surroundings.fetch(`${gateway}/push/key`);
    ({ key } = (await response.json()) as { key?: unknown });
  } catch (error) {
    throw new PushError('unreachable', 'The gateway cannot be reached', { cause: error });
  }
  if (typeof key !== 'string') {
    throw new PushError('gateway_off', 'This gateway wakes no browsers');
  }
  return key;
}

async function subscribe(
  registration: ServiceWorkerRegistration,
  key: string,
): Promise<SubscriptionJson> {
  const ask = {
    userVisibleOnly: true,
    applicationServerKey: bytesOf(key),
  };
  try {
    const { pushManager } = await ready(registration);
    const known = await pushManager.getSubscription();
    // One for another key, of another gateway, is in the way.
    if (known && !isFor(known, ask.applicationServerKey)) {
      await known.unsubscribe();
    }
    const { endpoint, keys = {} } = (await pushManager.subscribe(ask)).toJSON();
    return { endpoint: endpoint ?? '', keys };
  } catch (error) {
    const message = `The browser's push service gave no subscription: ${error instanceof Error ? error.message : String(error)}`;
    throw new PushError('no_subscription', message, { cause: error });
  }
}

/** A worker that is just being installed can subscribe to nothing. */
async function ready(registration: ServiceWorkerRegistration): Promise<ServiceWorkerRegistration> {
  const worker = registration.installing ?? registration.waiting;
  if (!registration.active && worker) {
    await new Promise<void>((resolve, reject) => {
      worker.addEventListener('statechange', () => {
        if (worker.state === 'activated') {
          resolve();
        } else if (worker.state === 'redundant') {
          reject(new Error('the service worker could not be installed'));
        }
      });
    });
  }
  return registration;
}

function isFor({ options }: PushSubscription, key: Uint8Array): boolean {
  const given = options.applicationServerKey;
  return given !== null && String(new Uint8Array(given)) === String(key);
}

function bytesOf(base64url: string): Uint8Array<ArrayBuffer> {
  const text = atob(base64url.replaceAll('-', '+').replaceAll('_', '/'));
  return Uint8Array.from(text, (char) => char.charCodeAt(0));
}

async function post(
  gateway: string,
  credential: PushCredential,
  subscription: SubscriptionJson,
): Promise<void> {
  const who =
    'login' in credential
      ? { login: credential.login, passwd: credential.password }
      : { login_token: credential.login_token };
  const refusal = await send(gateway, 'POST', { ...who, subscription });
  if (refusal !== null) {
    throw new PushError('refused', refusal);
  }
}

/** Null, or why the gateway refused. @throws {PushError} */
async function send(gateway: string, method: string, body: unknown): Promise<string | null> {
  let response: Response;
  try {
    response = await surroundings.fetch(`${gateway}/push/device`, {
      method,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
      // A sign-out is often followed by the end of the page.
      keepalive: true,
    });
  } catch (error) {
    throw new PushError('unreachable', 'The gateway cannot be reached', { cause: error });
  }
  if (response.ok) {
    return null;
  }
  const answer = (await response.json().catch(() => ({}))) as { message?: unknown };
  return typeof answer.message === 'string' ? answer.message : `HTTP ${response.status}`;
}
