/** Bodies that are being received or stored lie in memory: so many bytes of all at once. */
const MAX_BYTES = 64 * 1024 * 1024;
const MAX_PER_SESSION = 4;

/** Uploads between their head and their answer, each with the bytes that it may bring. */
export class UploadsUnderWay {
  readonly #ofSession = new Map<string, number>();
  #bytes = 0;

  /** @returns what ends it, which does so once; or why it has to wait */
  enter(session: string, bytes: number): (() => void) | 'session_busy' | 'uploads_full' {
    const others = this.#ofSession.get(session) ?? 0;
    if (others >= MAX_PER_SESSION) return 'session_busy';
    if (this.#bytes + bytes > MAX_BYTES) return 'uploads_full';
    this.#ofSession.set(session, others + 1);
    this.#bytes += bytes;
    let left = false;
    return () => {
      if (left) return;
      left = true;
      this.#bytes -= bytes;
      const rest = (this.#ofSession.get(session) ?? 1) - 1;
      if (rest === 0) this.#ofSession.delete(session);
      else this.#ofSession.set(session, rest);
    };
  }
}
