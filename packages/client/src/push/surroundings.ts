/** What push takes from its surroundings: of a page, or of a service worker, where there is no window. Read when it is used. */
export const surroundings = {
  /** Undefined where there is none: in an insecure context, outside a browser. */
  get serviceWorker(): ServiceWorkerContainer | undefined {
    const { navigator: own } = globalThis as { readonly navigator?: Partial<Navigator> };
    return own?.serviceWorker;
  },
  fetch(url: string, init?: RequestInit): Promise<Response> {
    return fetch(url, init);
  },
  /** Returns its undo. */
  later(callback: () => void, ms: number): () => void {
    const timer = setTimeout(callback, ms);
    return () => {
      clearTimeout(timer);
    };
  },
};
