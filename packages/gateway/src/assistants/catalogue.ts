import { lookup } from 'node:dns';
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import type { LookupFunction } from 'node:net';
import * as v from 'valibot';
import { AssistantSchema } from './definition.ts';
import type { Assistant, AssistantVersion } from './definition.ts';
import type { TargetPolicy } from './target-policy.ts';

export interface Found {
  readonly assistant: Assistant;
  readonly version: AssistantVersion;
  /** How names of hosts are looked up that it connects to. */
  readonly lookup: LookupFunction;
}

/** What is wrong with a definition, with the place. */
export class DefinitionError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'DefinitionError';
  }
}

/**
 * The assistants of this gateway: those of the configuration, which only an operator changes, and those that administrators made, which a
 * file of ours keeps. A version, once there, does not change: a change is another version.
 */
export class Catalogue {
  readonly #fixed: ReadonlyMap<string, Assistant>;
  readonly #own = new Map<string, Assistant>();
  /** Kept, and not used: what an earlier policy allowed. */
  readonly #barred = new Map<string, Assistant>();
  readonly #policy: TargetPolicy;
  readonly #path: string | null;

  /**
   * @param path where assistants of administrators are kept; null: nowhere
   * @throws {DefinitionError}
   */
  constructor(fixed: readonly Assistant[], path: string | null, policy: TargetPolicy) {
    this.#policy = policy;
    this.#fixed = new Map(fixed.map((each) => [each.id, each]));
    this.#path = path;
    if (path === null) {
      return;
    }
    for (const each of readKept(path)) {
      const kept = policy.objection(each) === null ? this.#own : this.#barred;
      kept.set(each.id, each);
    }
  }

  /** Assistants that administrators made and may not be used any more, with what is wrong with each. */
  barred(): readonly (readonly [id: string, objection: string])[] {
    return [...this.#barred.values()].map(
      (each) => [each.id, this.#policy.objection(each) ?? ''] as const,
    );
  }

  get size(): number {
    return this.#fixed.size + this.#own.size;
  }

  all(): readonly Assistant[] {
    return [...this.#fixed.values(), ...this.#own.values()];
  }

  get(id: string): Assistant | undefined {
    return this.#fixed.get(id) ?? this.#own.get(id);
  }

  find(id: string, version?: string): Found | null {
    const assistant = this.get(id);
    if (!assistant) {
      return null;
    }
    const wanted = version ?? assistant.current;
    const found =
      wanted === undefined
        ? assistant.versions.at(-1)
        : assistant.versions.find((each) => each.version === wanted);
    if (!found) {
      return null;
    }
    return {
      assistant,
      version: found,
      lookup: this.#fixed.has(id) ? lookup : this.#policy.lookup,
    };
  }

  /** By a number that signed-in users dial. */
  dialled(name: string): Assistant | null {
    const id = /^assistant:(.+)$/.exec(name)?.[1];
    if (id !== undefined) {
      return this.get(id) ?? null;
    }
    return this.all().find(({ numbers }) => numbers.includes(name)) ?? null;
  }

  /**
   * Adds an assistant, or versions to one.
   * @throws {DefinitionError}
   */
  put(definition: unknown): Assistant {
    const next = parseAssistant(definition);
    if (this.#fixed.has(next.id)) {
      throw new DefinitionError(`${next.id} is in the configuration file: change it there`);
    }
    const objection = this.#policy.objection(next);
    if (objection !== null) {
      throw new DefinitionError(objection);
    }
    for (const kept of this.#own.get(next.id)?.versions ?? []) {
      const same = next.versions.find((each) => each.version === kept.version);
      if (JSON.stringify(same) !== JSON.stringify(kept)) {
        throw new DefinitionError(
          `version ${kept.version} stays as it is: put a change under another version`,
        );
      }
    }
    this.#own.set(next.id, next);
    this.#barred.delete(next.id);
    this.#keep();
    return next;
  }

  /** False when there is none that may be removed. */
  remove(id: string): boolean {
    const barred = this.#barred.delete(id);
    if (!this.#own.delete(id) && !barred) {
      return false;
    }
    this.#keep();
    return true;
  }

  #keep(): void {
    if (this.#path === null) {
      return;
    }
    const text = JSON.stringify([...this.#own.values(), ...this.#barred.values()], undefined, 2);
    const draft = `${this.#path}.new`;
    writeFileSync(draft, `${text}\n`, { mode: 0o600 });
    renameSync(draft, this.#path);
  }
}

/** @throws {DefinitionError} */
export function parseAssistant(definition: unknown): Assistant {
  const parsed = v.safeParse(AssistantSchema, definition);
  if (parsed.success) {
    return parsed.output;
  }
  const [issue] = parsed.issues;
  const path = (issue.path ?? []).map((item) => String(item.key)).join('.');
  throw new DefinitionError(`${path === '' ? 'the assistant' : path}: ${issue.message}`);
}

function readKept(path: string): readonly Assistant[] {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') {
      return [];
    }
    throw new DefinitionError(`${path} cannot be read`);
  }
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    throw new DefinitionError(`${path} is not JSON`);
  }
  if (!Array.isArray(parsed)) {
    throw new DefinitionError(`${path} must hold a list`);
  }
  return parsed.map(parseAssistant);
}
