import type { Browser, CDPSession, Page } from '@playwright/test';
import { rmSync } from 'node:fs';
import { chromiumPath, launch, listenable } from '../lib/browser.ts';
import { bundle } from '../lib/bundle.ts';
import { Gateway } from '../lib/gateway.ts';
import { freePort } from '../lib/ports.ts';
import { startSite } from '../lib/site.ts';
import type { Sdk, Site } from '../lib/site.ts';
import { Loopback, Namespace, ownFolder } from './network.ts';
import type { Network } from './network.ts';
import { FAIR, Relay } from './relay-client.ts';
import type { PageLike } from './seat.ts';
import { Seat } from './seat.ts';
import { Issuer } from './token.ts';

export const NEAR = { user: '1001', hz: 440 } as const;
export const FAR = { user: '1002', hz: 880 } as const;

export interface SeatOptions {
  readonly sdk?: Sdk;
  /** Client options beside host and token. */
  readonly options?: object;
  readonly shared?: boolean;
  /** A page may not play before a gesture. */
  readonly gesture?: boolean;
  readonly host?: string;
}

/** What the reference needs to stay on this machine. */
const quiet = { iceServers: [], enableCallReports: false, prefetchIceCandidates: false };
/** What our client runs with here. */
export const OURS = { keepConnectionAliveOnSocketClose: true, hangupOnBeforeUnload: false };

/**
 * One browser behind a network that can fail, a relay, a gateway, and a second browser elsewhere whose ear measures. Made once;
 * rows share it, browsers included, and each leaves it as it was.
 */
export class World {
  readonly network: Network;
  readonly relay: Relay;
  readonly site: Site;
  readonly issuer: Issuer;
  /** Why there is no namespace; undefined when there is one. */
  readonly limited: string | undefined;
  gateway: Gateway;
  readonly ports: { readonly relay: number; readonly gateway: number };
  readonly #settings: Readonly<Record<string, string>>;
  readonly #folder: string;
  readonly #browsers: Map<string, Promise<Browser>>;
  readonly #undo: (() => Promise<void> | void)[];
  readonly #seats: { seat: Seat; close: () => Promise<void> }[] = [];

  static async start(settings: Readonly<Record<string, string>> = {}): Promise<World> {
    const limited = Namespace.refusal();
    const undo: (() => Promise<void> | void)[] = [];
    try {
      const network = limited === undefined ? new Namespace() : new Loopback();
      undo.push(() => {
        network.dispose();
      });
      const site = await startSite(network.server);
      undo.push(() => site.close());
      const [relayTcp, gatewayTcp, udp] = [await freePort(), await freePort(), await freePort()];
      const relay = await Relay.start({
        listen: network.server,
        tcp: relayTcp,
        udp,
        target: '127.0.0.1',
        targetTcp: gatewayTcp,
        targetUdp: udp,
        ...(network.clients.length > 0 ? { victim: network.clients } : {}),
      });
      undo.push(() => {
        relay.stop();
      });
      const folder = ownFolder('survival');
      undo.push(() => {
        rmSync(folder, { recursive: true, force: true });
      });
      const issuer = new Issuer();
      const all = {
        ORIGINS: new URL(site.url('offhook')).origin,
        MEDIA_PUBLIC_ADDRESS: network.server,
        MEDIA_PORT_MIN: String(udp),
        MEDIA_PORT_MAX: String(udp),
        AUTH_JWT_SECRETS: issuer.secret,
        LIMITS_CONNECTS_PER_SECOND: '2000',
        LIMITS_CONNECTIONS_PER_ADDRESS: '5000',
        DRAIN_CALL_SECONDS: '3',
        DRAIN_IDLE_SECONDS: '1',
        ...settings,
      };
      const gateway = await Gateway.start({
        demoUsers: 0,
        port: gatewayTcp,
        folder,
        settings: all,
      });
      const ports = { relay: relayTcp, gateway: gatewayTcp };
      return new World({
        limited,
        network,
        relay,
        site,
        issuer,
        gateway,
        ports,
        folder,
        all,
        undo,
      });
    } catch (error) {
      for (const step of undo.reverse()) {
        await step();
      }
      throw error;
    }
  }

  private constructor(parts: {
    limited: string | undefined;
    network: Network;
    relay: Relay;
    site: Site;
    issuer: Issuer;
    gateway: Gateway;
    ports: { relay: number; gateway: number };
    folder: string;
    all: Readonly<Record<string, string>>;
    undo: (() => Promise<void> | void)[];
  }) {
    this.limited = parts.limited;
    this.network = parts.network;
    this.relay = parts.relay;
    this.site = parts.site;
    this.issuer = parts.issuer;
    this.gateway = parts.gateway;
    this.ports = parts.ports;
    this.#folder = parts.folder;
    this.#settings = parts.all;
    this.#undo = parts.undo;
    this.#browsers = new Map();
  }

