import { randomUUID } from 'node:crypto';
import { AI_ERRORS, type AiClientMessage, type AiEventBody } from '@offhook/protocol';
import type { ConversationItem } from '@offhook/protocol';
import type { Logger } from 'pino';
import { next } from '../calls/transitions.ts';
import type { VoiceEvent } from '../media/media-plane.ts';
import type { MessageOutcome, Service, ServiceLine } from '../services/service.ts';
import {
  ASSISTANT_CALL_TRANSITIONS,
  type AssistantCallEvent,
  type AssistantCallState,
} from './call-state.ts';
import type { Found } from './catalogue.ts';
import type { Conversation, ConversationRecord } from './conversation.ts';
import {
  EngineError,
  type Engine,
  type EngineHost,
  type EngineSetup,
  type EngineUsage,
} from './engine.ts';
import { Metering } from './metering.ts';
import { Responses, type Response } from './responses.ts';
import { ToolCalls } from './tool-calls.ts';

export interface AssistantCallDeps {
  readonly found: Found;
  readonly conversation: Conversation;
  /** `telnyx_session_id` */
  readonly call: string;
  readonly line: ServiceLine;
  readonly createEngine: (setup: EngineSetup) => Engine;
  readonly logger: Logger;
  /** Once, with everything that was said. */
  readonly onEnded: (record: ConversationRecord) => void;
}

const OPEN_MS = 10_000;
const MAX_ITEMS = 2000;

/** The assistant's end of one call: between the caller's voice and page on one side and an engine on the other. */
export class AssistantCall implements Service {
  readonly #deps: AssistantCallDeps;
  readonly #items: ConversationItem[] = [];
  readonly #responses: Responses;
  readonly #tools: ToolCalls;
  readonly #metering = new Metering();
  readonly #engine: Engine;
  readonly #opening = new AbortController();
  #state: AssistantCallState = 'new';
  #utterance: string | null = null;
  #interruptions = 0;
  #usage: EngineUsage | null = null;
  #failure: string | null = null;
  #cancelTimer: () => void = () => undefined;
  #cancelLimit: () => void = () => undefined;

