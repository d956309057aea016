import { parsePush, type PushPayload } from '@offhook/protocol';
import { inLanguage } from '../languages.ts';
import { leaveCall, readSetup, writeSetup, type SubscriptionJson } from './mailbox.ts';
import { CALL_IN_HASH, type Question } from './messages.ts';
import { surroundings } from './surroundings.ts';

export interface PushTexts {
  /** Title while it rings. `{who}` is who calls. */
  readonly ring: string;
  readonly ringBody: string;
  readonly missed: string;
  readonly missedBody: string;
  /** The call was answered or refused on another device. */
  readonly over: string;
  /** Who calls without a name and a number. */
  readonly unknown: string;
}

export interface PushWorkerOptions {
  /** The page that is opened for a call, on the worker's own origin; default `/`. */
  readonly page?: string;
  /** A picture for notifications. */
  readonly icon?: string;
  /** Default: English or German, by the browser's language. */
  readonly texts?: Partial<PushTexts>;
}

const TEXTS = {
  en: {
    ring: 'Call from {who}',
    ringBody: 'Click to open the phone',
    missed: 'Missed call from {who}',
    missedBody: '',
    over: 'The call was taken elsewhere',
    unknown: 'unknown number',
  },
  de: {
    ring: 'Anruf von {who}',
    ringBody: 'Klicken, um das Telefon zu öffnen',
    missed: 'Verpasster Anruf von {who}',
    missedBody: '',
    over: 'Der Anruf wurde woanders angenommen',
    unknown: 'unbekannter Nummer',
  },
} as const satisfies Record<string, PushTexts>;

/** How long a page may take to say that calls ring there. */
const ANSWER_MS = 500;
/** How long the notification of a call that is over stays: some browsers want to see one for each message. */
const OVER_MS = 1500;

/** The parts of a `ServiceWorkerGlobalScope` that are used; TypeScript's library for pages does not have it. */
export interface PushWorkerScope {
  readonly registration: ServiceWorkerRegistration;
  readonly location: { readonly href: string };
  readonly navigator: { readonly language: string };
  readonly clients: {
    matchAll(options: { type: 'window'; includeUncontrolled: true }): Promise<readonly Page[]>;
    openWindow(url: string): Promise<unknown>;
  };
  addEventListener(type: string, listener: (event: never) => void): void;
}

interface Page {
  readonly url: string;
  readonly visibilityState: DocumentVisibilityState;
  postMessage(message: Question, transfer?: Transferable[]): void;
  focus(): Promise<unknown>;
}

interface Extendable {
  waitUntil(work: Promise<unknown>): void;
}

interface PushEvent extends Extendable {
  readonly data: { text(): string } | null;
}

interface ClickEvent extends Extendable {
  readonly notification: Notification;
}

interface ChangeEvent extends Extendable {
  readonly oldSubscription: PushSubscription | null;
  readonly newSubscription?: PushSubscription | null;
}

/** What a notification carries until it is clicked. */
interface Carried {
  readonly offhook: PushPayload['type'];
  readonly call: string;
  readonly token?: string | undefined;
}

/**
 * Shows calls as notifications while no page that rings is looked at, opens a page when one is clicked, and keeps the subscription when the
 * browser changes it. Messages of others are left to others. Call it while the script of a service worker runs for the first time.
 */
export function handlePush(scope: PushWorkerScope, options: PushWorkerOptions = {}): void {
  const worker = new PushWorker(scope, options);
  scope.addEventListener('push', (event: PushEvent) => {
    const payload = event.data && parsePush(event.data.text());
    if (payload) {
      event.waitUntil(worker.show(payload));
    }
  });
  scope.addEventListener('notificationclick', (event: ClickEvent) => {
    const { notification } = event;
    const carried: unknown = notification.data;
    if (isCarried(carried)) {
      notification.close();
      event.waitUntil(worker.open(carried));
    }
  });
  scope.addEventListener('pushsubscriptionchange', (event: ChangeEvent) => {
    event.waitUntil(worker.exchange(event));
  });
}

class PushWorker {
  readonly #scope: PushWorkerScope;
  readonly #page: string;
  readonly #icon: string | undefined;
  readonly #texts: PushTexts;

