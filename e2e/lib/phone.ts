import type { Page } from '@playwright/test';

const WAIT_MS = 10_000;

/** The web phone as a person uses it: only what is on the screen. Names are those of apps/softphone/src/testids.ts. */
export class Phone {
  readonly page: Page;

  constructor(page: Page) {
    this.page = page;
    page.setDefaultTimeout(WAIT_MS);
  }

  at(testId: string) {
    return this.page.getByTestId(testId);
  }

  /** Opens the phone and signs in with the one-click button of a demo user. */
  async signIn(url: string, user: string): Promise<void> {
    await this.page.goto(url);
    await this.at(`signin-${user}`).click();
    await this.at('call-button').waitFor();
  }

  async dial(number: string): Promise<void> {
    await this.at('dial-input').fill(number);
    await this.at('call-button').click();
  }

  /** Waits until a call is in this state. */
  async shows(state: string): Promise<void> {
    await this.page.locator(`[data-testid="call-card"][data-call-state="${state}"]`).waitFor();
  }

  async rings(): Promise<void> {
    await this.at('incoming').waitFor();
  }

  async showsNoCall(): Promise<void> {
    const live =
      '[data-testid="call-card"]:not([data-call-state="hangup"]):not([data-call-state="destroy"])';
    await this.page.locator(live).waitFor({ state: 'detached' });
    await this.at('incoming').waitFor({ state: 'detached' });
  }

  async click(testId: string): Promise<void> {
    await this.at(testId).first().click();
  }

  /** Keys on the pad of the call, one after another. */
  async press(digits: string): Promise<void> {
    await this.click('dtmf-toggle');
    for (const digit of digits) await this.at('call-card').getByTestId(`dial-key-${digit}`).click();
    await this.click('dtmf-toggle');
  }
}
