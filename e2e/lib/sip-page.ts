import { expect, type Page } from '@playwright/test';
import type { SipAccount, SipPageState } from '../pages/sip-page.ts';
import { hearSilence, hearTone, isSilent, notTone } from './audio.ts';
import { listenable } from './browser.ts';
import type { BrowserOf } from './browser-of.ts';
import { bundle } from './bundle.ts';
import type { CallView, Party } from './party.ts';
import type { Site } from './site.ts';

const PAGE_HZ = 2000;

/** Libraries of npm that pages speak SIP with. */
export const SIP_LIBRARIES = ['jssip', 'sipjs'] as const;
export type SipLibrary = (typeof SIP_LIBRARIES)[number];

/** A page of somebody else's that speaks SIP by itself, as a test sees it. */
export class SipPageView {
  readonly #page: Page;
  readonly #user: string;

  /** Opens a page that signs in. */
  static async open(
    library: SipLibrary,
    who: SipAccount,
    { browserOf, site }: { browserOf: BrowserOf; site: Site },
  ): Promise<SipPageView> {
    const context = await listenable(await browserOf(PAGE_HZ));
    const page = await context.newPage();
    try {
      await page.goto(site.url('offhook'));
      await page.addScriptTag({ content: await bundle(`pages/${library}.ts`) });
      await page.evaluate((account) => window.sipPage.signIn(account), who);
      return new SipPageView(page, who.user);
    } catch (error) {
      await context.close();
      throw error;
    }
  }

  private constructor(page: Page, user: string) {
    this.#page = page;
    this.#user = user;
  }

  async close(): Promise<void> {
    await this.#page.evaluate(() => window.sipPage.signOut());
    await this.#page.context().close();
  }

  /** It calls, is heard, sends a digit, holds, and is hung up on. */
  async calls(ann: Party): Promise<void> {
    await this.#page.evaluate((number) => {
      window.sipPage.dial(number);
    }, ann.user);
    const call = await ann.incoming();
    expect((await call.record()).remoteNumber).toBe(this.#user);
    await call.answer();
    await this.#is('confirmed');
    await this.#bothHear(ann);
    await this.#page.evaluate(() => {
      window.sipPage.press('7');
    });
    await expect.poll(() => ann.frames.digits).toBe('7');
    await this.#page.evaluate(() => {
      window.sipPage.hold(true);
    });
    await expect
      .poll(() => ann.frames.received('offhook').map(({ event }) => event))
      .toEqual(['remote_held']);
    await ann.hearsSilence();
    await this.#page.evaluate(() => {
      window.sipPage.hold(false);
    });
    await this.#bothHear(ann);
    await call.hangup();
    await this.#is('ended');
  }

  /** It is called, answers, gets digits, is held, and hangs up. */
  async isCalled(ann: Party): Promise<void> {
    const call = await this.#rings(ann);
    await this.#page.evaluate(() => {
      window.sipPage.answer();
    });
    await call.reaches('active');
    await this.#bothHear(ann);
    await call.invoke('dtmf', '42');
    await expect.poll(() => this.#page.evaluate(() => window.sipPage.digits)).toBe('42');
    await call.invoke('hold');
    expect(isSilent(await hearSilence(this.#page))).toBe(true);
    await call.invoke('unhold');
    await this.#hears(ann);
    await this.#hangsUp();
    expect(await call.ended()).toMatchObject({ cause: 'NORMAL_CLEARING', causeCode: 16 });
  }

  /** It is called and says no. Returns the call as who called it knows it. */
  async refuses(ann: Party) {
    const call = await this.#rings(ann);
    await this.#hangsUp();
    return call.ended();
  }

  async #rings(ann: Party): Promise<CallView> {
    const call = await ann.dial(this.#user);
    await this.#is('rings');
    return call;
  }

  #hangsUp(): Promise<void> {
    return this.#page.evaluate(() => {
      window.sipPage.hangup();
    });
  }

  async #is(state: SipPageState): Promise<void> {
    await expect.poll(() => this.#page.evaluate(() => window.sipPage.state)).toBe(state);
  }

  async #bothHear(ann: Party): Promise<void> {
    await Promise.all([ann.hears(PAGE_HZ), this.#hears(ann)]);
  }

  async #hears({ frequency }: Party): Promise<void> {
    expect(notTone(await hearTone(this.#page, frequency), frequency)).toBeUndefined();
  }
}
