import type { MessageService, Messages, Reply } from '../messages.ts';
import type { Entry, Listed, Listing, Register } from '../register.ts';

/** What gateways of one process share in the place of Redis. */
export class InProcess {
  readonly nodes = new Map<string, InProcessNode>();
  readonly users = new Map<string, Map<string, string>>();
  readonly calling = new Map<string, Set<string>>();

  join(name: string): InProcessNode {
    const node = new InProcessNode(this, name);
    this.nodes.set(name, node);
    return node;
  }
}

/** One gateway's messages and register. What it writes and reads goes through JSON, as over the wire. */
class InProcessNode implements Messages, Register {
  readonly node: string;
  readonly works = true;
  readonly #all: InProcess;
  /** Who serves them: the others of this process find it here. */
  service: MessageService | null = null;

  constructor(all: InProcess, node: string) {
    this.#all = all;
    this.node = node;
  }

  serve(service: MessageService): void {
    this.service = service;
  }

  tell(to: string, body: unknown): void {
    const text = JSON.stringify(body);
    queueMicrotask(() => {
      this.#all.nodes.get(to)?.service?.told(this.node, JSON.parse(text));
    });
  }

  ask(to: string, body: unknown, settle: (reply: Reply) => void): void {
    const text = JSON.stringify(body);
    queueMicrotask(() => {
      const service = this.#all.nodes.get(to)?.service;
      if (!service) {
        settle({ ok: false, why: 'gone' });
        return;
      }
      try {
        service.asked(this.node, JSON.parse(text), (answer) => {
          const back = JSON.stringify(answer);
          queueMicrotask(() => {
            settle({ ok: true, body: JSON.parse(back) });
          });
        });
      } catch {
        settle({ ok: false, why: 'failed' });
      }
    });
  }

  put(listings: readonly Listing[]): Promise<readonly string[]> {
    const taken: string[] = [];
    for (const { user, ref, entry } of listings) {
      const sessions = this.#all.users.get(user) ?? new Map<string, string>();
      this.#all.users.set(user, sessions);
      const known = sessions.get(ref);
      const old = known === undefined ? null : (JSON.parse(known) as Entry);
      if (old && old.node !== this.node && old.epoch >= entry.epoch) {
        taken.push(ref);
      } else {
        sessions.set(ref, JSON.stringify(entry));
      }
    }
    return Promise.resolve(taken);
  }

  drop(user: string, ref: string): Promise<void> {
    const known = this.#all.users.get(user)?.get(ref);
    if (known !== undefined && (JSON.parse(known) as Entry).node === this.node) {
      this.#all.users.get(user)?.delete(ref);
    }
    return Promise.resolve();
  }

  find(user: string): Promise<readonly Listed[]> {
    const all = [...(this.#all.users.get(user) ?? [])];
    return Promise.resolve(
      all
        .map(([ref, text]) => ({ ref, entry: JSON.parse(text) as Entry }))
        .filter(({ entry }) => this.#all.nodes.has(entry.node)),
    );
  }

  get(user: string, ref: string): Promise<Entry | null> {
    const text = this.#all.users.get(user)?.get(ref);
    return Promise.resolve(text === undefined ? null : (JSON.parse(text) as Entry));
  }

  call(user: string, isCalled: boolean): Promise<void> {
    const callers = this.#all.calling.get(user) ?? new Set();
    this.#all.calling.set(user, callers);
    if (isCalled) {
      callers.add(this.node);
    } else {
      callers.delete(this.node);
    }
    return Promise.resolve();
  }

  callers(users: readonly string[]): Promise<readonly (readonly string[])[]> {
    const others = (user: string): string[] =>
      [...(this.#all.calling.get(user) ?? [])].filter((node) => node !== this.node);
    return Promise.resolve(users.map(others));
  }

  living(nodes: readonly string[]): Promise<ReadonlySet<string>> {
    return Promise.resolve(new Set(nodes.filter((node) => this.#all.nodes.has(node))));
  }

  leave(): Promise<void> {
    this.#all.nodes.delete(this.node);
    return Promise.resolve();
  }
}
