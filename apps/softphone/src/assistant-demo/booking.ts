import type { AssistantPageTexts } from '../texts/assistant.ts';
import type { Formats } from '../texts/formats.ts';

/** What the assistant may write into the form; the shape of the tool `fill_booking` (docs/protocol-extensions.md). */
export const BOOKING_SCHEMA = {
  type: 'object',
  properties: {
    name: { type: 'string', maxLength: 80 },
    date: { type: 'string', format: 'date' },
    people: { type: 'integer', minimum: 1, maximum: 12 },
    confirmed: { type: 'boolean' },
  },
  additionalProperties: false,
  minProperties: 1,
} as const;

export interface BookingChange {
  readonly name?: string;
  readonly date?: string;
  readonly people?: number;
  readonly confirmed?: boolean;
}

const FIELDS = ['people', 'date', 'name'] as const;
type Field = (typeof FIELDS)[number];

/** Said to the assistant, whatever language the page is in. */
const LABELS: Readonly<Record<Field, string>> = { people: 'people', date: 'day', name: 'name' };

/** The words of the page's language. */
export interface BookingWords {
  readonly texts: AssistantPageTexts;
  readonly formats: Formats;
}

/** The booking form: filled by the assistant or by hand. */
export class BookingForm {
  readonly #form: HTMLFormElement;
  readonly #badge: HTMLElement;
  readonly #news: HTMLElement;
  #words: BookingWords;

  constructor(form: HTMLFormElement, badge: HTMLElement, news: HTMLElement, words: BookingWords) {
    this.#words = words;
    this.#form = form;
    this.#badge = badge;
    this.#news = news;
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      this.#book();
    });
    form.addEventListener('reset', () => {
      for (const field of FIELDS) {
        this.#mark(field, false);
      }
      this.#open(this.#words.texts.emptied);
    });
    form.addEventListener('input', (event) => {
      const { name } = event.target as HTMLInputElement;
      if (isField(name)) {
        this.#mark(name, false);
      }
      this.#open('');
    });
  }

  /** The page is in another language from now on. */
  reword(words: BookingWords): void {
    this.#words = words;
    const { booked, open } = words.texts;
    this.#badge.textContent = this.#badge.dataset['state'] === 'booked' ? booked : open;
    this.#news.textContent = '';
  }

  /** Writes what is given, and leaves the rest. @returns what the assistant is told */
  fill(change: BookingChange): { readonly ok: true } | { readonly error: string } {
    const written: string[] = [];
    for (const field of FIELDS) {
      const value = change[field];
      if (value === undefined) {
        continue;
      }
      const input = this.#input(field);
      const before = input.value;
      input.value = String(value);
      if (input.value !== String(value) || !input.validity.valid) {
        input.value = before;
        return { error: `The form does not take ${JSON.stringify(value)} as ${LABELS[field]}` };
      }
      this.#mark(field, true);
      written.push(`${this.#words.texts.fields[field]}: ${this.#shown(field)}`);
    }
    if (written.length > 0) {
      this.#open(this.#words.texts.filledIn(written.join(', ')));
    }
    if (change.confirmed === true && !this.#book()) {
      return { error: 'The form is not complete' };
    }
    if (change.confirmed === false) {
      this.#open(this.#words.texts.notYet);
    }
    return { ok: true };
  }

  #book(): boolean {
    if (!this.#form.checkValidity()) {
      this.#form.reportValidity();
      return false;
    }
    this.#badge.dataset['state'] = 'booked';
    this.#badge.textContent = this.#words.texts.booked;
    const [people = '', date = '', name = ''] = FIELDS.map((field) => this.#shown(field));
    this.#news.textContent = this.#words.texts.news(people, date, name);
    return true;
  }

  #open(news: string): void {
    this.#badge.dataset['state'] = 'open';
    this.#badge.textContent = this.#words.texts.open;
    this.#news.textContent = news;
  }

  #input(field: Field): HTMLInputElement {
    return this.#form.elements.namedItem(field) as HTMLInputElement;
  }

  #shown(field: Field): string {
    const { value, valueAsDate } = this.#input(field);
    return field === 'date' && valueAsDate ? this.#words.formats.longDate(valueAsDate) : value;
  }

  #mark(field: Field, byAssistant: boolean): void {
    this.#input(field).toggleAttribute('data-filled', byAssistant);
  }
}

const isField = (name: string): name is Field => (FIELDS as readonly string[]).includes(name);
