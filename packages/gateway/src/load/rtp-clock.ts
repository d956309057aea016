const FRAME_MS = 20;
const STEP_MS = 2;
const SLOTS = FRAME_MS / STEP_MS;

/**
 * Calls each of its members every 20 ms. They are spread over the 20 ms as people are: all at once would measure how long a
 * queue of packets is, not what a gateway does with one.
 */
export class RtpClock {
  readonly #slots: Set<() => void>[] = Array.from({ length: SLOTS }, () => new Set());
  #timer: NodeJS.Timeout | null = null;
  #next = 0;
  #slot = 0;
  #members = 0;

  /** Returns its undo. */
  add(tick: () => void): () => void {
    const slot = this.#slots.reduce((least, each) => (each.size < least.size ? each : least));
    slot.add(tick);
    this.#members += 1;
    this.#timer ??= this.#start();
    return () => {
      if (!slot.delete(tick)) {
        return;
      }
      this.#members -= 1;
      if (this.#members === 0) {
        this.#stop();
      }
    };
  }

  #start(): NodeJS.Timeout {
    this.#next = performance.now() + STEP_MS;
    return setInterval(() => {
      this.#run();
    }, 1);
  }

  #stop(): void {
    if (this.#timer !== null) {
      clearInterval(this.#timer);
    }
    this.#timer = null;
  }

  /** As many steps as time has passed; a late timer makes up for what it missed. */
  #run(): void {
    for (; this.#next <= performance.now(); this.#next += STEP_MS) {
      this.#slot = (this.#slot + 1) % SLOTS;
      for (const tick of this.#slots[this.#slot] ?? []) {
        tick();
      }
    }
  }
}
