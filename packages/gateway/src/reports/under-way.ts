/** Bodies that are being received or stored lie in memory: so many bytes of all at once. */
const MAX_BYTES = 64 * 1024 * 1024;
/** What one session may have under way: its largest upload (16 MiB) beside small ones, or many of those, as when all of its calls end at once. */
const MAX_BYTES_PER_SESSION = 24 * 1024 * 1024;

/** Uploads between their head and their answer, each with the bytes that it may bring. */
export class UploadsUnderWay {
  readonly #ofSession = new Map<string, number>();
  #bytes = 0;

  /** @returns what ends it, which does so once; or why it has to wait */
  enter(session: string, bytes: number): (() => void) | 'session_busy' | 'uploads_full' {
    const others = this.#ofSession.get(session) ?? 0;
    if (others > 0 && others + bytes > MAX_BYTES_PER_SESSION) {
      return 'session_busy';
    }
    if (this.#bytes + bytes > MAX_BYTES) {
      return 'uploads_full';
    }
    this.#ofSession.set(session, others + bytes);
    this.#bytes += bytes;
    let left = false;
    return () => {
      if (left) {
        return;
      }
      left = true;
      this.#bytes -= bytes;
      const rest = (this.#ofSession.get(session) ?? 0) - bytes;
      if (rest > 0) {
        this.#ofSession.set(session, rest);
      } else {
        this.#ofSession.delete(session);
      }
    };
  }
}
