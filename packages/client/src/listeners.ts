/** Listeners on targets outside the SDK, with one owner: `dispose` removes them all. */
export class Listeners {
  readonly #undo: (() => void)[] = [];

  /** A missing target (no page) is none to listen on. */
  add(target: EventTarget | undefined, type: string, listener: (event: Event) => void): void {
    if (!target) {
      return;
    }
    target.addEventListener(type, listener);
    this.#undo.push(() => {
      target.removeEventListener(type, listener);
    });
  }

  dispose(): void {
    for (const undo of this.#undo.splice(0)) {
      undo();
    }
  }
}
