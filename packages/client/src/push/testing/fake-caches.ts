/** Cache Storage, as far as it is used. */
export class FakeCaches {
  readonly #entries = new Map<string, string>();

  delete(): Promise<boolean> {
    this.#entries.clear();
    return Promise.resolve(true);
  }

  open() {
    return Promise.resolve({
      put: async (at: string, response: Response) => {
        this.#entries.set(at, await response.text());
      },
      match: (at: string) => {
        const text = this.#entries.get(at);
        return Promise.resolve(text === undefined ? undefined : new Response(text));
      },
      delete: (at: string) => Promise.resolve(this.#entries.delete(at)),
    });
  }
}
