import { encodeSpeedTest, encodeSpeedTestResult, type SpeedTestFrame } from '@offhook/protocol';

/** Characters that one test may send each way. */
const MAX_SIZE = 262_144;
const BLOCK = 1024;

export interface SpeedTestSocket {
  /** `onSent` runs when the frame has left this process. */
  sendText(text: string, onSent?: () => void): void;
  monotonic(): number;
}

/**
 * The speed test of wire spec 8.17. Up: the time from the announcement to the end of what the client sends. Down: the time
 * in which as much, and no more than came, is handed to the network. One at a time; a new announcement starts over.
 */
export class SpeedTest {
  readonly #socket: SpeedTestSocket;
  #startedAt: number | null = null;
  #received = 0;

  constructor(socket: SpeedTestSocket) {
    this.#socket = socket;
  }

  /** False when the client sends more than a test may. */
  take(frame: SpeedTestFrame): boolean {
    switch (frame.step) {
      case 'upload':
        this.#startedAt = this.#socket.monotonic();
        this.#received = 0;
        return (frame.value ?? 0) <= MAX_SIZE;
      case 'block':
        this.#received += frame.size;
        return this.#startedAt !== null && this.#received <= MAX_SIZE;
      case 'end':
        this.#finish();
        return true;
      case 'download':
        return true;
    }
  }

  #finish(): void {
    if (this.#startedAt === null) {
      return;
    }
    const now = this.#socket.monotonic();
    this.#socket.sendText(encodeSpeedTestResult('upload', now - this.#startedAt));
    this.#startedAt = null;
    const blocks = Math.floor(this.#received / BLOCK);
    const done = (): void => {
      this.#socket.sendText(encodeSpeedTestResult('download', this.#socket.monotonic() - now));
    };
    if (blocks === 0) {
      done();
    }
    const block = encodeSpeedTest('block', BLOCK);
    for (let i = 1; i <= blocks; i++) {
      this.#socket.sendText(block, i === blocks ? done : undefined);
    }
  }
}
