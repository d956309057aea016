/** What jsdom leaves out and the phone uses. */
export function installBrowserStubs(): void {
  const dialog = HTMLDialogElement.prototype as Partial<HTMLDialogElement>;
  dialog.showModal ??= function (this: HTMLDialogElement) {
    this.open = true;
  };
  dialog.close ??= function (this: HTMLDialogElement) {
    this.open = false;
  };
  const element = Element.prototype as Partial<Element>;
  element.checkVisibility ??= () => true;
  const page = globalThis as { matchMedia?: typeof matchMedia; CSS?: unknown };
  page.matchMedia ??= (query: string) =>
    Object.assign(new EventTarget(), {
      // A desktop in daylight.
      matches: query.includes('pointer: fine'),
      media: query,
    }) as MediaQueryList;
  page.CSS ??= { escape: (text: string) => text };
}