  constructor(scope: PushWorkerScope, { page = '/', icon, texts }: PushWorkerOptions) {
    this.#scope = scope;
    this.#page = new URL(page, scope.location.href).href;
    this.#icon = icon;
    this.#texts = {
      ...(inLanguage<PushTexts>(TEXTS, [scope.navigator.language]) ?? TEXTS.en),
      ...texts,
    };
  }

  async show(payload: PushPayload): Promise<void> {
    const { type, call, token } = payload;
    const { ring, ringBody, missed, missedBody, over, unknown } = this.#texts;
    const named = (text: string): string =>
      // By a function: in a text `$&` and its like would mean something.
      text.replace('{who}', () => payload.name || payload.number || unknown);
    const carried: Carried = { offhook: type, call, token };
    switch (type) {
      case 'ring':
        if (!(await this.#isRingingInSight())) {
          await this.#notify(named(ring), ringBody, carried, true);
        }
        return;
      case 'missed':
        await this.#notify(named(missed), missedBody, carried, false);
        return;
      case 'over': {
        const shown = await this.#shown(call);
        if (shown.length > 0) {
          await this.#notify(over, '', carried, false);
          await new Promise<void>((resolve) => surroundings.later(resolve, OVER_MS));
        }
        for (const notification of await this.#shown(call)) {
          notification.close();
        }
        return;
      }
    }
  }

  /** Brings a page to the front, or opens one, and leaves it what it needs for the call. */
  async open({ offhook, call, token }: Carried): Promise<void> {
    const setup = await readSetup();
    const rings = offhook === 'ring' && setup !== null;
    if (rings) {
      await leaveCall({
        id: call,
        gateway: setup.gateway,
        ...(token === undefined ? {} : { token }),
      });
    }
    const pages = await this.#pages();
    const page = pages.find(({ visibilityState }) => visibilityState === 'visible') ?? pages[0];
    if (page) {
      await page.focus().catch(() => undefined);
      if (rings) {
        page.postMessage({ offhook: 'opened', call });
      }
      return;
    }
    const url = new URL(this.#page);
    if (rings) {
      url.hash = new URLSearchParams({ [CALL_IN_HASH]: call }).toString();
    }
    await this.#scope.clients.openWindow(url.href);
  }

  /** The browser gave the subscription up, and perhaps made another one. */
  async exchange({ oldSubscription, newSubscription }: ChangeEvent): Promise<void> {
    const setup = await readSetup();
    if (!setup) {
      return;
    }
    const options = oldSubscription?.options;
    const next =
      newSubscription ??
      (options &&
        (await this.#scope.registration.pushManager.subscribe({
          userVisibleOnly: true,
          applicationServerKey: options.applicationServerKey,
        })));
    if (!next) {
      return;
    }
    const { endpoint = '', keys = {} } = next.toJSON();
    const subscription: SubscriptionJson = { endpoint, keys };
    const response = await surroundings.fetch(`${setup.gateway}/push/device`, {
      method: 'PUT',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ former: setup.subscription, subscription }),
    });
    if (response.ok) {
      await writeSetup({ ...setup, subscription });
    }
  }

  async #notify(title: string, body: string, data: Carried, rings: boolean): Promise<void> {
    // TypeScript's library lacks members that browsers have.
    const options: Record<string, unknown> = {
      body,
      data,
      // The next word on the same call takes the place of the last.
      tag: data.call,
      renotify: rings,
      requireInteraction: rings,
      silent: !rings,
      ...(rings ? { vibrate: [400, 200, 400, 200, 400] } : {}),
      ...(this.#icon === undefined ? {} : { icon: this.#icon }),
    };
    await this.#scope.registration.showNotification(title, options);
  }

  #shown(call: string): Promise<Notification[]> {
    return this.#scope.registration.getNotifications({ tag: call });
  }

  /** Pages of the phone: others of this origin know nothing of calls. */
  async #pages(): Promise<readonly Page[]> {
    const all = await this.#scope.clients.matchAll({ type: 'window', includeUncontrolled: true });
    const { origin, pathname } = new URL(this.#page);
    return all.filter(({ url }) => {
      const its = new URL(url);
      return its.origin === origin && its.pathname === pathname;
    });
  }

  /** Somebody looks at a page on which the call rings. */
  async #isRingingInSight(): Promise<boolean> {
    const pages = await this.#pages();
    const answers = pages
      .filter(({ visibilityState }) => visibilityState === 'visible')
      .map(asksWhetherItRings);
    return (await Promise.all(answers)).includes(true);
  }
}

function asksWhetherItRings(page: Page): Promise<boolean> {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    const cancel = surroundings.later(() => resolve(false), ANSWER_MS);
    port1.onmessage = ({ data }) => {
      cancel();
      port1.close();
      resolve(data === true);
    };
    page.postMessage({ offhook: 'rings' }, [port2]);
  });
}

function isCarried(data: unknown): data is Carried {
  return (
    typeof data === 'object' &&
    data !== null &&
    'offhook' in data &&
    'call' in data &&
    typeof data.call === 'string'
  );
}
