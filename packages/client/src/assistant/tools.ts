import type { Platform } from '../platform.ts';
import { Timer } from '../timer.ts';
import { checkArguments } from './check-arguments.ts';
import type { ToolArguments, ToolSchema } from './schema.ts';

/** A tool of the page is to run. */
export interface ToolCall {
  /** The gateway's name for this call of the tool. */
  readonly id: string;
  readonly name: string;
  /** JSON, as it came. */
  readonly arguments: string;
}

/** What a handler gets beside its arguments. */
export interface ToolContext {
  /** Aborted when the time is over or the call has ended; nobody waits for the result then. */
  readonly signal: AbortSignal;
  readonly toolCall: ToolCall;
}

/** Returns (or resolves with) what the assistant is told: text as it is, anything else as JSON, `undefined` as `null`. */
export type ToolHandler<Arguments> = (args: Arguments, context: ToolContext) => unknown;

export interface ToolOptions {
  /** How long a run may take, in milliseconds. Default 10 000. */
  readonly timeoutMs?: number;
  /** What it is good for, for the assistant's model. */
  readonly description?: string;
  /** JSON Schema of the arguments for the assistant's model, where `schema` is a validator. */
  readonly parameters?: Readonly<Record<string, unknown>>;
}

export interface Tool {
  readonly name: string;
  readonly schema: ToolSchema;
  readonly handler: ToolHandler<never>;
  readonly timeoutMs: number;
  readonly description: string | undefined;
  readonly parameters: Readonly<Record<string, unknown>> | undefined;
}

/** Why a tool gave no result; told to the assistant as `{ "error": "what is wrong", "code": "timeout" }`. */
export type ToolErrorCode =
  'unknown_tool' | 'invalid_arguments' | 'timeout' | 'failed' | 'unserialisable' | 'too_long';

const DEFAULT_TIMEOUT_MS = 10_000;
/** A tool that is registered late (its script is still loading) is waited for. */
const REGISTRATION_MS = 2_000;
/** What the gateway takes, in UTF-16 units. */
const MAX_OUTPUT = 65_536;
const MAX_MESSAGE = 500;
/** Calls of tools that came before; one that comes again is not run again. */
const REMEMBERED = 256;

export interface ToolsHost {
  readonly platform: Platform;
  /** Sends a result; takes care of a connection that is away. */
  answer(toolCall: ToolCall, output: string): void;
  told(toolCall: ToolCall, status: 'running' | 'done' | 'failed'): void;
  log(message: string, error?: unknown): void;
}

const OVER = new DOMException('The call is over', 'AbortError');
const GIVEN_UP = new DOMException('The gateway waits no longer', 'AbortError');
const TOO_LONG = new DOMException('The tool took too long', 'TimeoutError');

/** Tools of one call and their runs. `dispose()` aborts what runs; nothing is answered after it. */
export class Tools {
  readonly #host: ToolsHost;
  readonly #tools = new Map<string, Tool>();
  readonly #seen = new Set<string>();
  readonly #over = new AbortController();
  /** Calls of tools that nobody has registered yet. */
  readonly #waiting = new Map<ToolCall, Timer>();
  /** By the id of the call. */
  readonly #running = new Map<string, AbortController>();

  constructor(host: ToolsHost) {
    this.#host = host;
  }

