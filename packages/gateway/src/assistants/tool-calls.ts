import type { LookupFunction } from 'node:net';
import type { ServiceGuard } from '../services/service.ts';
import type { AiEventBody } from '@offhook/protocol';
import type { Tool } from './definition.ts';
import type { EngineClock } from './engine.ts';
import { isOk, post, refusal, textOf } from '../http-post.ts';
import { bearer, readSecret } from './secrets.ts';

export interface ToolCallsDeps {
  readonly tools: readonly Tool[];
  readonly timeoutMs: number;
  readonly clock: EngineClock;
  readonly lookup: LookupFunction;
  readonly guard: ServiceGuard;
  readonly tell: (event: AiEventBody) => void;
  /** Hands the caller over. Resolves with null when that is done, else with why not. */
  readonly transfer: (destination: string) => Promise<string | null>;
  /** Once a call, whatever happened. */
  readonly onOutput: (call: ToolCall, output: string) => void;
}

export interface ToolCall {
  readonly id: string;
  readonly name: string;
  readonly args: string;
}

interface Pending extends ToolCall {
  readonly cancel: () => void;
}

const MAX_OUTPUT = 65_536;
/** At once; a model that asks for more is answered that it may not. */
const MAX_PENDING = 16;

/** Tools that an engine asks for: run by the caller's page, or by an address of the operator's. */
export class ToolCalls {
  readonly #deps: ToolCallsDeps;
  readonly #pending = new Map<string, Pending>();
  /** What the page said that it can run; null: it did not say. */
  #pageTools: ReadonlySet<string> | null = null;

  constructor(deps: ToolCallsDeps) {
    this.#deps = deps;
  }

  /** Those that an engine may call now. */
  get available(): readonly Tool[] {
    return this.#deps.tools.filter((tool) => this.#canRun(tool)).map(withTargets);
  }

  declare(names: readonly string[]): { accepted: readonly string[]; refused: readonly string[] } {
    const known = new Set(
      this.#deps.tools.filter(({ run }) => run === 'page').map(({ name }) => name),
    );
    const accepted = names.filter((name) => known.has(name));
    this.#pageTools = new Set(accepted);
    return { accepted, refused: names.filter((name) => !known.has(name)) };
  }

  call(call: ToolCall): void {
    const { tools, timeoutMs, clock, guard, onOutput } = this.#deps;
    const tool = tools.find(({ name }) => name === call.name);
    const refusal = !tool
      ? `there is no tool ${call.name}`
      : this.#pending.size >= MAX_PENDING || this.#pending.has(call.id)
        ? 'too many tools at once'
        : this.#canRun(tool)
          ? null
          : 'the page of the caller cannot run this tool';
    if (!tool || refusal !== null) {
      onOutput(call, JSON.stringify({ error: refusal }));
      return;
    }
    if (tool.run !== 'page' && 'transfer' in tool.run) {
      this.#handOver(call, tool.run.transfer);
      return;
    }
    const abort = new AbortController();
    const cancelTimer = clock.schedule(() => {
      this.#settle(call.id, JSON.stringify({ error: 'the tool did not answer in time' }), true);
    }, timeoutMs);
    this.#pending.set(call.id, {
      ...call,
      cancel: () => {
        cancelTimer();
        abort.abort();
      },
    });
    if (tool.run === 'page') {
      this.#tellCall(call);
    } else {
      const { run } = tool;
      guard.settle(() => this.#ask(call, run, abort.signal));
    }
  }

  /** Only by a name of the configuration: what a caller talks the assistant into is no number. The ringing has a limit of its own. */
  #handOver(call: ToolCall, targets: Readonly<Record<string, string>>): void {
    const given = argumentsOf(call.args);
    const to = typeof given === 'object' && given !== null && 'to' in given ? given.to : undefined;
    const destination = typeof to === 'string' && Object.hasOwn(targets, to) ? targets[to] : null;
    if (destination === null || destination === undefined) {
      const error = `to must be one of ${Object.keys(targets).join(', ')}`;
      this.#deps.onOutput(call, JSON.stringify({ error }));
      return;
    }
    this.#pending.set(call.id, { ...call, cancel: () => undefined });
    this.#deps.guard.settle(async () => {
      const failure = await this.#deps.transfer(destination);
      const output = failure === null ? { done: true } : { error: `not connected: ${failure}` };
      this.#settle(call.id, JSON.stringify(output), false);
    });
  }

  /** A page's answer. False when nobody waits for it. */
  output(id: string, output: string): boolean {
    return this.#settle(id, output, false);
  }

  /** The page may have missed them. */
  tellAgain(): void {
    for (const call of this.#pending.values()) {
      const tool = this.#deps.tools.find(({ name }) => name === call.name);
      if (tool?.run === 'page') {
        this.#tellCall(call);
      }
    }
  }

  dispose(): void {
    for (const { cancel } of this.#pending.values()) {
      cancel();
    }
    this.#pending.clear();
  }

  #canRun({ name, run }: Tool): boolean {
    return run !== 'page' || this.#pageTools === null || this.#pageTools.has(name);
  }

  #tellCall({ id, name, args }: ToolCall): void {
    this.#deps.tell({
      type: 'conversation.item.created',
      item: { type: 'function_call', call_id: id, name, arguments: args },
    });
  }

  #settle(id: string, output: string, late: boolean): boolean {
    const call = this.#pending.get(id);
    if (!call) {
      return false;
    }
    this.#pending.delete(id);
    call.cancel();
    if (late) {
      this.#deps.tell({
        type: 'conversation.item.created',
        item: { type: 'function_call_output', call_id: id, output },
      });
    }
    this.#deps.onOutput(call, output);
    return true;
  }

  async #ask(
    call: ToolCall,
    run: Extract<Tool['run'], { url: string }>,
    signal: AbortSignal,
  ): Promise<void> {
    let output: string;
    try {
      const response = await post({
        url: run.url,
        headers: { 'content-type': 'application/json', ...bearer(readSecret(run.key)) },
        body: JSON.stringify({ name: call.name, arguments: argumentsOf(call.args) }),
        signal,
        lookup: this.#deps.lookup,
      });
      if (!isOk(response)) {
        throw refusal('the tool', response);
      }
      output = (await textOf(response)).slice(0, MAX_OUTPUT);
    } catch {
      // What is wrong with an address of the operator's is no matter of the caller's.
      output = JSON.stringify({ error: 'the tool cannot be reached' });
    }
    this.#settle(call.id, output, false);
  }
}

function argumentsOf(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

/** A tool that hands callers over takes one of the names of its targets. */
function withTargets(tool: Tool): Tool {
  if (tool.run === 'page' || !('transfer' in tool.run)) {
    return tool;
  }
  const to = { type: 'string', enum: Object.keys(tool.run.transfer) };
  const parameters = { type: 'object', properties: { to }, required: ['to'] };
  return { ...tool, parameters };
}
