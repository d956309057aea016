import type { CallSummary, ShownNames } from '@offhook/protocol';
import type { Assistant } from '../assistants/definition.ts';
import type { Users } from '../auth/users.ts';

export interface NamesDeps {
  readonly users: Pick<Users, 'get'>;
  readonly assistants: { get(id: string): Pick<Assistant, 'name'> | undefined };
}

type Named = Pick<CallSummary, 'caller' | 'callee' | 'service'>;

/** The names that people know, of the users and assistants in calls. A name that is the id is left out. */
export class Names {
  readonly #deps: NamesDeps;

  constructor(deps: NamesDeps) {
    this.#deps = deps;
  }

  /** Adds the names to an answer, where there are any. */
  with<T extends object>(answer: T, calls: readonly Named[]): T & { readonly names?: ShownNames } {
    const ids = calls.flatMap(({ caller, callee, service }) => [caller, callee, service]);
    const found = [...new Set(ids)].flatMap((id) => {
      const name = id === null ? null : this.#nameOf(id);
      return id === null || name === null || name === id ? [] : [[id, name] as const];
    });
    return found.length === 0 ? answer : { ...answer, names: Object.fromEntries(found) };
  }

  #nameOf(id: string): string | null {
    const assistant = /^assistant:(.+)$/.exec(id)?.[1];
    if (assistant !== undefined) {
      return this.#deps.assistants.get(assistant)?.name ?? null;
    }
    try {
      return this.#deps.users.get(id)?.displayName ?? null;
    } catch {
      // The database of users fails, which others say: calls are shown by ids then.
      return null;
    }
  }
}

/** Everybody in a call, those too whose devices only rang. */
export function partiesOf(
  legs: readonly { readonly user: string }[],
  service: string | null,
): Named[] {
  return legs.map(({ user }) => ({ caller: user, callee: null, service }));
}
