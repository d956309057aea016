const NAME = 'offhook-phone';

/** Defines the element, once a page; nothing on a server. */
export function definePhone(element: CustomElementConstructor): void {
  const registry = (globalThis as { customElements?: CustomElementRegistry }).customElements;
  if (registry && !registry.get(NAME)) {
    registry.define(NAME, element);
  }
}
