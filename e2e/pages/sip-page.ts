/** What pages of somebody else's do, each with its SIP library. */
export interface SipPage {
  /** Settles when it is registered. */
  signIn(who: SipAccount): Promise<void>;
  signOut(): Promise<void>;
  dial(number: string): void;
  answer(): void;
  hangup(): void;
  hold(on: boolean): void;
  press(digit: string): void;
  /** Of the last call. */
  readonly state: SipPageState;
  /** The far party's, by INFO. */
  readonly digits: string;
}

export type SipPageState = 'none' | 'rings' | 'confirmed' | 'ended';

export interface SipAccount {
  readonly url: string;
  readonly user: string;
  readonly domain: string;
  /** What it signs in as. */
  readonly login: string;
  readonly password: string;
}

declare global {
  interface Window {
    readonly sipPage: SipPage;
  }
}
