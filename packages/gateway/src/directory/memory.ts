import type { Directory } from './directory.ts';

const NOBODY: readonly never[] = [];

/** The directory of one process. Nearly every user has one session, so that a list of one is the common case. */
export class MemoryDirectory<S> implements Directory<S> {
  readonly #sessions = new Map<string, readonly S[]>();

  get users(): number {
    return this.#sessions.size;
  }

  register(user: string, session: S): void {
    const known = this.sessionsOf(user);
    if (!known.includes(session)) {
      this.#sessions.set(user, [...known, session]);
    }
  }

  unregister(user: string, session: S): void {
    const left = this.sessionsOf(user).filter((each) => each !== session);
    if (left.length === 0) {
      this.#sessions.delete(user);
    } else {
      this.#sessions.set(user, left);
    }
  }

  sessionsOf(user: string): readonly S[] {
    return this.#sessions.get(user) ?? NOBODY;
  }

  /** There is no elsewhere. */
  awaits(): void {
    return undefined;
  }

  everywhere(user: string): readonly S[] {
    return this.sessionsOf(user);
  }
}
