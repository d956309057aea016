/** Requests whose replies are still to be told apart; the oldest are forgotten. */
const MOST_REQUESTS = 200;

/** Says which frames on the client's socket belong to which call: those that name it, their replies, and those that name none. */
export class SignallingTrace {
  /** Request id → the call that it names. */
  readonly #requests = new Map<string, string | undefined>();

  /** The frame, parsed, and the call it is about; null for what is no message of signalling. */
  read(text: string): { readonly frame: unknown; readonly callId: string | undefined } | null {
    // Debug reports go by the same socket, and would tell of themselves.
    if (!text.startsWith('{') || text.includes('"debug_report_')) {
      return null;
    }
    let frame: { readonly id?: unknown; readonly method?: unknown };
    try {
      frame = JSON.parse(text) as typeof frame;
    } catch {
      return null;
    }
    const id = String(frame.id);
    const named = /"callID":"([^"]+)"/.exec(text)?.[1];
    if (frame.method === undefined) {
      const callId = named ?? this.#requests.get(id);
      // A reply to a debug report's frame: its request was left out as well.
      if (named === undefined && !this.#requests.has(id)) {
        return null;
      }
      this.#requests.delete(id);
      return { frame, callId };
    }
    this.#requests.set(id, named);
    const [oldest] = this.#requests.keys();
    if (this.#requests.size > MOST_REQUESTS && oldest !== undefined) {
      this.#requests.delete(oldest);
    }
    return { frame, callId: named };
  }
}
