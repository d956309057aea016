import { readAiEvent, type AiEvent } from '@offhook/protocol';
import { aiScope } from '../calls/actions.ts';
import type { LegEvents } from '../calls/call-events.ts';
import type { SignalingPort } from '../calls/ports.ts';
import { Emitter, type Listener } from '../emitter.ts';
import type { ToolArguments, ToolSchema } from './schema.ts';
import { Tools, type ToolCall, type ToolHandler, type ToolOptions } from './tools.ts';
import { Transcript, type TranscriptEntry } from './transcript.ts';
import { Turns, type AssistantState } from './turns.ts';
import type { Platform } from '../platform.ts';
import { markRaw, proxySafe } from '../proxy-safe.ts';

/** Who answers, from gateways that tell. */
export interface AssistantInfo {
  readonly id: string;
  readonly version: string;
  readonly name: string;
  /** For example `local`: the offline engine. */
  readonly engine: string;
  /** What it makes of a caller's voice: nothing, phrases it was prepared for, or any speech. */
  readonly hears: 'nothing' | 'phrases' | 'speech';
  /** Given as `target_params.conversation_id`, it joins this conversation again. Keep it to the caller. */
  readonly conversationId: string;
}

/** Event name → listener arguments of `call.ai.on`. */
export interface CallAiEvents {
  /** Something was said, more of it is known, or a tool went on. */
  transcript: [entry: TranscriptEntry];
  /** The assistant’s voice begins. */
  speaking: [];
  /** It is the caller’s turn. */
  listening: [];
  /** An answer is in the making. */
  thinking: [];
  /** The assistant was cut off, by the caller’s voice, a digit, a text or `interrupt()`. */
  interrupted: [];
  /** A tool is to run, whether it is registered here or not. */
  toolCall: [toolCall: ToolCall];
  /** Each change; the three above and the end. */
  state: [state: AssistantState, before: AssistantState];
  /** The caller began or stopped speaking, as the gateway hears it. */
  callerSpeaking: [speaking: boolean];
  /** The gateway told who answers. */
  begun: [info: AssistantInfo];
  /** The gateway told of a failure. `code`: see docs/assistants.md. */
  error: [error: { readonly code: number | string; readonly message: string }];
}

/** What the assistant of a call needs of it: one leg of a call. */
interface AssistedCall {
  readonly id: string;
  readonly deps: {
    readonly platform: Platform;
    readonly logger: { warn(...args: readonly unknown[]): void };
    readonly signaling: SignalingPort;
  };
  readonly life: { readonly over: boolean; readonly phase: string };
  readonly notices: {
    readonly events: Pick<Emitter<LegEvents>, 'on'>;
    log(message: string, error?: unknown): void;
  };
  /** Settles when requests can be sent. Rejects with the signal's reason, or after 30 s. */
  untilReady(signal: AbortSignal): Promise<void>;
}

/**
 * The assistant at the far end of a call: its turns, what is said, and tools of the page that it may use. There is one for a call
 * for its whole life, also when the call recovers in another object.
 */
export class CallAi {
  readonly transcript: Transcript;
  #leg: AssistedCall;
  readonly #events: Emitter<CallAiEvents>;
  readonly #turns: Turns;
  readonly #tools: Tools;
  readonly #over = new AbortController();
  #info: AssistantInfo | null = null;
  #callerSpeaking = false;
  #telling = false;
  /** The gateway knows of tools: then it also has to know when they are gone. */
  #told = false;
  #unfollow: () => void = () => undefined;

