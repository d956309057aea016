/** `@offhook/client/element`: defines `<offhook-phone>`. As one script, with the SDK inside: `dist/offhook-phone.js`. */
import { TelnyxRTC } from '../client.ts';
import { browserPlatform } from '../platform.ts';
import { definePhone } from './define.ts';
import { PhoneElement } from './phone-element.ts';

/** See {@link PhoneElement} for its attributes. */
export class OffhookPhone extends PhoneElement {
  constructor() {
    super({ platform: browserPlatform, createClient: (options) => new TelnyxRTC(options) });
  }
}

definePhone(OffhookPhone);

export type { PhoneElement, PhoneElementEvents } from './phone-element.ts';
export type {
  ChosenDevices,
  Ending,
  PhoneCall,
  PhoneCallStatus,
  PhoneDevice,
  PhoneProblem,
  PhoneState,
  PhoneStatus,
  QualityHint,
} from './phone-state.ts';
export type { OwnPhoneTexts, PhoneTexts } from './texts.ts';

declare global {
  interface HTMLElementTagNameMap {
    'offhook-phone': OffhookPhone;
  }
}
