/** `dist/offhook-phone.js`, for a script tag: the element with the SDK inside. Beside `offhook.global.js` it uses that one's client. */
import { TelnyxRTC } from '../client.ts';
import { browserPlatform } from '../platform.ts';
import { definePhone } from './define.ts';
import { PhoneElement } from './phone-element.ts';

definePhone(
  class extends PhoneElement {
    constructor() {
      super({
        platform: browserPlatform,
        createClient: (options) => {
          const loaded = globalThis as { TelnyxWebRTC?: { TelnyxRTC?: typeof TelnyxRTC } };
          const { TelnyxRTC: Beside } = loaded.TelnyxWebRTC ?? {};
          // The original has the same name, and less than the element needs.
          const isOurs = Beside && 'sessionState' in Beside.prototype;
          return new (isOurs ? Beside : TelnyxRTC)(options);
        },
      });
    }
  },
);
