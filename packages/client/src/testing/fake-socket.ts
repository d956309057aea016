import { post } from './tasks.ts';

type Json = Record<string, unknown>;

/** A WebSocket whose far end is the test. */
export class FakeSocket {
  readonly url: string;
  readyState = 0;
  onopen: ((event: Event) => void) | null = null;
  onmessage: ((event: { data: unknown }) => void) | null = null;
  onerror: ((event: Event) => void) | null = null;
  onclose: ((event: CloseEvent) => void) | null = null;
  /** JSON frames that the client sent. */
  readonly sent: Json[] = [];
  readonly sentText: string[] = [];
  /** Called with each JSON frame after it was recorded. */
  onSent: ((frame: Json) => void) | undefined;
  /** Whether `close()` is answered; a dead path does not. */
  answersClose = true;

  constructor(url: string) {
    this.url = url;
  }

  send(text: string): void {
    this.sentText.push(text);
    if (!text.startsWith('{')) {
      return;
    }
    const frame = JSON.parse(text) as Json;
    this.sent.push(frame);
    this.onSent?.(frame);
  }

  close(): void {
    if (this.readyState >= 2) {
      return;
    }
    this.readyState = 2;
    if (this.answersClose) {
      post(() => {
        this.lose(1005);
      });
    }
  }

  // --- the far end

  open(): void {
    if (this.readyState !== 0) {
      return;
    }
    this.readyState = 1;
    this.onopen?.(new Event('open'));
  }

  /** A JSON frame from the gateway, or text. Dropped, as by a network, unless the socket is open. */
  receive(frame: Json | string): void {
    if (this.readyState !== 1) {
      return;
    }
    this.onmessage?.({ data: typeof frame === 'string' ? frame : JSON.stringify(frame) });
  }

  /** The socket is closed from outside, or a close is completed. */
  lose(code = 1006): void {
    if (this.readyState === 3) {
      return;
    }
    this.readyState = 3;
    const event = Object.assign(new Event('close'), { code, reason: '', wasClean: code !== 1006 });
    this.onclose?.(event);
  }

  /** The connection is refused or breaks: `error`, then `close`. */
  fail(): void {
    if (this.readyState === 3) {
      return;
    }
    this.onerror?.(new Event('error'));
    this.lose();
  }

  /** The last frame with this method that the client sent. */
  last(method: string): Json | undefined {
    return this.sent.findLast((frame) => frame['method'] === method);
  }

  /** Methods that the client sent, in order; a result counts as `ack`. */
  get methods(): string[] {
    return this.sent.map(({ method }) => (typeof method === 'string' ? method : 'ack'));
  }
}