  get all(): readonly Tool[] {
    return [...this.#tools.values()];
  }

  /** @throws TypeError for a bad name, schema, handler or time; and for a name that is taken */
  add<S extends ToolSchema>(
    name: string,
    schema: S,
    handler: ToolHandler<ToolArguments<S>>,
    options: ToolOptions = {},
  ): () => void {
    const tool = checkTool(name, schema, handler, options);
    if (this.#tools.has(name)) {
      throw new TypeError(`There is a tool "${name}" already`);
    }
    this.#tools.set(name, tool);
    for (const [toolCall, timer] of [...this.#waiting]) {
      if (toolCall.name !== name) {
        continue;
      }
      timer.stop();
      this.#waiting.delete(toolCall);
      void this.#run(tool, toolCall);
    }
    return () => {
      if (this.#tools.get(name) === tool) {
        this.#tools.delete(name);
      }
    };
  }

  /** @returns false when it came before */
  take(toolCall: ToolCall): boolean {
    if (this.#over.signal.aborted || this.#seen.has(toolCall.id)) {
      return false;
    }
    this.#seen.add(toolCall.id);
    for (const oldest of this.#seen) {
      if (this.#seen.size <= REMEMBERED) {
        break;
      }
      this.#seen.delete(oldest);
    }
    const tool = this.#tools.get(toolCall.name);
    if (tool) {
      void this.#run(tool, toolCall);
    } else {
      this.#wait(toolCall);
    }
    return true;
  }

  /** The gateway waits no longer: what runs is aborted, and nothing is answered. */
  giveUp(id: string): void {
    for (const [toolCall, timer] of [...this.#waiting]) {
      if (toolCall.id !== id) {
        continue;
      }
      timer.stop();
      this.#waiting.delete(toolCall);
    }
    this.#running.get(id)?.abort(GIVEN_UP);
  }

  dispose(): void {
    for (const timer of this.#waiting.values()) {
      timer.stop();
    }
    this.#waiting.clear();
    this.#over.abort();
    for (const run of [...this.#running.values()]) {
      run.abort(OVER);
    }
  }

  #wait(toolCall: ToolCall): void {
    const timer = new Timer(this.#host.platform);
    this.#waiting.set(toolCall, timer);
    timer.start(REGISTRATION_MS, () => {
      this.#waiting.delete(toolCall);
      // An application may answer tools itself, by `telnyx.ai.conversation`; then none is registered here.
      if (this.#tools.size === 0) {
        return;
      }
      this.#fail(toolCall, 'unknown_tool', `The page has no tool "${toolCall.name}"`);
    });
  }

  /** Never rejects. */
  async #run(tool: Tool, toolCall: ToolCall): Promise<void> {
    const host = this.#host;
    const run = new AbortController();
    const { signal } = run;
    const timer = new Timer(host.platform);
    this.#running.set(toolCall.id, run);
    host.told(toolCall, 'running');
    try {
      const stopped = new Promise<never>((_, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason as Error));
      });
      timer.start(tool.timeoutMs, () => run.abort(TOO_LONG));
      const outcome = await Promise.race([
        this.#attempt(tool, toolCall, { signal, toolCall }),
        stopped,
      ]);
      if (outcome.ok) {
        host.told(toolCall, 'done');
        host.answer(toolCall, outcome.output);
      } else {
        this.#fail(toolCall, outcome.code, outcome.message);
      }
    } catch (error) {
      if (signal.reason === OVER || signal.reason === GIVEN_UP) {
        host.told(toolCall, 'failed');
        return;
      }
      const late = signal.reason === TOO_LONG;
      if (!late) {
        host.log(`The tool "${tool.name}" failed`, error);
      }
      const told = late ? TOO_LONG : error;
      const message = told instanceof Error ? told.message : String(told);
      this.#fail(toolCall, late ? 'timeout' : 'failed', message);
    } finally {
      timer.stop();
      this.#running.delete(toolCall.id);
    }
  }

  async #attempt(tool: Tool, toolCall: ToolCall, context: ToolContext): Promise<Outcome> {
    const checked = await checkArguments(tool.schema, toolCall.arguments);
    if (!checked.ok) {
      return { ok: false, code: 'invalid_arguments', message: checked.problem };
    }
    // The time may have run out while the arguments were looked at.
    context.signal.throwIfAborted();
    return outputOf(await tool.handler(checked.value as never, context));
  }

  #fail(toolCall: ToolCall, code: ToolErrorCode, message: string): void {
    this.#host.told(toolCall, 'failed');
    const error = message.slice(0, MAX_MESSAGE);
    this.#host.answer(toolCall, JSON.stringify({ error, code }));
  }
}

type Outcome =
  | { readonly ok: true; readonly output: string }
  | { readonly ok: false; readonly code: ToolErrorCode; readonly message: string };

/** A function or a symbol has no JSON, whatever the type says. */
const jsonOf: (result: unknown) => string | undefined = JSON.stringify;

function outputOf(result: unknown): Outcome {
  let output: string;
  try {
    output = typeof result === 'string' ? result : (jsonOf(result) ?? 'null');
  } catch (error) {
    return { ok: false, code: 'unserialisable', message: String(error) };
  }
  return output.length > MAX_OUTPUT
    ? { ok: false, code: 'too_long', message: `The result has more than ${MAX_OUTPUT} characters` }
    : { ok: true, output };
}

function checkTool(
  name: string,
  schema: ToolSchema,
  handler: ToolHandler<never>,
  { timeoutMs = DEFAULT_TIMEOUT_MS, description, parameters }: ToolOptions,
): Tool {
  const given: { schema: unknown; handler: unknown } = { schema, handler };
  if (!/^[\w-]{1,64}$/.test(name)) {
    throw new TypeError('A tool’s name is 1 to 64 letters, digits, _ and -');
  }
  if (typeof given.handler !== 'function') {
    throw new TypeError(`Tool "${name}" has no handler`);
  }
  // Some validators are functions.
  const isSchema = /^(object|function)$/.test(typeof given.schema) && given.schema !== null;
  const isObject = (it: object): boolean => 'type' in it && it.type === 'object';
  if (!isSchema || !('~standard' in schema || isObject(schema))) {
    throw new TypeError(
      `Tool "${name}" needs a Standard Schema validator or a JSON Schema of type "object"`,
    );
  }
  if (!(timeoutMs > 0 && timeoutMs <= 600_000)) {
    throw new TypeError(`Tool "${name}": timeoutMs is 1 to 600000`);
  }
  return {
    name,
    schema,
    handler,
    timeoutMs,
    description,
    parameters: parameters ?? ('~standard' in schema ? undefined : schema),
  };
}
