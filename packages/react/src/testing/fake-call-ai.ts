import type { AssistantState, SaidEntry, ToolHandler, TranscriptEntry } from '@offhook/client/ai';

type Listener = (...args: unknown[]) => void;

/** `call.ai` in the hands of a test. */
export class FakeCallAi {
  state: AssistantState = 'connecting';
  info = null;
  callerSpeaking = false;
  readonly tools = new Map<string, ToolHandler<unknown>>();
  #entries: readonly TranscriptEntry[] = [];
  readonly #listeners = new Map<string, Set<Listener>>();

  readonly transcript = {
    subscribe: (listener: () => void) => this.on('change', listener),
    getSnapshot: () => this.#entries,
  };

  get listenerCount(): number {
    return [...this.#listeners.values()].reduce((sum, set) => sum + set.size, 0);
  }

  on(event: string, listener: Listener): () => void {
    const set = this.#listeners.get(event) ?? new Set();
    this.#listeners.set(event, set.add(listener));
    return () => void set.delete(listener);
  }

  tool(name: string, _schema: unknown, handler: ToolHandler<unknown>): () => void {
    this.tools.set(name, handler);
    return () => void this.tools.delete(name);
  }

  interrupt(): boolean {
    return this.state === 'speaking';
  }

  to(state: AssistantState): void {
    const before = this.state;
    this.state = state;
    this.#emit('state', state, before);
    this.#emit(state);
  }

  say(id: string, text: string): void {
    const said: SaidEntry = {
      ...{ id, role: 'assistant', text, final: true, interrupted: false, failed: false },
      ...{ typed: false, images: [], at: 0 },
    };
    this.#entries = [...this.#entries, said];
    this.#emit('transcript', said);
    this.#emit('change');
  }

  #emit(event: string, ...args: unknown[]): void {
    for (const listener of [...(this.#listeners.get(event) ?? [])]) {
      listener(...args);
    }
  }
}