  /** @internal Is made by `call.ai`. */
  constructor(leg: AssistedCall) {
    markRaw(this);
    const { platform, logger } = leg.deps;
    const report = (error: unknown): void => platform.reportError(error);
    this.#leg = leg;
    this.#events = new Emitter(report);
    this.transcript = new Transcript(
      () => platform.now(),
      (entry) => this.#events.emit('transcript', entry),
      report,
    );
    this.#turns = new Turns((state, before) => {
      this.#events.emit('state', state, before);
      if (state === 'speaking' || state === 'listening' || state === 'thinking') {
        this.#events.emit(state);
      }
    });
    this.#tools = new Tools({
      platform,
      answer: (toolCall, output) => void this.#answer(toolCall, output),
      told: ({ id, name }, status) => this.transcript.tool(id, name, status),
      log: (message, error) => logger.warn(message, error),
    });
    this.follow(leg);
  }

  /** See the diagram in `assistant/turns.ts`. `ended` with the call. */
  get state(): AssistantState {
    return this.#turns.state;
  }
  /** Null until the gateway tells, and towards gateways that do not. */
  get info(): AssistantInfo | null {
    return this.#info;
  }
  get callerSpeaking(): boolean {
    return this.#callerSpeaking;
  }

  /** Returns its undo. A listener that throws disturbs nothing. */
  on<K extends keyof CallAiEvents>(event: K, listener: Listener<CallAiEvents[K]>): () => void {
    return this.#events.on(event, listener);
  }

  /**
   * Lets the assistant use a tool of the page. Its arguments are checked first; what the handler returns, throws, or fails to do in
   * time is told to the assistant. Runs of several calls go side by side; a call that comes twice runs once. At the end of the call
   * `context.signal` is aborted and nothing is told any more. Returns the undo, which lets running ones finish.
   *
   * ```ts
   * call.ai.tool('fill_booking', { type: 'object', properties: { day: { type: 'string' } }, required: ['day'] }, ({ day }) => {
   *   form.day.value = day;
   *   return { filled: true };
   * });
   * ```
   * @param schema a Standard Schema validator (valibot, zod, …) or a JSON Schema of an object
   * @throws TypeError when name, schema, handler or options make no sense, or the name is taken
   */
  tool<const S extends ToolSchema>(
    name: string,
    schema: S,
    handler: ToolHandler<ToolArguments<S>>,
    options?: ToolOptions,
  ): () => void {
    const undo = this.#tools.add(name, schema, handler, options);
    this.#tellTools();
    return () => {
      undo();
      this.#tellTools();
    };
  }

  /**
   * Cuts the assistant off. False when there is nothing to cut off, or the gateway offers no way: only those that announce `ai` do.
   * @throws RequestError `not_ready` without a connection
   */
  interrupt(): boolean {
    const { features, ready } = this.#leg.deps.signaling;
    const busy = this.state === 'speaking' || this.state === 'thinking';
    // Before the session is ready nothing is announced; the notification says what is wrong.
    if (!busy || (ready && !features.ai)) {
      return false;
    }
    this.#leg.deps.signaling.notify('ai_conversation', {
      type: 'response.cancel',
      ...aiScope(this.#leg),
    });
    return true;
  }

  /** @internal From the gateway. Never throws. */
  take(params: unknown): void {
    const event = readAiEvent(params);
    if (!event) {
      return;
    }
    if (this.state === 'ended') {
      this.#leg.notices.log(`${event.type} came after the end`);
      return;
    }
    this.transcript.take(event);
    if (this.#turns.take(event)) {
      this.#events.emit('interrupted');
    }
    this.#note(event);
  }

  /** @internal The call goes on in another leg. */
  follow(leg: AssistedCall): void {
    this.#unfollow();
    this.#leg = leg;
    const undo = [
      leg.notices.events.on('state', (state) => {
        if (state !== 'active') {
          return;
        }
        this.#turns.begin();
        this.#tellTools();
      }),
      leg.notices.events.on('ended', () => this.#end()),
    ];
    this.#unfollow = () => undo.forEach((stop) => stop());
    if (leg.life.over) {
      this.#end();
    } else if (leg.life.phase === 'active' || leg.life.phase === 'held') {
      this.#turns.begin();
    }
  }

  #note(event: AiEvent): void {
    switch (event.type) {
      case 'conversation.created':
        this.#info = { ...event.assistant, conversationId: event.conversation.id };
        this.#events.emit('begun', this.#info);
        this.#tellTools();
        break;
      case 'input_audio_buffer.speech_started':
        this.#hear(true);
        break;
      case 'input_audio_buffer.speech_stopped':
        this.#hear(false);
        break;
      case 'conversation.item.created':
        if (event.item.type === 'function_call') {
          this.#call(event.item);
        } else if (event.item.type === 'function_call_output') {
          this.#tools.giveUp(event.item.call_id);
        }
        break;
      case 'error':
        this.#events.emit('error', event.error);
        break;
      default:
    }
  }

  #hear(speaking: boolean): void {
    if (this.#callerSpeaking === speaking) {
      return;
    }
    this.#callerSpeaking = speaking;
    this.#events.emit('callerSpeaking', speaking);
  }

  #call(item: { call_id: string; name: string; arguments: string }): void {
    const toolCall = { id: item.call_id, name: item.name, arguments: item.arguments };
    if (this.#tools.take(toolCall)) {
      this.#events.emit('toolCall', toolCall);
    }
  }

  /** Sent when there is a connection: a result must not be lost to a moment without one. Never rejects. */
  async #answer(toolCall: ToolCall, output: string): Promise<void> {
    const { signal } = this.#over;
    try {
      while (!signal.aborted) {
        const leg = this.#leg;
        await leg.untilReady(signal);
        if (!leg.deps.signaling.ready) {
          continue;
        }
        const item = { type: 'function_call_output', call_id: toolCall.id, output };
        leg.deps.signaling.notify('ai_conversation', {
          type: 'conversation.item.create',
          item,
          ...aiScope(leg),
        });
        return;
      }
    } catch (error) {
      if (signal.aborted) {
        return;
      }
      this.#leg.notices.log(`The result of "${toolCall.name}" was not sent`, error);
      const message = `The result of "${toolCall.name}" could not be sent`;
      this.#events.emit('error', { code: 'not_sent', message });
    }
  }

  /** Which tools this page has; once for all that change in one go. */
  #tellTools(): void {
    if (this.#telling || (this.#tools.all.length === 0 && !this.#told)) {
      return;
    }
    this.#telling = true;
    queueMicrotask(() => {
      this.#telling = false;
      void this.#sendTools();
    });
  }

  async #sendTools(): Promise<void> {
    const leg = this.#leg;
    // Not before the assistant is there, and only to those that can be told.
    if (this.#info === null || this.state === 'ended') {
      return;
    }
    if (!leg.deps.signaling.features.ai) {
      return;
    }
    this.#told = true;
    const tools = this.#tools.all.map(({ name, description, parameters }) => ({
      type: 'function',
      name,
      ...(description === undefined ? {} : { description }),
      ...(parameters === undefined ? {} : { parameters }),
    }));
    try {
      const result: unknown = await leg.deps.signaling.request(
        'ai_conversation',
        { type: 'session.update', session: { tools }, ...aiScope(leg) } as never,
        { signal: this.#over.signal },
      );
      const { refused } = ((result as { tools?: unknown }).tools ?? {}) as { refused?: unknown };
      if (Array.isArray(refused) && refused.length > 0) {
        leg.deps.logger.warn(`The assistant has no tool ${refused.join(', ')}`);
      }
    } catch (error) {
      if (!this.#over.signal.aborted) {
        leg.notices.log('The assistant was not told of the tools', error);
      }
    }
  }

  #end(): void {
    this.#unfollow();
    this.#over.abort();
    this.#tools.dispose();
    this.#hear(false);
    this.#turns.end();
  }
}
proxySafe(CallAi);
