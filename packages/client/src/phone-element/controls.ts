import { make, setText } from '../element-kit/dom.ts';
import { icon, type IconName } from './icons.ts';

/** A button with an icon and a text; the text is its name also where only the icon is seen. */
export class IconButton {
  readonly element: HTMLButtonElement;
  readonly #text: HTMLElement;

  /** @param part its name for `::part()`, and its class */
  constructor(document: Document, part: string, name: IconName, act: (event: MouseEvent) => void) {
    this.#text = make(document, 'span', { class: 'label' });
    this.element = make(document, 'button', { type: 'button', class: part, part });
    this.element.append(icon(document, name), this.#text);
    this.element.addEventListener('click', act);
  }

  set text(text: string) {
    setText(this.#text, text);
  }
  set hidden(hidden: boolean) {
    this.element.hidden = hidden;
  }
  set pressed(pressed: boolean) {
    this.element.ariaPressed = String(pressed);
  }
  set expanded(expanded: boolean) {
    this.element.ariaExpanded = String(expanded);
  }
}

const KEYS = ['1', '2', '3', '4', '5', '6', '7', '8', '9', '*', '0', '#'];

/** Twelve keys in a group. While the focus is inside, the keyboard's digits work too. */
export function makeKeyPad(document: Document, press: (digit: string) => void): HTMLElement {
  const pad = make(document, 'div', { class: 'pad', part: 'keypad', role: 'group' });
  for (const key of KEYS) {
    const button = make(document, 'button', { type: 'button', class: 'key', part: 'key' }, key);
    button.addEventListener('click', () => press(key));
    pad.append(button);
  }
  pad.addEventListener('keydown', (event) => {
    if (KEYS.includes(event.key) && !event.ctrlKey && !event.metaKey && !event.altKey) {
      event.preventDefault();
      press(event.key);
    }
  });
  return pad;
}

let serial = 0;

/** An id that no other element of this page has, for a label. */
export const newId = (): string => `offhook-${String((serial += 1))}`;
