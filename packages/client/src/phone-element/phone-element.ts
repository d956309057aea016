import type { Call, ClientOptions, Platform, TelnyxRTC, TokenSource } from '../index.ts';
import { PhoneController } from './controller.ts';
import type {
  ChosenDevices,
  Ending,
  PhoneCallStatus,
  PhoneProblem,
  PhoneState,
  PhoneStatus,
} from './phone-state.ts';
import { setupOf } from './setup.ts';
import { STYLES } from './styles.ts';
import { phoneLanguage, phoneTexts, type OwnPhoneTexts, type PhoneTexts } from './texts.ts';
import { PhoneView } from './view.ts';

/** What the element tells: event name → `detail`. All bubble, and pass shadow roots. */
export interface PhoneElementEvents {
  /** The way to the gateway changed. */
  'offhook-status': { readonly status: PhoneStatus };
  /** A call began, or has another status; `ending` says how it ended. */
  'offhook-call': {
    readonly status: PhoneCallStatus;
    readonly direction: 'inbound' | 'outbound';
    readonly name: string;
    readonly number: string;
    readonly ending: Ending | null;
    readonly call: Call;
  };
  /** Something went wrong, also with the attributes; the element shows it in words. */
  'offhook-problem': PhoneProblem;
  /** The person chose devices: keep them, and give them back by `devices`. */
  'offhook-devices': ChosenDevices;
}

/** What the element is made with. The entry gives the page's own; tests give fakes. */
export interface PhoneParts {
  readonly platform: () => Platform;
  readonly createClient: (options: ClientOptions) => TelnyxRTC;
}

/** On a server there are no elements; the import does nothing there. */
const Base = (globalThis as { HTMLElement?: typeof HTMLElement }).HTMLElement ?? (Object as never);

/** Attributes that the client is made of: another one makes another client. */
const SIGN_IN = ['host', 'login', 'password', 'login-token', 'token-url'];

/** Properties that a page may have set before this code was there. */
const PROPERTIES = ['loginToken', 'clientOptions', 'client', 'texts', 'devices'] as const;

let sheet: CSSStyleSheet | undefined;

/**
 * `<offhook-phone host="wss://phone.example.com" token-url="/phone-token">`: a phone on a page.
 *
 * Attributes: `host` (default: the page's own), the sign-in (`login` and `password`, or `login-token`, or `token-url`), `destination` (one button
 * that calls there and signs in for it), `destination-name`, `caller-name`, `label` (heading), `lang`, `theme` (`light`, `dark`; default: the page's).
 */
export abstract class PhoneElement extends Base {
  static readonly observedAttributes = [
    ...SIGN_IN,
    ...['destination', 'destination-name', 'caller-name', 'label', 'lang', 'theme'],
  ];

  readonly #parts: PhoneParts;
  readonly #platform: Platform;
  readonly #controller: PhoneController;
  #loginToken: string | TokenSource | undefined;
  #clientOptions: Partial<ClientOptions> | undefined;
  #given: TelnyxRTC | null = null;
  #ownTexts: OwnPhoneTexts | undefined;
  #texts: PhoneTexts | undefined;
  #language = '';
  #view: PhoneView | undefined;
  #undo: (() => void)[] = [];
  /** The client has to be made anew, as soon as no call is up. */
  #stale = false;
  /** A call is under way to the client. */
  #dialling = false;
  #planned = false;

  protected constructor(parts: PhoneParts) {
    super();
    this.#parts = parts;
    this.#platform = parts.platform();
    this.#controller = new PhoneController(this.#platform);
  }

  /** JSON Web Token, or a function that fetches one; goes before the attribute `login-token`. */
  get loginToken(): string | TokenSource | undefined {
    return this.#loginToken ?? this.getAttribute('login-token') ?? undefined;
  }
  set loginToken(token: string | TokenSource | null | undefined) {
    const given = token ?? undefined;
    if (given !== this.#loginToken) {
      this.#loginToken = given;
      this.#renew();
    }
  }

