import { make, setText } from '../element-kit/dom.ts';
import { IconButton, makeKeyPad, newId } from './controls.ts';
import { durationText } from './durations.ts';
import { isOver, isUp, type PhoneCall } from './phone-state.ts';
import type { PhoneTexts } from './texts.ts';

/** What a card asks of its owner, for its call. */
export interface CardActions {
  answer(): void;
  decline(): void;
  /** @param byPointer not by the keyboard */
  hangup(byPointer: boolean): void;
  toggleHold(): void;
  toggleMute(): void;
  sendDigits(digits: string): void;
  transferTo(number: string): void;
  /** Joins the far parties of this call and that one. */
  connectWith(key: string): void;
}

export interface CardState {
  readonly call: PhoneCall;
  /** Calls whose far party this one's can be connected with. */
  readonly others: readonly PhoneCall[];
  readonly texts: PhoneTexts;
  readonly hasTransfer: boolean;
}

/** Who is at the far end, in a word. */
export const whoOf = ({ name, number }: PhoneCall, texts: PhoneTexts): string =>
  name || number || texts.unknown;

/** What a call does, in a word. */
export function stateText(call: PhoneCall, texts: PhoneTexts): string {
  if (call.status === 'ended') {
    return texts.endings[call.ending ?? 'ended'];
  }
  if (call.transferring) {
    return texts.transferring;
  }
  if (call.status === 'active' && call.remoteAway) {
    return texts.remoteAway;
  }
  return call.status === 'active' && call.remoteHeld ? texts.remoteHeld : texts.states[call.status];
}

/** One call as an item of the list. Builds its nodes once and writes into them. */
export class CallCard {
  readonly root: HTMLLIElement;
  readonly #document: Document;
  readonly #actions: CardActions;
  readonly #name: HTMLElement;
  readonly #number: HTMLElement;
  readonly #state: HTMLElement;
  readonly #time: HTMLElement;
  readonly #hint: HTMLElement;
  readonly #digits: HTMLElement;
  readonly #answer: IconButton;
  readonly #decline: IconButton;
  readonly #mute: IconButton;
  readonly #hold: IconButton;
  readonly #keypad: IconButton;
  readonly #transfer: IconButton;
  readonly #end: IconButton;
  readonly #pad: HTMLElement;
  readonly #handOver: HTMLElement;
  readonly #target: HTMLInputElement;
  readonly #targetLabel: HTMLLabelElement;
  readonly #send: HTMLButtonElement;
  readonly #others: HTMLElement;
  #open: 'pad' | 'transfer' | null = null;
  #call: PhoneCall | undefined;

