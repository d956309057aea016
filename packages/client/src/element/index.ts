/**
 * `@offhook/client/assistant-element`: defines `<offhook-assistant>`. As one script, with the SDK inside: `dist/offhook-assistant.js`.
 */
import { install } from '../assistant/attach.ts';
import { OffhookAssistant } from './assistant-element.ts';

install();

const NAME = 'offhook-assistant';
const registry = (globalThis as { customElements?: CustomElementRegistry }).customElements;
if (registry && !registry.get(NAME)) {
  registry.define(NAME, OffhookAssistant);
}

export { OffhookAssistant, type AssistantElementEvents } from './assistant-element.ts';
export type { AssistantTexts } from './texts.ts';

declare global {
  interface HTMLElementTagNameMap {
    'offhook-assistant': OffhookAssistant;
  }
}