  /** Through the relay. */
  get nearHost(): string {
    return `ws://${this.network.server}:${String(this.ports.relay)}`;
  }

  /** Past the relay. */
  get farHost(): string {
    return `ws://127.0.0.1:${String(this.ports.gateway)}`;
  }

  /** Another gateway of the same users; the caller's to stop. */
  startGateway(settings: Readonly<Record<string, string>>, port?: number): Promise<Gateway> {
    const all = { ...this.#settings, ...settings };
    return Gateway.start({ demoUsers: 0, settings: all, ...(port === undefined ? {} : { port }) });
  }

  /** The gateway again, after it ended, at its old place. */
  async restartGateway(): Promise<void> {
    const { gateway: port } = this.ports;
    const [folder, settings] = [this.#folder, this.#settings];
    this.gateway = await Gateway.start({ demoUsers: 0, port, folder, settings });
  }

  /** Somebody behind the network that fails. */
  near(options: SeatOptions = {}): Promise<Seat> {
    return this.seat(NEAR, true, options);
  }

  /** Somebody whom no fault reaches. */
  far(options: SeatOptions = {}): Promise<Seat> {
    return this.seat(FAR, false, options);
  }

  async seat(
    { user, hz }: { readonly user: string; readonly hz: number },
    behind: boolean,
    { sdk = 'offhook', options = {}, shared = true, gesture = false, host }: SeatOptions = {},
  ): Promise<Seat> {
    const browser = await this.#browser(hz, behind, gesture);
    // A gateway of a test that speaks TLS has a certificate that nobody knows.
    const ignoreHTTPSErrors = host?.startsWith('wss:') === true;
    const context = await listenable(browser, { ignoreHTTPSErrors });
    await context.addInitScript({ content: await bundle('pages/survival.ts') });
    const page = await context.newPage();
    const where = behind ? this.nearHost : this.farHost;
    const untouched = gesture ? await context.newCDPSession(page) : undefined;
    const seat = new Seat(user, hz, new ChromiumPage(page, untouched), () => host ?? where);
    this.#seats.push({ seat, close: () => context.close() });
    await page.goto(this.site.url(sdk));
    const base = sdk === 'reference' ? { ...quiet, hangupOnBeforeUnload: false } : OURS;
    await seat.signIn({ ...base, login_token: this.issuer.token(user), ...options }, shared);
    return seat;
  }

  /** A seat that somebody else made: the world closes it. */
  adopt(seat: Seat, close: () => Promise<void>): void {
    this.#seats.push({ seat, close });
  }

  /** Ends the calls and the pages of a row, and mends the network. */
  async tidy(): Promise<void> {
    for (const { close } of this.#seats.splice(0)) {
      await close().catch(() => undefined);
    }
    await this.relay.shape(FAIR);
    await this.relay.hold(false, true);
    if (this.gateway.exited) {
      await this.restartGateway();
    }
  }

  async stop(): Promise<void> {
    await this.tidy().catch(() => undefined);
    for (const browser of this.#browsers.values()) {
      await (await browser).close().catch(() => undefined);
    }
    await this.gateway.stop();
    for (const step of this.#undo.splice(0).reverse()) {
      await step();
    }
  }

  #browser(hz: number, behind: boolean, gesture: boolean): Promise<Browser> {
    const key = [hz, behind, gesture].join(' ');
    const known = this.#browsers.get(key);
    if (known) {
      return known;
    }
    const path = behind ? this.network.executable(chromiumPath) : chromiumPath;
    const origin = new URL(this.site.url('offhook')).origin;
    const browser = launch(hz, path, 'grant', {
      trusted: origin,
      autoplay: !gesture,
    });
    this.#browsers.set(key, browser);
    return browser;
  }
}

class ChromiumPage implements PageLike {
  readonly page: Page;
  readonly #untouched: CDPSession | undefined;

  /** @param untouched for a page that nobody is to touch: Playwright's own way to evaluate counts as a gesture */
  constructor(page: Page, untouched?: CDPSession) {
    this.page = page;
    this.#untouched = untouched;
  }

  async evaluate<T>(expression: string): Promise<T> {
    if (!this.#untouched) {
      return this.page.evaluate(expression);
    }
    const { result, exceptionDetails } = await this.#untouched.send('Runtime.evaluate', {
      expression,
      awaitPromise: true,
      returnByValue: true,
      userGesture: false,
    });
    if (exceptionDetails) {
      throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text);
    }
    return result.value as T;
  }

  async goto(url: string): Promise<void> {
    await this.page.goto(url);
  }

  async reload(): Promise<void> {
    await this.page.reload();
  }

  async close(): Promise<void> {
    await this.page.close();
  }

  async gesture(): Promise<void> {
    await this.page.mouse.click(5, 5);
  }
}
