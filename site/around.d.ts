/** What stands around the blocks of code in our texts: an application's own names, and what the browser's types make stricter than a page on a subject needs. */
import type { Call, TelnyxRTC } from '@offhook/client';
import type { PhoneElement } from '@offhook/client/element';

declare global {
  const client: TelnyxRTC;
  const call: Call;
  const otherCall: Call;

  const microphoneId: string;
  const speakerId: string;
  function fetchToken(): Promise<string>;
  function show(...what: unknown[]): void;
  function showCard(...what: unknown[]): void;
  function append(...what: unknown[]): void;
  function close(...what: unknown[]): void;
  function forget(id: string): void;
  function redraw(list: readonly unknown[]): void;
  function draw(...what: unknown[]): void;
  function render(...what: unknown[]): void;
  function flash(): void;
  function openCustomer(number: string): void;
  function setBooking(booking: unknown): void;

  const phone: PhoneElement;
  const button: HTMLButtonElement;
  const form: Record<string, HTMLInputElement>;
  /** A JSON Schema of the page's own. */
  const schema: { readonly type: 'object' };

  interface ParentNode {
    // eslint-disable-next-line @typescript-eslint/no-explicit-any -- a text on calls does not narrow elements
    querySelector(selectors: string): any;
  }

  /** Vue's, in `<script setup>`. */
  function defineProps(names: string[]): Record<string, string>;
}
