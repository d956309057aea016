import type { BrowserContext, CDPSession, Worker } from '@playwright/test';
import type { Browser as Subscriber } from '../../packages/gateway/src/push/testing/push-service.ts';

/** A notification that a service worker shows. */
export interface Shown {
  readonly title: string;
  readonly tag: string;
}

/** How long the worker gets to show a notification. */
const SHOW_MS = 1_000;

/**
 * A browser whose push service is ours: no other can be reached from here. Its pages get our subscription, and what our push service was sent
 * is handed to the service worker by the DevTools protocol, as the browser does with a message that it has decrypted.
 */
export class SleepingBrowser {
  readonly #context: BrowserContext;
  #devtools: CDPSession | null = null;
  #registration: string | null = null;

  private constructor(context: BrowserContext) {
    this.#context = context;
  }

  static async of(
    context: BrowserContext,
    origin: string,
    subscriber: Subscriber,
  ): Promise<SleepingBrowser> {
    await context.grantPermissions(['notifications'], { origin });
    await context.addInitScript((json) => {
      let subscribed: object | null = null;
      PushManager.prototype.getSubscription = () => Promise.resolve(subscribed as never);
      PushManager.prototype.subscribe = (options) => {
        subscribed = {
          ...json,
          options: { applicationServerKey: (options?.applicationServerKey as Uint8Array).buffer },
          toJSON: () => json,
          unsubscribe: () => {
            subscribed = null;
            return Promise.resolve(true);
          },
        };
        return Promise.resolve(subscribed as never);
      };
    }, subscriber.subscription);
    return new SleepingBrowser(context);
  }

  /** Hands a message to the service worker. Its pages may all be closed. */
  async receives(origin: string, payload: unknown): Promise<void> {
    const devtools = await this.#connected();
    await this.#until(() => this.#registration !== null, 'no service worker is registered');
    await devtools.send('ServiceWorker.deliverPushMessage', {
      origin,
      registrationId: this.#registration ?? '',
      data: JSON.stringify(payload),
    });
    // To list notifications makes Chromium forget those that it has written down and does not show yet: nobody asks meanwhile.
    await new Promise((resolve) => setTimeout(resolve, SHOW_MS));
  }

  async shown(): Promise<Shown[]> {
    const worker = await this.#worker();
    return worker.evaluate(async () => {
      const { registration } = globalThis as unknown as { registration: ServiceWorkerRegistration };
      const all = await registration.getNotifications();
      return all.map(({ title, tag }) => ({ title, tag }));
    });
  }

  /**
   * Clicks a notification, and returns the address of the page that the worker opens. No window system shows notifications here, so the event is
   * made; and with a made event a worker may open no window, so the test opens it.
   */
  async click(tag: string): Promise<string> {
    const worker = await this.#worker();
    return worker.evaluate(async (of) => {
      const scope = globalThis as unknown as {
        registration: ServiceWorkerRegistration;
        clients: { openWindow: (url: string) => Promise<null> };
        NotificationEvent: new (type: string, init: object) => Event;
        dispatchEvent(event: Event): void;
      };
      const opened = new Promise<string>((resolve) => {
        scope.clients.openWindow = (url) => {
          resolve(url);
          return Promise.resolve(null);
        };
      });
      const [notification] = await scope.registration.getNotifications({ tag: of });
      const event = new scope.NotificationEvent('notificationclick', { notification });
      // Of an event that was made, `waitUntil` throws.
      Object.defineProperty(event, 'waitUntil', { value: () => undefined });
      scope.dispatchEvent(event);
      return opened;
    }, tag);
  }

  async #connected(): Promise<CDPSession> {
    if (!this.#devtools) {
      this.#devtools = await this.#context.newCDPSession(await this.#context.newPage());
      this.#devtools.on('ServiceWorker.workerRegistrationUpdated', ({ registrations }) => {
        this.#registration =
          registrations.find(({ isDeleted }) => !isDeleted)?.registrationId ?? this.#registration;
      });
      await this.#devtools.send('ServiceWorker.enable');
    }
    return this.#devtools;
  }

  async #worker(): Promise<Worker> {
    await this.#until(() => this.#context.serviceWorkers().length > 0, 'no service worker runs');
    return this.#context.serviceWorkers()[0] as Worker;
  }

  async #until(is: () => boolean, otherwise: string): Promise<void> {
    for (let tries = 0; !is(); tries += 1) {
      if (tries > 200) {
        throw new Error(otherwise);
      }
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}