  constructor(document: Document, actions: CardActions) {
    this.#document = document;
    this.#actions = actions;
    const text = (tag: 'span' | 'p', part: string) => make(document, tag, { class: part, part });
    this.#name = make(document, 'strong', { class: 'name', part: 'name', dir: 'auto' });
    this.#number = make(document, 'span', { class: 'number', part: 'number', dir: 'auto' });
    this.#state = text('span', 'call-state');
    this.#time = make(document, 'span', { class: 'time', part: 'time', role: 'timer' });
    this.#hint = text('p', 'hint');
    this.#digits = text('p', 'digits');
    this.#answer = new IconButton(document, 'answer', 'call', () => actions.answer());
    this.#decline = new IconButton(document, 'decline', 'end', () => actions.decline());
    this.#mute = new IconButton(document, 'mute', 'mute', () => actions.toggleMute());
    this.#hold = new IconButton(document, 'hold', 'hold', () => actions.toggleHold());
    this.#keypad = new IconButton(document, 'toggle-keypad', 'keypad', () => this.#toggle('pad'));
    this.#transfer = new IconButton(document, 'transfer', 'transfer', () =>
      this.#toggle('transfer'),
    );
    // Not `disabled` after the end: that would take the focus away from whoever pressed it.
    this.#end = new IconButton(document, 'end', 'end', ({ detail }) => actions.hangup(detail > 0));
    this.#pad = makeKeyPad(document, (digit) => actions.sendDigits(digit));
    const id = newId();
    this.#targetLabel = make(document, 'label', { for: id, class: 'quiet' });
    this.#target = make(document, 'input', { id, autocomplete: 'off', part: 'transfer-input' });
    this.#send = make(document, 'button', { type: 'submit', class: 'primary' });
    const form = make(document, 'form', {}, this.#targetLabel, this.#target, this.#send);
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      const number = this.#target.value.trim();
      if (number !== '') {
        actions.transferTo(number);
      }
    });
    this.#others = make(document, 'div', { class: 'others' });
    this.#handOver = make(document, 'div', { class: 'hand-over' }, this.#others, form);
    const buttons = [this.#answer, this.#decline, this.#mute, this.#hold];
    const controls = make(document, 'div', { class: 'controls', part: 'controls' });
    controls.append(
      ...[...buttons, this.#keypad, this.#transfer, this.#end].map(({ element }) => element),
    );
    const line = make(document, 'div', { class: 'line' }, this.#state, this.#time);
    const who = make(document, 'div', { class: 'who' }, this.#name, this.#number);
    this.root = make(document, 'li', { class: 'call', part: 'call' });
    this.root.append(...[who, line, this.#hint, controls, this.#digits, this.#pad, this.#handOver]);
  }

  get call(): PhoneCall | undefined {
    return this.#call;
  }

  render({ call, others, texts, hasTransfer }: CardState): void {
    this.#call = call;
    const over = isOver(call);
    const up = isUp(call);
    const incoming = call.status === 'incoming' || call.status === 'answering';
    const who = whoOf(call, texts);
    setText(this.#name, who);
    setText(this.#number, call.name === '' ? '' : call.number);
    setText(this.#state, stateText(call, texts));
    setText(this.#hint, call.hint && up ? texts.hints[call.hint] : '');
    this.#hint.hidden = this.#hint.textContent === '';
    setText(this.#digits, call.digits);
    this.#digits.hidden = call.digits === '' || this.#open !== 'pad';
    this.root.dataset['status'] = call.status;
    this.root.dataset['muted'] = String(call.muted);
    this.#words(who, texts);
    this.#answer.hidden = this.#decline.hidden = !incoming;
    this.#end.hidden = incoming;
    this.#end.element.ariaDisabled = String(over);
    this.#answer.element.ariaDisabled = String(call.status === 'answering');
    for (const button of [this.#mute, this.#hold, this.#keypad]) {
      button.hidden = !up;
    }
    this.#transfer.hidden = !up || !hasTransfer;
    this.#mute.pressed = call.muted;
    this.#hold.pressed = call.status === 'held';
    this.#open = up ? this.#open : null;
    this.#showOpen();
    this.#connect(others, texts);
  }

  /** Writes how long the call lasts. */
  tick(now: number): void {
    const since = this.#call?.answeredAt ?? null;
    if (this.#call && isOver(this.#call)) {
      return;
    }
    setText(this.#time, since === null ? '' : durationText(now - since));
  }

  /** The button that a keyboard user goes on with. */
  focus(): void {
    (this.#answer.element.hidden ? this.#end : this.#answer).element.focus();
  }

  #words(who: string, texts: PhoneTexts): void {
    this.#answer.text = texts.answer;
    this.#decline.text = texts.decline;
    this.#mute.text = texts.mute;
    this.#hold.text = texts.hold;
    this.#keypad.text = texts.keypad;
    this.#transfer.text = texts.transfer;
    this.#end.text = texts.end;
    this.#pad.ariaLabel = texts.keypad;
    setText(this.#targetLabel, texts.transferTo);
    this.#target.placeholder = texts.transferTo;
    setText(this.#send, texts.transferNow);
    this.root.ariaLabel = who;
  }

  #toggle(what: 'pad' | 'transfer'): void {
    this.#open = this.#open === what ? null : what;
    this.#showOpen();
    if (this.#open === 'transfer') {
      this.#target.focus();
    }
  }

  #showOpen(): void {
    this.#pad.hidden = this.#open !== 'pad';
    this.#handOver.hidden = this.#open !== 'transfer';
    this.#digits.hidden = this.#open !== 'pad' || this.#digits.textContent === '';
    this.#keypad.expanded = this.#open === 'pad';
    this.#transfer.expanded = this.#open === 'transfer';
  }

  #connect(others: readonly PhoneCall[], texts: PhoneTexts): void {
    const known = [...this.#others.children] as HTMLElement[];
    const wanted = others.map((other) => {
      const button =
        known.find(({ dataset }) => dataset['key'] === other.key) ?? this.#connectButton(other.key);
      setText(button, texts.connectWith(whoOf(other, texts)));
      return button;
    });
    if (known.length !== wanted.length || wanted.some((button, at) => button !== known[at])) {
      this.#others.replaceChildren(...wanted);
    }
  }

  #connectButton(key: string): HTMLElement {
    const button = make(this.#document, 'button', { type: 'button', class: 'connect' });
    button.dataset['key'] = key;
    button.addEventListener('click', () => this.#actions.connectWith(key));
    return button;
  }
}