  constructor(deps: AssistantCallDeps) {
    this.#deps = deps;
    const { line, found, conversation } = deps;
    const { clock } = line;
    const { version } = found;
    const tell = (event: AiEventBody): void => {
      if (this.#state !== 'ended') {
        line.tell(event);
      }
    };
    this.#responses = new Responses(this.#items, tell, () => clock.now());
    this.#tools = new ToolCalls({
      tools: version.tools,
      timeoutMs: version.toolSeconds * 1000,
      clock,
      lookup: deps.found.lookup,
      guard: line.guard,
      tell,
      transfer: (destination) => line.transfer(`assistant:${found.assistant.id}`, destination),
      onOutput: ({ id, name, args }, output) => {
        this.#add({ role: 'tool', name, arguments: args, output, at: clock.now() });
        this.#engine.toolOutput(id, output);
      },
    });
    this.#engine = deps.createEngine({
      host: this.#host(),
      greeting: version.greeting,
      instructions: version.instructions,
      tools: () => this.#tools.available,
      history: conversation.items,
      clock,
      lookup: deps.found.lookup,
      guard: line.guard,
    });
  }

  start(): void {
    const { line, found } = this.#deps;
    const { bargeIn, pauseMs } = found.version;
    line.play({ kind: 'voice', rate: this.#engine.rate, bargeIn, pauseMs });
    if (!this.#step('start')) {
      this.onBack();
      return;
    }
    this.#introduce();
    this.#cancelLimit = line.clock.schedule(() => {
      this.#fail(AI_ERRORS.timeLimit, 'the time for this call is over');
      line.end('NORMAL_CLEARING');
    }, found.assistant.limits.minutes * 60_000);
    line.guard.settle(() => this.#open());
  }

  onBack(): void {
    this.#introduce();
    this.#tools.tellAgain();
  }

  onDigits(digits: string): void {
    if (this.#state !== 'talking') {
      return;
    }
    this.#add({ role: 'user', text: digits, by: 'digits', at: this.#deps.line.clock.now() });
    this.#cut();
    this.#engine.digits(digits);
  }

  onVoice(event: VoiceEvent): void {
    switch (event.kind) {
      case 'heard':
        if (this.#state !== 'talking') {
          return;
        }
        this.#metering.heard(event.at);
        this.#engine.hear(event.pcm);
        return;
      case 'failed':
        this.#failed(new EngineError('engine_unavailable', 'this call’s voice cannot be coded'));
        return;
      case 'speech':
        this.#speech(event.on);
        return;
      case 'started': {
        const response = this.#responses.get(event.turn);
        if (!response) {
          return;
        }
        this.#metering.started(event.at, event.sinceSpeechMs, response.voicedAt);
        this.#responses.started(response);
        return;
      }
      case 'stopped':
        this.#stopped(event.turn, event.playedMs, event.cut !== null);
        return;
    }
  }

  onMessage(message: AiClientMessage): MessageOutcome {
    if (this.#state === 'ended' || this.#state === 'leaving') {
      return { ok: false, code: 'bad_item', message: 'the conversation is over' };
    }
    switch (message.type) {
      case 'response.cancel':
        this.#cut();
        return { ok: true };
      case 'session.update':
        return { ok: true, tools: this.#declare(message.session.tools) };
      case 'conversation.item.create':
        return this.#take(message.item);
    }
  }

  dispose(): void {
    if (!this.#step('end')) {
      return;
    }
    this.#opening.abort();
    this.#cancelTimer();
    this.#cancelLimit();
    this.#tools.dispose();
    this.#engine.close();
    const { found, conversation, call, onEnded } = this.#deps;
    onEnded({
      call,
      conversation: conversation.id,
      assistant: found.assistant.id,
      version: found.version.version,
      owner: conversation.owner,
      items: this.#items,
      turns: this.#metering.turns,
      interruptions: this.#interruptions,
      ...(this.#usage === null ? {} : { usage: this.#usage }),
      ...(this.#failure === null ? {} : { failure: this.#failure }),
    });
  }

  async #open(): Promise<void> {
    const { line, logger } = this.#deps;
    const { signal } = this.#opening;
    this.#cancelTimer = line.clock.schedule(() => {
      this.#opening.abort();
    }, OPEN_MS);
    try {
      await Promise.race([this.#engine.open(signal), rejection(signal)]);
    } catch (error) {
      this.#cancelTimer();
      if (this.#state === 'ended') {
        return;
      }
      if (!(error instanceof EngineError)) {
        logger.warn({ err: error }, 'an assistant’s engine cannot be opened');
      }
      this.#failed(
        error instanceof EngineError
          ? error
          : new EngineError('engine_unavailable', 'the engine cannot be opened'),
      );
      return;
    }
    this.#cancelTimer();
    if (this.#step('opened')) {
      this.#engine.begin();
    }
  }

  #introduce(): void {
    const { found, conversation, line } = this.#deps;
    const { assistant, version } = found;
    line.tell({
      type: 'conversation.created',
      conversation: { id: conversation.id },
      assistant: {
        id: assistant.id,
        version: version.version,
        name: assistant.name,
        engine: version.engine.kind,
        hears: this.#engine.hears,
      },
    });
  }

  #speech(on: boolean): void {
    if (this.#state !== 'talking') {
      return;
    }
    const { line } = this.#deps;
    if (on) {
      this.#utterance = `item_${randomUUID()}`;
      line.tell({ type: 'input_audio_buffer.speech_started', item_id: this.#utterance });
      this.#engine.speech(true, this.#utterance);
      return;
    }
    if (this.#utterance === null) {
      return;
    }
    line.tell({ type: 'input_audio_buffer.speech_stopped', item_id: this.#utterance });
    this.#engine.speech(false, this.#utterance);
    this.#utterance = null;
  }

  #stopped(turn: string, playedMs: number, cut: boolean): void {
    const response = this.#responses.get(turn);
    if (!response) {
      return;
    }
    if (cut) {
      this.#interruptions += 1;
      this.#responses.cutOff(response, playedMs);
      this.#engine.interrupted(turn, playedMs);
    } else {
      this.#responses.stopped(response);
    }
    this.#leaveWhenSilent();
  }

  /** Whatever the assistant says or is about to say ends here. What plays is told by the plane how far it came. */
  #cut(): void {
    this.#deps.line.hush();
    for (const response of this.#responses.open) {
      if (response.playout === 'none') {
        this.#engine.interrupted(response.id, null);
      }
    }
  }

  #take(
    item: Extract<AiClientMessage, { type: 'conversation.item.create' }>['item'],
  ): MessageOutcome {
    const { line } = this.#deps;
    switch (item.type) {
      case 'response.audio_stream.subscribe':
        return {
          ok: false,
          code: 'unsupported',
          message: 'the assistant’s audio comes with the call, and no other way',
        };
      case 'function_call_output':
        return this.#tools.output(item.call_id, item.output)
          ? { ok: true }
          : { ok: false, code: 'bad_item', message: 'nobody waits for the output of this tool' };
      case 'message': {
        if (this.#state !== 'talking') {
          return { ok: false, code: 'bad_item', message: 'the assistant is not there yet' };
        }
        const id = item.id ?? `item_${randomUUID()}`;
        const texts = item.content.flatMap((part) => (part.type === 'input_text' ? part.text : []));
        this.#add({ role: 'user', text: texts.join('\n'), by: 'text', at: line.clock.now() });
        const { role, content } = item;
        line.tell({
          type: 'conversation.item.created',
          item: { type: 'message', id, role, content },
        });
        this.#cut();
        this.#engine.message({ ...item, id });
        return { ok: true };
      }
    }
  }

  #declare(tools: readonly { readonly name: string }[]): ReturnType<ToolCalls['declare']> {
    const declared = this.#tools.declare(tools.map(({ name }) => name));
    if (this.#state === 'talking') {
      this.#engine.toolsChanged();
    }
    return declared;
  }

  #host(): EngineHost {
    const live = (): boolean => this.#state === 'talking' || this.#state === 'leaving';
    return {
      responding: (id) => {
        if (live()) {
          this.#responses.begin(id);
        }
      },
      voice: (id, pcm, rate, last) => {
        if (live()) {
          this.#voice(id, pcm, rate, last);
        }
      },
      said: (id, text, final) => {
        if (live()) {
          this.#responses.said(this.#responses.begin(id), text, final);
        }
      },
      responded: (id, status) => {
        const response = this.#responses.get(id);
        if (response) {
          this.#done(response, status);
        }
        this.#leaveWhenSilent();
      },
      heard: (utterance, text, final) => {
        if (live()) {
          this.#heard(utterance, text, final);
        }
      },
      bargedIn: () => {
        if (live()) {
          this.#deps.line.hush();
        }
      },
      callTool: (id, name, args) => {
        if (live()) {
          this.#tools.call({ id, name, args });
        }
      },
      figures: (figures) => {
        this.#metering.engine(figures);
      },
      used: ({ input, output }) => {
        const { input: inBefore, output: outBefore } = this.#usage ?? { input: 0, output: 0 };
        this.#usage = { input: inBefore + input, output: outBefore + output };
      },
      failed: (error) => {
        this.#failed(error);
      },
      log: (message) => {
        this.#deps.logger.warn(message);
      },
      hangup: () => {
        if (this.#step('closing')) {
          this.#leaveWhenSilent();
        }
      },
    };
  }

  #done(response: Response, status: 'completed' | 'cancelled' | 'failed'): void {
    // An engine that broke off leaves its voice without an end.
    if (response.playout !== 'none' && !response.voiced && !response.cut) {
      response.voiced = true;
      const { line } = this.#deps;
      line.speak({ turn: response.id, pcm: new Int16Array(0), last: true });
    }
    this.#responses.done(response, status);
  }

  #voice(id: string, pcm: Int16Array, rate: number, last: boolean): void {
    const response = this.#responses.begin(id);
    if (response.cut) {
      return;
    }
    response.voicedAt ??= this.#metering.now();
    response.voiced ||= last;
    response.voiceMs += (pcm.length * 1000) / rate;
    if (response.playout === 'none' && pcm.length > 0) {
      response.playout = 'queued';
    }
    this.#deps.line.speak({ turn: id, pcm, rate, last });
  }

  #heard(utterance: string, text: string | null, final: boolean): void {
    const about = { item_id: utterance };
    const { line } = this.#deps;
    const transcription = 'conversation.item.input_audio_transcription';
    if (text === null) {
      const error = { message: 'the caller was not understood' };
      line.tell({ type: `${transcription}.failed`, ...about, error });
    } else if (final) {
      this.#add({ role: 'user', text, by: 'voice', at: line.clock.now() });
      line.tell({ type: `${transcription}.completed`, ...about, transcript: text });
    } else {
      line.tell({ type: `${transcription}.delta`, ...about, delta: text });
    }
  }

  #add(item: ConversationItem): void {
    if (this.#items.length < MAX_ITEMS) {
      this.#items.push(item);
    }
  }

  #failed(error: EngineError): void {
    if (this.#state === 'ended') {
      return;
    }
    this.#fail(error.code, error.message);
    if (!error.fatal) {
      return;
    }
    const { message, detail } = error;
    this.#failure = detail === null ? message : `${message}: ${detail}`;
    this.#deps.logger.warn({ failure: this.#failure }, 'an assistant’s engine failed');
    this.#deps.line.end('NORMAL_TEMPORARY_FAILURE');
  }

  #fail(code: string | number, message: string): void {
    this.#deps.line.tell({ type: 'error', error: { code, message } });
  }

  #leaveWhenSilent(): void {
    if (this.#state === 'leaving' && this.#responses.open.length === 0) {
      this.#deps.line.end('NORMAL_CLEARING');
    }
  }

  #step(event: AssistantCallEvent): boolean {
    const state = next(ASSISTANT_CALL_TRANSITIONS, this.#state, event);
    if (state === null) {
      return false;
    }
    this.#state = state;
    return true;
  }
}

/** Never settles but by the signal: an engine that does not listen to it is not waited for. */
function rejection(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => {
      reject(new EngineError('engine_unavailable', 'the engine did not answer in time'));
    });
  });
}
