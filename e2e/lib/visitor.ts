import type { Locator, Page } from '@playwright/test';
import type { Hearing } from './audio.ts';
import { hearUntil } from './audio.ts';

/** Somebody at the page of the embedded assistant, as a person uses it: only what is on the screen, and what is heard. */
export class Visitor {
  readonly page: Page;
  readonly card: Locator;

  constructor(page: Page) {
    this.page = page;
    this.card = page.locator('offhook-assistant');
    page.setDefaultTimeout(15_000);
  }

  async open(url: string): Promise<void> {
    await this.page.goto(`${url}/assistant`);
  }

  button(name: string): Locator {
    return this.card.getByRole('button', { name, exact: true });
  }

  async start(): Promise<void> {
    await this.button('Start talking').click();
    await this.isLive();
  }

  async isLive(): Promise<void> {
    await this.card.locator('section[data-status="live"]').waitFor();
  }

  /** Types a line and waits until it is in the transcript. */
  async types(text: string): Promise<void> {
    const lines = this.lines('user').filter({ hasText: text });
    const before = await lines.count();
    await this.card.getByLabel('Message').fill(text);
    await this.card.getByLabel('Message').press('Enter');
    await lines.nth(before).waitFor();
  }

  lines(who: 'user' | 'assistant' | 'tool'): Locator {
    return this.card.locator(`li.${who}`);
  }

  /** Until the assistant has said this, as far as the transcript shows. */
  async isTold(text: string | RegExp): Promise<void> {
    await this.lines('assistant').filter({ hasText: text }).last().waitFor();
  }

  /** What the card shows, line by line, without what is for screen readers. */
  async transcript(): Promise<string[]> {
    return this.card
      .locator('li')
      .evaluateAll((items) => items.map((item) => (item as HTMLElement).innerText.trim()));
  }

  field(name: 'people' | 'date' | 'name'): Promise<string> {
    return this.page.locator(`#booking [name="${name}"]`).inputValue();
  }

  /** Until the form holds something there; returns it. */
  async filled(name: 'people' | 'date' | 'name'): Promise<string> {
    await this.page.locator(`#booking [name="${name}"][data-filled]`).waitFor();
    return this.field(name);
  }

  async isBooked(): Promise<void> {
    await this.page.locator('#badge[data-state="booked"]').waitFor();
  }

  /** Listens until there is a voice, and returns what was heard then. */
  hearsVoice(): Promise<Hearing> {
    return hearUntil(this.page, isVoice, { ms: 600 });
  }
}

/** Loud enough, in the band of a voice, and no tone. */
export const isVoice = ({ dbfs, speech, purity, playing }: Hearing): boolean =>
  dbfs > -40 && speech > 0.5 && purity < 0.9 && playing;

/** `a voice at -21.3 dBFS, 86 % of it from 200 to 3400 Hz` */
export const describeVoice = ({ dbfs, speech }: Hearing): string =>
  `${speech > 0.5 ? 'a voice' : 'no voice'} at ${String(dbfs)} dBFS, ${String(Math.round(speech * 100))} % of it from 200 to 3400 Hz`;
