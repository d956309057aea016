import type { Script } from '../../definition.ts';
import { parseSlot, speakable, spokenForms, type SlotValue } from './slots.ts';

/** What a scripted dialogue does after something was said to it. */
export type Move =
  | { readonly kind: 'say'; readonly text: string }
  | {
      readonly kind: 'tool';
      readonly name: string;
      readonly args: Readonly<Record<string, unknown>>;
    }
  | { readonly kind: 'hangup' };

type Step =
  | { readonly at: 'open' }
  | { readonly at: 'slot'; readonly slot: number }
  | { readonly at: 'confirm' };

type Form = NonNullable<Script['form']>;

const YES = /\b(yes|yeah|yep|sure|correct|right|ok|okay|please do|book it|confirm)\b/;
const NO = /\b(no|nope|wrong|cancel|stop|not)\b/;

/** Characters of one turn that are looked at; nobody says more. */
const MAX_HEARD = 1_000;

/** A dialogue by intents and one form, without a model: what it does not know it says so. Pure but for the day it is. */
export class Dialogue {
  readonly #script: Script;
  readonly #today: () => Date;
  #step: Step = { at: 'open' };
  #values = new Map<string, SlotValue>();

  constructor(script: Script, today: () => Date = () => new Date()) {
    this.#script = script;
    this.#today = today;
  }

  /** What may be said, in JSGF, for a recogniser. */
  get expected(): readonly string[] {
    const { intents, form } = this.#script;
    const answers = form ? [...form.slots.map(spokenForms), 'yes', 'no', 'cancel'] : [];
    return [...intents.flatMap(({ phrases }) => phrases), ...answers].filter((each) => each !== '');
  }

  hear(said: string): readonly Move[] {
    const text = said.slice(0, MAX_HEARD);
    const plain = text
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s'-]+/gu, ' ')
      .replace(/\s+/g, ' ')
      .trim();
    if (this.#step.at !== 'open') {
      const within = this.#inForm(text, plain);
      if (within) {
        return within;
      }
    }
    const intent = this.#script.intents.find(({ phrases }) =>
      phrases.some((phrase) => ` ${plain} `.includes(` ${phrase} `)),
    );
    if (intent) {
      return this.#follow(intent, text, plain);
    }
    // "A table for four tomorrow": what it holds is worth more than the words around it.
    const { form } = this.#script;
    if (form && this.#fill(form, text, plain, false)) {
      return this.#next(form);
    }
    return [{ kind: 'say', text: this.#script.fallback }];
  }

  digits(digits: string): readonly Move[] {
    const { form, intents, fallback } = this.#script;
    if (form && this.#step.at === 'slot') {
      const slot = form.slots[this.#step.slot];
      if (slot?.kind === 'number') {
        return this.hear(digits);
      }
    }
    if (form && this.#step.at === 'confirm') {
      return this.hear(digits.startsWith('1') ? 'yes' : 'no');
    }
    const intent = intents.find(({ digit }) => digit !== undefined && digits.startsWith(digit));
    return intent ? this.#follow(intent, '', '') : [{ kind: 'say', text: fallback }];
  }

  /** What a tool returned, when it went wrong. */
  toolFailed(): readonly Move[] {
    const { form } = this.#script;
    return form ? [{ kind: 'say', text: form.failed }] : [];
  }

  #follow(intent: Script['intents'][number], text: string, plain: string): readonly Move[] {
    const moves: Move[] = [];
    if (intent.say !== undefined) {
      moves.push({ kind: 'say', text: intent.say });
    }
    const { form } = this.#script;
    if (intent.form === true && form) {
      this.#values = new Map();
      this.#fill(form, text, plain, false);
      moves.push(...this.#next(form));
    }
    if (intent.end === true) {
      moves.push({ kind: 'hangup' });
    }
    return moves;
  }

  /** Null: it is about something else. */
  #inForm(text: string, plain: string): readonly Move[] | null {
    const { form } = this.#script;
    if (!form) {
      return null;
    }
    if (this.#step.at === 'confirm') {
      // "No" first: "not right" holds both.
      if (NO.test(plain)) {
        this.#step = { at: 'open' };
        this.#values = new Map();
        return [{ kind: 'say', text: form.again }];
      }
      if (this.#fill(form, text, plain, false)) {
        return this.#next(form);
      }
      if (YES.test(plain)) {
        return this.#confirm(form);
      }
      return null;
    }
    if (/^(cancel|stop|never mind)$/.test(plain)) {
      this.#step = { at: 'open' };
      return [{ kind: 'say', text: form.again }];
    }
    return this.#fill(form, text, plain, true) ? this.#next(form) : null;
  }

  #confirm(form: Form): readonly Move[] {
    this.#step = { at: 'open' };
    const args = { ...this.#args(), confirmed: true };
    return [
      { kind: 'tool', name: form.tool, args },
      { kind: 'say', text: this.#with(form.done) },
    ];
  }

  /** Takes what the text holds. `asked`: free text counts for the slot that was asked for. */
  #fill(form: Form, text: string, plain: string, asked: boolean): boolean {
    let took = false;
    const step = this.#step;
    form.slots.forEach((slot, index) => {
      const isAsked = asked && step.at === 'slot' && step.slot === index;
      const value = parseSlot(slot, text, plain, isAsked, this.#today());
      if (value === null) {
        return;
      }
      this.#values.set(slot.name, value);
      took = true;
    });
    return took;
  }

  #next(form: Form): readonly Move[] {
    const missing = form.slots.findIndex(({ name }) => !this.#values.has(name));
    const moves: Move[] = [];
    const args = this.#args();
    if (Object.keys(args).length > 0) {
      moves.push({ kind: 'tool', name: form.tool, args });
    }
    const slot = form.slots[missing];
    if (slot) {
      this.#step = { at: 'slot', slot: missing };
      moves.push({ kind: 'say', text: slot.ask });
    } else {
      this.#step = { at: 'confirm' };
      moves.push({ kind: 'say', text: this.#with(form.confirm) });
    }
    return moves;
  }

  #args(): Record<string, unknown> {
    return Object.fromEntries(this.#values);
  }

  #with(text: string): string {
    return text.replaceAll(/\{(\w+)\}/g, (_, name: string) => {
      const value = this.#values.get(name);
      return value === undefined ? '' : speakable(value);
    });
  }
}