  /** Further options of the client, such as `ringtoneFile`. */
  get clientOptions(): Partial<ClientOptions> | undefined {
    return this.#clientOptions;
  }
  set clientOptions(options: Partial<ClientOptions> | null | undefined) {
    const given = options ?? undefined;
    // Frameworks give an object of the same content each time they draw.
    if (!isSame(given, this.#clientOptions)) {
      this.#clientOptions = given;
      this.#renew();
    }
  }

  /**
   * The client that it shows. Give it one that the page has already, and the element neither connects nor disconnects it; null: it makes
   * its own again.
   */
  get client(): TelnyxRTC | null {
    return this.#given ?? this.#controller.client;
  }
  set client(client: TelnyxRTC | null | undefined) {
    const given = client ?? null;
    if (given !== null && typeof (given as Partial<TelnyxRTC>).newCall !== 'function') {
      throw new TypeError('client is not a TelnyxRTC');
    }
    if (given !== this.#given) {
      this.#given = given;
      this.#renew();
    }
  }

  /** Words of the page's own, in place of the element's. */
  get texts(): OwnPhoneTexts | undefined {
    return this.#ownTexts;
  }
  set texts(texts: OwnPhoneTexts | null | undefined) {
    this.#ownTexts = texts ?? undefined;
    this.#reword();
  }

  /** Microphone, speaker and where it rings. */
  get devices(): ChosenDevices {
    return this.#controller.state.chosen;
  }
  set devices(devices: Partial<ChosenDevices> | null | undefined) {
    // What a page kept may be nothing, on the first visit.
    const given = Object.entries(devices ?? {}).filter(
      ([name, id]) => Object.hasOwn(this.devices, name) && typeof id === 'string',
    );
    if (given.length > 0) {
      this.#controller.choose(Object.fromEntries(given));
    }
  }

  /** Everything that it shows. */
  get snapshot(): PhoneState {
    return this.#controller.state;
  }

  /** Calls a number, or the attribute `destination`. Rejects without a number, and outside of a document; why a call cannot be placed `offhook-problem` tells. */
  async dial(number: string = this.getAttribute('destination') ?? ''): Promise<void> {
    if (!this.isConnected) {
      throw new Error('The element is not in a document');
    }
    if (number.trim() === '') {
      throw new TypeError('dial() needs a number');
    }
    this.#apply();
    this.#dialling = true;
    try {
      if (!this.#controller.client) {
        this.#start();
      }
      const own = this.#attribute('caller-name');
      const isDestination = number.trim() === this.#attribute('destination');
      const remote = isDestination ? this.#attribute('destination-name') : '';
      await this.#controller.dial(number.trim(), { own, remote });
    } finally {
      this.#dialling = false;
      this.#changed();
    }
  }

  override addEventListener<K extends keyof PhoneElementEvents>(
    type: K,
    listener: (event: CustomEvent<PhoneElementEvents[K]>) => void,
    options?: boolean | AddEventListenerOptions,
  ): void;
  override addEventListener(
    type: string,
    listener: EventListenerOrEventListenerObject | null,
    options?: boolean | AddEventListenerOptions,
  ): void;
  override addEventListener(
    type: string,
    listener: unknown,
    options?: boolean | AddEventListenerOptions,
  ): void {
    super.addEventListener(type, listener as EventListener, options);
  }

  override removeEventListener<K extends keyof PhoneElementEvents>(
    type: K,
    listener: (event: CustomEvent<PhoneElementEvents[K]>) => void,
    options?: boolean | EventListenerOptions,
  ): void;
  override removeEventListener(
    type: string,
    listener: EventListenerOrEventListenerObject | null,
    options?: boolean | EventListenerOptions,
  ): void;
  override removeEventListener(
    type: string,
    listener: unknown,
    options?: boolean | EventListenerOptions,
  ): void {
    super.removeEventListener(type, listener as EventListener, options);
  }

  connectedCallback(): void {
    this.#upgrade();
    this.#view ??= this.#build();
    if (this.#undo.length > 0) {
      return;
    }
    const controller = this.#controller;
    this.#undo = [
      controller.on('change', () => this.#changed()),
      controller.on('status', (status) => this.#tell('offhook-status', { status })),
      controller.on('problem', (problem) => this.#tell('offhook-problem', problem)),
      controller.on('chosen', (chosen) => this.#tell('offhook-devices', chosen)),
      controller.on('call', ({ status, direction, name, number, ending, call }) =>
        this.#tell('offhook-call', { status, direction, name, number, ending, call }),
      ),
    ];
    this.#renew();
    this.#reword();
  }

  disconnectedCallback(): void {
    // Moving an element takes it out and puts it in again, in one go.
    queueMicrotask(() => {
      if (this.isConnected) {
        return;
      }
      void this.#controller.stop();
      this.#view?.stop();
      for (const undo of this.#undo.splice(0)) {
        undo();
      }
    });
  }

  attributeChangedCallback(name: string, before: string | null, after: string | null): void {
    if (before === after) {
      return;
    }
    if (SIGN_IN.includes(name) || name === 'destination') {
      this.#renew();
    }
    if (name === 'theme') {
      this.#checkTheme();
    }
    this.#reword();
  }

  /** A property that was set before the element was defined is its own, and hides the accessor. */
  #upgrade(): void {
    for (const name of PROPERTIES) {
      if (Object.hasOwn(this, name)) {
        const value: unknown = Reflect.get(this, name);
        Reflect.deleteProperty(this, name);
        Reflect.set(this, name, value);
      }
    }
  }

  #build(): PhoneView {
    const root = this.attachShadow({ mode: 'open', delegatesFocus: true });
    if (!sheet) {
      sheet = new CSSStyleSheet();
      sheet.replaceSync(STYLES);
    }
    root.adoptedStyleSheets = [sheet];
    const controller = this.#controller;
    const view = new PhoneView(this.ownerDocument, this.#platform, {
      dial: (number) => void this.dial(number),
      cancel: () => controller.cancel(),
      answer: (key) => controller.answer(key),
      decline: (key) => controller.decline(key),
      hangup: (key) => controller.hangup(key),
      toggleHold: (key) => controller.toggleHold(key),
      toggleMute: (key) => controller.toggleMute(key),
      sendDigits: (key, digits) => controller.sendDigits(key, digits),
      transfer: (key, to) => void controller.transfer(key, to),
      choose: (choice) => controller.choose(choice),
      refreshDevices: (ask) => void controller.refreshDevices(ask),
      dismiss: () => controller.dismiss(),
      retry: () => this.#renew(),
    });
    root.append(view.root);
    return view;
  }

  /** Attributes are often set one after another: they count together. */
  #renew(): void {
    this.#stale = true;
    if (this.#planned) {
      return;
    }
    this.#planned = true;
    const apply = (): void => {
      this.#planned = false;
      this.#apply();
    };
    const document = this.ownerDocument;
    if (document.readyState === 'loading') {
      // The page's own script may come after the element, and say who signs in.
      document.addEventListener('DOMContentLoaded', apply, { once: true });
    } else {
      queueMicrotask(apply);
    }
  }

