import { make, setText } from '../element-kit/dom.ts';
import type { Platform } from '../index.ts';
import { Timer } from '../timer.ts';
import { CallCard, stateText, whoOf } from './call-card.ts';
import { IconButton, makeKeyPad, newId } from './controls.ts';
import {
  isOver,
  isUp,
  type ChosenDevices,
  type PhoneCall,
  type PhoneState,
} from './phone-state.ts';
import { SettingsView } from './settings-view.ts';
import { problemText, type PhoneTexts } from './texts.ts';

/** What the view asks of its owner. */
export interface ViewActions {
  dial(number: string): void;
  /** Gives up a call that waits for the sign-in. */
  cancel(): void;
  answer(key: string): void;
  decline(key: string): void;
  hangup(key: string): void;
  toggleHold(key: string): void;
  toggleMute(key: string): void;
  sendDigits(key: string, digits: string): void;
  transfer(key: string, to: { number: string } | { key: string }): void;
  choose(choice: Partial<ChosenDevices>): void;
  refreshDevices(ask: boolean): void;
  dismiss(): void;
  /** Signs in again. */
  retry(): void;
}

export interface ViewState {
  readonly state: PhoneState;
  readonly texts: PhoneTexts;
  /** Of the texts, for whoever reads them out; '' is that of the page. */
  readonly language: string;
  /** The heading; '' takes the element's own word. */
  readonly label: string;
  /** Where the only button calls; '' shows the field and the keypad. */
  readonly destination: string;
  /** Whether {@link ViewActions.retry} can do something. */
  readonly canRetry: boolean;
}

/** The second half of a double click on what calls must not end the call, whose button may have come under the pointer. */
const DOUBLE_CLICK_MS = 400;

/** The inside of the element. Builds its nodes once and writes into them; lives as long as the element. */
export class PhoneView {
  readonly root: HTMLElement;
  readonly #document: Document;
  readonly #platform: Platform;
  readonly #actions: ViewActions;
  readonly #clock: Timer;
  readonly #title: HTMLElement;
  readonly #status: HTMLElement;
  readonly #problem: HTMLElement;
  readonly #problemText: HTMLElement;
  readonly #dismiss: IconButton;
  readonly #retry: HTMLButtonElement;
  readonly #form: HTMLFormElement;
  readonly #label: HTMLLabelElement;
  readonly #input: HTMLInputElement;
  readonly #backspace: IconButton;
  readonly #toggle: IconButton;
  readonly #submit: IconButton;
  readonly #pad: HTMLElement;
  readonly #only: IconButton;
  readonly #calls: HTMLElement;
  readonly #cards = new Map<string, CallCard>();
  readonly #gear: IconButton;
  readonly #settings: SettingsView;
  readonly #announcer: HTMLElement;
  readonly #said = new Map<string, string>();
  #shown: ViewState | undefined;
  #pressedAt = -Infinity;
  #isTouched = false;
  #padOpen = false;
  #settingsOpen = false;

