import { once } from 'node:events';

/** A WebSocket without manners: sends what it is told, and keeps what comes back. */
export class RawSocket {
  readonly received: string[] = [];
  readonly #socket: WebSocket;
  readonly #closed: Promise<{ code: number; reason: string }>;
  #nextId = 1;

  static async open(host: string): Promise<RawSocket> {
    const socket = new WebSocket(host);
    await once(socket, 'open');
    return new RawSocket(socket);
  }

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.addEventListener('message', ({ data }) => this.received.push(String(data)));
    this.#closed = new Promise((resolve) => {
      socket.addEventListener('close', ({ code, reason }) => resolve({ code, reason }));
    });
  }

  send(text: string): void {
    this.#socket.send(text);
  }

  /** Sends a request and returns its reply. */
  async ask(method: string, params: object): Promise<Record<string, unknown>> {
    const id = `raw-${String(this.#nextId)}`;
    this.#nextId += 1;
    this.send(JSON.stringify({ jsonrpc: '2.0', id, method, params }));
    return this.until((frame) => frame['id'] === id);
  }

  /** The first frame, past or future, that fits. */
  async until(fits: (frame: Record<string, unknown>) => boolean): Promise<Record<string, unknown>> {
    for (let seen = 0; ;) {
      for (; seen < this.received.length; seen += 1) {
        const frame = JSON.parse(this.received[seen] ?? '') as Record<string, unknown>;
        if (fits(frame)) {
          return frame;
        }
      }
      const signal = AbortSignal.timeout(5000);
      await Promise.race([once(this.#socket, 'message', { signal }), this.#closed]);
      if (this.#socket.readyState !== WebSocket.OPEN && seen >= this.received.length) {
        throw new Error('The socket was closed before the frame came.');
      }
    }
  }

  /** How the other side closed it. */
  get closed(): Promise<{ code: number; reason: string }> {
    return this.#closed;
  }

  close(): void {
    this.#socket.close();
  }
}