  /** Takes over what the page said of the sign-in; while calls are up, when the last one is over. */
  #apply(): void {
    if (!this.#stale || !this.isConnected || this.#controller.busy) {
      return;
    }
    this.#stale = false;
    void this.#controller.stop();
    this.#controller.dismiss();
    // With one destination it signs in for a call.
    if (this.#given || this.#attribute('destination') === '') {
      this.#start();
    } else {
      this.#setup();
    }
    this.#checkTheme();
  }

  #start(): void {
    if (this.#given) {
      this.#controller.start(this.#given, false);
      return;
    }
    const options = this.#setup();
    const client = options && this.#create(options);
    if (client) {
      this.#controller.start(client, true);
    }
  }

  #create(options: ClientOptions): TelnyxRTC | null {
    try {
      return this.#parts.createClient(options);
    } catch (error) {
      // What the client says of a sign-in that is only half there.
      const { message } = error as Error;
      this.#controller.fail({ code: 'setup_credentials', message, key: null });
      return null;
    }
  }

  #attribute(name: string): string {
    return this.getAttribute(name)?.trim() ?? '';
  }

  #setup(): ClientOptions | null {
    const setup = setupOf(
      {
        host: this.#attribute('host'),
        login: this.#attribute('login'),
        password: this.getAttribute('password') ?? '',
        loginToken: this.loginToken,
        tokenUrl: this.#attribute('token-url'),
        clientOptions: this.#clientOptions,
        location: this.ownerDocument.location,
      },
      this.#platform.fetch,
    );
    if (setup.ok) {
      return setup.options;
    }
    this.#controller.fail(setup.problem);
    return null;
  }

  #checkTheme(): void {
    const theme = this.getAttribute('theme') ?? '';
    if (!['', 'light', 'dark'].includes(theme)) {
      const message = `theme="${theme}": it is "light", "dark" or left out`;
      this.#controller.fail({ code: 'setup_theme', message, key: null });
    } else if (this.#controller.state.problem?.code === 'setup_theme') {
      this.#controller.dismiss();
    }
  }

  #reword(): void {
    const near = this.closest<HTMLElement>('[lang]')?.lang;
    const languages = (globalThis as { navigator?: Navigator }).navigator?.languages ?? [];
    const wanted = [near, ...languages];
    this.#texts = phoneTexts(wanted, this.#ownTexts);
    // Words of the page's own are of the page's language.
    this.#language = this.#ownTexts ? '' : phoneLanguage(wanted);
    this.#render();
  }

  #changed(): void {
    this.#render();
    const { busy, client, state } = this.#controller;
    if (busy || this.#dialling || !this.isConnected) {
      return;
    }
    if (this.#stale) {
      this.#renew();
    } else if (
      client &&
      !this.#given &&
      this.#attribute('destination') !== '' &&
      state.calls.length === 0
    ) {
      // The call that it signed in for is over, and was shown.
      void this.#controller.stop();
    }
  }

  #render(): void {
    if (this.#view && this.#texts) {
      this.#view.render({
        state: this.#controller.state,
        texts: this.#texts,
        language: this.#language,
        label: this.getAttribute('label') ?? '',
        destination: this.#attribute('destination'),
        canRetry: this.#given === null,
      });
    }
  }

  #tell<K extends keyof PhoneElementEvents>(type: K, detail: PhoneElementEvents[K]): void {
    this.dispatchEvent(new CustomEvent(type, { detail, bubbles: true, composed: true }));
  }
}

function isSame(a: object | undefined, b: object | undefined): boolean {
  const [left, right] = [a, b].map((options) => Object.entries(options ?? {}));
  return (
    (a === undefined) === (b === undefined) &&
    left?.length === right?.length &&
    left?.every(([name, value]) => Object.is(value, (b as Record<string, unknown>)[name])) === true
  );
}
