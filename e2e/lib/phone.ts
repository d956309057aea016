import type { Page } from '@playwright/test';
import { testIds } from '../../apps/softphone/src/testids.ts';

const WAIT_MS = 10_000;
const ready = `[data-testid="${testIds.connectionState}"][data-state="ready"]`;

/** The web phone as a person uses it: only what is on the screen. */
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
    await this.click(testIds.signInAs(user));
    await this.isReady();
  }

  async isReady(): Promise<void> {
    await this.page.locator(ready).waitFor();
  }

  async dial(number: string): Promise<void> {
    // On a narrow screen the keypad may be behind its tab.
    if (!(await this.at(testIds.dialInput).isVisible())) {
      await this.click(testIds.tab('keypad'));
    }
    await this.at(testIds.dialInput).fill(number);
    await this.at(testIds.callButton).click();
  }

  /** Waits until a call is in this state. */
  async shows(state: string): Promise<void> {
    await this.page.locator(`[data-testid="call-card"][data-call-state="${state}"]`).waitFor();
  }

  async rings(): Promise<void> {
    await this.at(testIds.incoming).waitFor();
  }

  async showsNoCall(): Promise<void> {
    const live =
      '[data-testid="call-card"]:not([data-call-state="hangup"]):not([data-call-state="destroy"])';
    await this.page.locator(live).waitFor({ state: 'detached' });
    await this.at(testIds.incoming).waitFor({ state: 'detached' });
  }

  async click(testId: string): Promise<void> {
    await this.at(testId).first().click();
  }

  /** Keys on the pad of the call, one after another. */
  async press(digits: string): Promise<void> {
    await this.click(testIds.dtmfToggle);
    for (const digit of digits) {
      await this.click(testIds.dtmfKey(digit));
    }
    await this.click(testIds.dtmfToggle);
  }
}
