import { make, setText } from '../element-kit/dom.ts';
import { newId } from './controls.ts';
import type { ChosenDevices, PhoneDevice, PhoneState } from './phone-state.ts';
import type { PhoneTexts } from './texts.ts';

interface Row {
  readonly label: HTMLLabelElement;
  readonly select: HTMLSelectElement;
}

interface Choice {
  readonly value: string;
  readonly text: string;
}

/** Microphone, speaker and where it rings. */
export class SettingsView {
  readonly root: HTMLElement;
  readonly #document: Document;
  readonly #choose: (choice: Partial<ChosenDevices>) => void;
  readonly #rows: Readonly<Record<keyof ChosenDevices, Row>>;
  readonly #ask: HTMLButtonElement;

  constructor(
    document: Document,
    choose: (choice: Partial<ChosenDevices>) => void,
    ask: () => void,
  ) {
    this.#document = document;
    this.#choose = choose;
    this.#rows = {
      microphone: this.#row('microphone'),
      speaker: this.#row('speaker'),
      ringer: this.#row('ringer'),
    };
    this.#ask = make(document, 'button', { type: 'button', class: 'ask' });
    this.#ask.addEventListener('click', ask);
    this.root = make(document, 'div', { class: 'settings', part: 'settings' });
    const rows = Object.values(this.#rows).flatMap(({ label, select }) => [label, select]);
    this.root.append(...rows, this.#ask);
  }

  render({ microphones, speakers, chosen }: PhoneState, texts: PhoneTexts): void {
    const { microphone, speaker, ringer } = this.#rows;
    const system = { value: '', text: texts.system };
    const of = (devices: readonly PhoneDevice[]): Choice[] => [
      system,
      ...devices.map(({ id, label }, at) => ({ value: id, text: label || texts.unnamed(at + 1) })),
    ];
    this.#write(microphone, texts.microphone, of(microphones), chosen.microphone);
    this.#write(speaker, texts.speaker, of(speakers), chosen.speaker);
    const off = { value: 'off', text: texts.ringerOff };
    this.#write(ringer, texts.ringer, [...of(speakers), off], chosen.ringer);
    setText(this.#ask, texts.showNames);
    // Browsers hide names, and most devices, until the microphone was allowed once.
    this.#ask.hidden = microphones.length > 0 && microphones.every(({ label }) => label !== '');
  }

  #row(name: keyof ChosenDevices): Row {
    const id = newId();
    const label = make(this.#document, 'label', { for: id });
    const select = make(this.#document, 'select', { id, part: 'select' });
    select.addEventListener('change', () => this.#choose({ [name]: select.value }));
    return { label, select };
  }

  #write({ label, select }: Row, text: string, choices: readonly Choice[], value: string): void {
    setText(label, text);
    const shown = [...select.options];
    const same =
      shown.length === choices.length &&
      shown.every(
        (option, at) => option.value === choices[at]?.value && option.text === choices[at].text,
      );
    if (!same) {
      select.replaceChildren(
        ...choices.map((choice) =>
          make(this.#document, 'option', { value: choice.value }, choice.text),
        ),
      );
    }
    // A device that is gone: the system's choice is what is used.
    select.value = choices.some((choice) => choice.value === value) ? value : '';
  }
}
