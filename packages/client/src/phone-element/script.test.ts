// @vitest-environment jsdom
import { afterEach, expect, it, vi } from 'vitest';
import { settle } from '../testing/fake-clock.ts';
import type { PhoneElement } from './phone-element.ts';

const { prototype } = CSSStyleSheet;
// jsdom has no constructable style sheets.
Object.assign(prototype, { replaceSync: () => undefined });

afterEach(() => {
  document.body.replaceChildren();
  vi.unstubAllGlobals();
});

it('takes the client of our script beside it, and no other one of that name', async () => {
  await import('./script.ts');
  const made: string[] = [];
  const place = async (): Promise<unknown> => {
    document.body.innerHTML =
      '<offhook-phone host="ws://127.0.0.1:9" login="1001" password="x"></offhook-phone>';
    await settle();
    const { client } = document.querySelector('offhook-phone') as PhoneElement;
    return client;
  };
  // A socket that does not open.
  vi.stubGlobal(
    'WebSocket',
    class extends EventTarget {
      close = (): void => undefined;
    },
  );
  // The original, on a page that moves.
  class Original {
    constructor() {
      made.push('original');
    }
    connect = (): void => undefined;
  }
  vi.stubGlobal('TelnyxWebRTC', { TelnyxRTC: Original });
  const own = await place();
  expect(made).toEqual([]);
  expect(own).toHaveProperty('sessionState');
  const { TelnyxRTC } = await import('../client.ts');
  class Ours extends TelnyxRTC {}
  vi.stubGlobal('TelnyxWebRTC', { TelnyxRTC: Ours });
  expect(await place()).toBeInstanceOf(Ours);
});