  constructor(document: Document, platform: Platform, actions: ViewActions) {
    this.#document = document;
    this.#platform = platform;
    this.#actions = actions;
    this.#clock = new Timer(platform);
    this.#title = make(document, 'h2', { part: 'title' });
    this.#status = make(document, 'p', { class: 'state', part: 'status' });
    this.#gear = new IconButton(document, 'icon gear', 'settings', () => this.#toggleSettings());
    this.#gear.expanded = false;
    this.#problemText = make(document, 'p', { role: 'alert' });
    this.#dismiss = new IconButton(document, 'icon', 'close', () => actions.dismiss());
    this.#problem = make(document, 'div', { class: 'problem', part: 'problem' });
    this.#problem.append(this.#problemText, this.#dismiss.element);
    this.#retry = make(document, 'button', { type: 'button', class: 'retry', part: 'retry' });
    this.#retry.addEventListener('click', () => actions.retry());

    const id = newId();
    this.#label = make(document, 'label', { for: id, class: 'quiet' });
    this.#input = make(document, 'input', {
      ...{ id, autocomplete: 'off', enterkeyhint: 'go', inputmode: 'tel' },
      ...{ maxlength: '255', part: 'input', spellcheck: 'false' },
    });
    this.#backspace = new IconButton(document, 'icon backspace', 'backspace', () =>
      this.#deleteDigit(),
    );
    this.#toggle = new IconButton(document, 'icon toggle-keypad', 'keypad', () => {
      this.#padOpen = !this.#padOpen;
      this.#showPad();
    });
    this.#submit = new IconButton(document, 'primary dial', 'call', () => undefined);
    this.#submit.element.type = 'submit';
    const field = make(document, 'div', { class: 'field' }, this.#input, this.#backspace.element);
    this.#form = make(document, 'form', { class: 'dialler', part: 'dialler' });
    this.#form.append(this.#label, field, this.#toggle.element, this.#submit.element);
    this.#form.addEventListener('submit', (event) => {
      event.preventDefault();
      this.#dial();
    });
    this.#input.addEventListener('input', () => this.#showPad());
    this.#pad = makeKeyPad(document, (digit) => {
      this.#input.value += digit;
      this.#showPad();
    });
    this.#only = new IconButton(document, 'primary only', 'call', () => this.#pressOnly());
    this.#calls = make(document, 'ul', { class: 'calls', part: 'calls' });
    this.#calls.addEventListener('pointerover', ({ pointerType }) => {
      this.#isTouched = pointerType === 'touch';
    });
    // Cards that wait until the pointer is gone: see `#isNeeded`.
    this.#calls.addEventListener('pointerleave', () => this.#again());
    this.#settings = new SettingsView(
      document,
      (choice) => actions.choose(choice),
      () => actions.refreshDevices(true),
    );
    this.#announcer = make(document, 'div', { class: 'quiet', role: 'status' });
    const title = make(document, 'div', { class: 'title' }, this.#title, this.#status);
    const dot = make(document, 'span', { class: 'dot', 'aria-hidden': 'true' });
    this.root = make(document, 'section', { class: 'card', part: 'card' });
    this.root.append(
      make(document, 'div', { class: 'head', part: 'head' }, dot, title, this.#gear.element),
      this.#problem,
      this.#retry,
      this.#form,
      this.#pad,
      this.#only.element,
      this.#calls,
      this.#settings.root,
      this.#announcer,
    );
  }

  render(shown: ViewState): void {
    const { state, texts, language, label, destination } = shown;
    const focused = this.#focused();
    const inCard = [...this.#cards.values()].find(({ root }) => root.contains(focused));
    this.#shown = shown;
    this.#words(texts);
    if (language === '') {
      this.root.removeAttribute('lang');
    } else if (this.root.lang !== language) {
      this.root.lang = language;
    }
    const title = label || texts.phone;
    setText(this.#title, title);
    if (this.root.ariaLabel !== title) {
      this.root.ariaLabel = title;
    }
    const { status, problem } = state;
    this.root.dataset['status'] = status;
    this.root.dataset['mode'] = destination === '' ? 'phone' : 'button';
    // A phone that signs in for a call says nothing while nobody calls.
    setText(this.#status, destination !== '' && status === 'off' ? '' : texts.status[status]);
    setText(this.#problemText, problem ? problemText(texts, problem.code) : '');
    this.#problem.hidden = problem === null;
    this.#retry.hidden = status !== 'failed' || !shown.canRetry;
    const busy = state.dialling || state.calls.some((call) => !isOver(call));
    this.#form.hidden = destination !== '';
    this.#only.hidden = destination === '' || (busy && !state.dialling);
    this.#only.text = state.dialling ? texts.cancel : texts.call;
    this.#submit.element.disabled = state.dialling;
    this.#showPad();
    this.#list(state.calls, texts);
    this.#gear.hidden = status === 'off';
    this.#settings.root.hidden = !this.#settingsOpen || status === 'off';
    this.#settings.render(state, texts);
    this.#announce(state.calls, texts);
    this.#tick();
    if (focused && !isUsable(focused)) {
      this.#moveFocus(inCard);
    }
  }

  /** Stops its clock; {@link render} starts it again. */
  stop(): void {
    this.#clock.stop();
  }

  #again(): void {
    if (this.#shown) {
      this.render(this.#shown);
    }
  }

  #dial(): void {
    const number = this.#input.value.trim();
    if (number === '' || this.#shown?.state.dialling) {
      return;
    }
    this.#input.value = '';
    // Nothing of a keypad that was used for the number stands between it and the call.
    this.#padOpen = false;
    this.#showPad();
    this.#actions.dial(number);
  }

  #pressOnly(): void {
    if (this.#platform.elapsed() - this.#pressedAt < DOUBLE_CLICK_MS) {
      return;
    }
    this.#pressedAt = this.#platform.elapsed();
    if (this.#shown?.state.dialling) {
      this.#actions.cancel();
    } else {
      this.#actions.dial(this.#shown?.destination ?? '');
    }
  }

  #deleteDigit(): void {
    this.#input.value = this.#input.value.slice(0, -1);
    this.#input.focus();
    this.#showPad();
  }

  #showPad(): void {
    const phone = this.#shown?.destination === '';
    this.#pad.hidden = !this.#padOpen || !phone;
    this.#toggle.expanded = this.#padOpen;
    this.#backspace.hidden = this.#input.value === '';
  }

  #toggleSettings(): void {
    this.#settingsOpen = !this.#settingsOpen;
    this.#gear.expanded = this.#settingsOpen;
    this.#actions.refreshDevices(false);
    this.#again();
  }

  #list(calls: readonly PhoneCall[], texts: PhoneTexts): void {
    for (const call of calls) {
      const card = this.#cards.get(call.key) ?? this.#add(call.key);
      const others = isUp(call)
        ? calls.filter((other) => other.key !== call.key && isUp(other))
        : [];
      // Who may call one destination only hands nobody over.
      card.render({ call, others, texts, hasTransfer: this.#shown?.destination === '' });
    }
    for (const [key, card] of this.#cards) {
      if (!calls.some((call) => call.key === key) && !this.#isNeeded(calls)) {
        card.root.remove();
        this.#cards.delete(key);
      }
    }
    this.#calls.hidden = this.#cards.size === 0;
  }

  #add(key: string): CallCard {
    const actions = this.#actions;
    const since = this.#platform.elapsed();
    const card = new CallCard(this.#document, {
      answer: () => actions.answer(key),
      decline: () => actions.decline(key),
      hangup: (byPointer) => {
        if (!byPointer || this.#platform.elapsed() - since >= DOUBLE_CLICK_MS) {
          actions.hangup(key);
        }
      },
      toggleHold: () => actions.toggleHold(key),
      toggleMute: () => actions.toggleMute(key),
      sendDigits: (digits) => actions.sendDigits(key, digits),
      transferTo: (number) => actions.transfer(key, { number }),
      connectWith: (other) => actions.transfer(key, { key: other }),
    });
    this.#cards.set(key, card);
    this.#calls.append(card.root);
    return card;
  }

  /** A card over others that goes would move their buttons under the pointer: it stays until the pointer is gone. */
  #isNeeded(calls: readonly PhoneCall[]): boolean {
    // A touch screen goes on to hover over what was tapped last.
    return calls.length > 0 && !this.#isTouched && this.#calls.matches(':hover');
  }

  #tick(): void {
    const now = this.#platform.now();
    for (const card of this.#cards.values()) {
      card.tick(now);
    }
    const counting = [...this.#cards.values()].some(({ call }) => call && isUp(call));
    if (!counting) {
      this.#clock.stop();
    } else if (!this.#clock.running) {
      this.#clock.start(1000, () => this.#tick());
    }
  }

  /** Says what became of each call, once; the lasting of calls is not news. */
  #announce(calls: readonly PhoneCall[], texts: PhoneTexts): void {
    const news: string[] = [];
    for (const call of calls) {
      const text = `${whoOf(call, texts)}: ${stateText(call, texts)}`;
      if (this.#said.get(call.key) !== text) {
        this.#said.set(call.key, text);
        news.push(text);
      }
    }
    for (const key of this.#said.keys()) {
      if (!calls.some((call) => call.key === key)) {
        this.#said.delete(key);
      }
    }
    if (news.length > 0) {
      setText(this.#announcer, news.join('. '));
    }
  }

  #words(texts: PhoneTexts): void {
    setText(this.#label, texts.number);
    this.#input.placeholder = texts.number;
    this.#backspace.text = texts.backspace;
    this.#toggle.text = texts.keypad;
    this.#submit.text = texts.call;
    this.#pad.ariaLabel = texts.keypad;
    this.#calls.ariaLabel = texts.calls;
    this.#gear.text = texts.settings;
    this.#dismiss.text = texts.dismiss;
    setText(this.#retry, texts.tryAgain);
  }

  /** What had the focus is gone: the same call goes on, else another one, else dialling. */
  #moveFocus(card: CallCard | undefined): void {
    const live = [...this.#cards.values()].filter(({ call }) => call && !isOver(call));
    const next = card?.root.isConnected ? card : live[0];
    if (next?.call && !(isOver(next.call) && live.length > 0)) {
      next.focus();
    } else if (live[0]) {
      live[0].focus();
    } else if (this.#form.hidden) {
      this.#only.element.focus();
    } else {
      this.#input.focus();
    }
  }

  #focused(): Element | null {
    const root = this.root.getRootNode() as Partial<ShadowRoot>;
    return root.activeElement && this.root.contains(root.activeElement) ? root.activeElement : null;
  }
}

/** Whether it can keep the focus. */
const isUsable = (element: Element): boolean =>
  element.isConnected &&
  element.closest('[hidden]') === null &&
  !(element as HTMLButtonElement).disabled;
