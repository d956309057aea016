import { randomUUID } from 'node:crypto';
import type { CascadeSettings } from '../../definition.ts';
import { EngineError, type Engine, type EngineSetup, type MessageItem } from '../../engine.ts';
import { readSecret } from '../../secrets.ts';
import { chat, type ChatCall, type ChatMessage } from './chat.ts';
import { Sentences } from './sentences.ts';
import { speak } from './speaker.ts';
import { transcribe, type Transcription } from './transcriber.ts';

const RATE = 16_000;
/** From before the voice was noticed. */
const BEFORE_FRAMES = 25;
/** In a row; then the engine is taken for gone. */
const MAX_FAILURES = 3;
const MAX_MESSAGES = 200;
/** Rounds of tools in one turn. */
const MAX_ROUNDS = 8;

interface Turn {
  readonly id: string;
  readonly abort: AbortController;
}

/** Speech to text, a chat model, and text to speech, each an address of the operator's. */
export class CascadeEngine implements Engine {
  readonly rate = RATE;
  readonly #settings: CascadeSettings;
  readonly #setup: EngineSetup;
  readonly #messages: ChatMessage[] = [];
  readonly #before: Int16Array[] = [];
  readonly #outputs = new Map<string, (output: string) => void>();
  #listening: Transcription | null = null;
  /** What was said to the end, and is still to be understood. */
  readonly #finishing = new Set<Transcription>();
  #turn: Turn | null = null;
  #failures = 0;
  #stoppedAt: number | null = null;
  #closed = false;

  constructor(settings: CascadeSettings, setup: EngineSetup) {
    this.#settings = settings;
    this.#setup = setup;
    if (setup.instructions !== '') {
      this.#messages.push({ role: 'system', content: setup.instructions });
    }
    for (const item of setup.history) {
      if (item.role !== 'tool' && item.text !== '') {
        this.#messages.push({ role: item.role, content: item.text });
      }
    }
  }

  get hears(): 'speech' {
    return 'speech';
  }

  /** Nothing is connected before it is needed; keys that are not there are found now. */
  open(): Promise<void> {
    const { stt, chat: model, tts } = this.#settings;
    return Promise.resolve().then(() => {
      for (const { key } of [stt, model, tts]) {
        readSecret(key);
      }
    });
  }

  begin(): void {
    const { greeting, history } = this.#setup;
    if (history.length > 0) {
      this.#respond();
    } else if (greeting !== '') {
      this.#begin((turn) => this.#recite(turn, greeting));
    }
  }

  hear(pcm: Int16Array): void {
    if (this.#listening) {
      this.#listening.hear(pcm);
      return;
    }
    this.#before.push(pcm);
    if (this.#before.length > BEFORE_FRAMES) {
      this.#before.shift();
    }
  }

  speech(on: boolean, utterance: string): void {
    if (on) {
      this.#listen(utterance);
    } else if (this.#listening) {
      const heard = this.#listening;
      this.#listening = null;
      this.#stoppedAt = this.#setup.clock.monotonic();
      this.#setup.guard.settle(() => this.#understand(heard, utterance));
    }
  }

  digits(digits: string): void {
    this.#messages.push({ role: 'user', content: `(The caller pressed ${digits})` });
    this.#respond();
  }

  message({ content }: MessageItem): void {
    const { host } = this.#setup;
    const images = content.filter(({ type }) => type === 'image_url');
    if (images.length > 0 && !this.#settings.chat.sees) {
      host.failed(new EngineError('unsupported', 'this assistant sees no images'));
    }
    const kept = this.#settings.chat.sees
      ? content
      : content.filter(({ type }) => type !== 'image_url');
    if (kept.length === 0) {
      return;
    }
    const parts = kept.map((part) =>
      part.type === 'input_text' ? { type: 'text', text: part.text } : part,
    );
    this.#messages.push({ role: 'user', content: parts });
    this.#respond();
  }

  toolOutput(callId: string, output: string): void {
    this.#outputs.get(callId)?.(output);
  }

  toolsChanged(): void {
    // Each question to the model tells the tools anew.
  }

  interrupted(response: string): void {
    if (this.#turn?.id === response) {
      this.#abandon();
    }
  }

  close(): void {
    this.#closed = true;
    this.#turn?.abort.abort();
    this.#turn = null;
    for (const each of this.#finishing) {
      each.abort();
    }
    this.#listening?.abort();
    this.#listening = null;
    this.#outputs.clear();
  }

  #listen(utterance: string): void {
    this.#abandon();
    this.#listening?.abort();
    try {
      this.#listening = transcribe({
        settings: this.#settings.stt,
        rate: RATE,
        // A whole text each time, where the page is told what is new of it.
        guard: this.#setup.guard,
        lookup: this.#setup.lookup,
        onPartial: deltas((delta) => {
          if (!this.#closed) {
            this.#setup.host.heard(utterance, delta, false);
          }
        }),
      });
    } catch (error) {
      this.#failed(error);
      return;
    }
    for (const pcm of this.#before.splice(0)) {
      this.#listening.hear(pcm);
    }
  }

  async #understand(heard: Transcription, utterance: string): Promise<void> {
    const { host, clock } = this.#setup;
    const from = clock.monotonic();
    let text: string;
    this.#finishing.add(heard);
    try {
      text = await heard.finish();
    } catch (error) {
      if (this.#closed) {
        return;
      }
      host.heard(utterance, null, true);
      this.#failed(error);
      return;
    } finally {
      this.#finishing.delete(heard);
    }
    if (this.#closed) {
      return;
    }
    host.figures({ transcribeMs: Math.round(clock.monotonic() - from) });
    host.heard(utterance, text === '' ? null : text, true);
    if (text === '') {
      return;
    }
    this.#messages.push({ role: 'user', content: text });
    // The caller may have gone on meanwhile; then one answer serves both.
    if (!this.#listening) {
      this.#respond();
    }
  }

  #respond(): void {
    this.#begin((turn) => this.#converse(turn));
  }

  #begin(perform: (turn: Turn) => Promise<void>): void {
    this.#abandon();
    const turn: Turn = { id: `resp_${randomUUID()}`, abort: new AbortController() };
    this.#turn = turn;
    const { host } = this.#setup;
    host.responding(turn.id);
    perform(turn).then(
      () => {
        if (this.#turn !== turn) {
          return;
        }
        this.#turn = null;
        this.#failures = 0;
        host.responded(turn.id, 'completed');
      },
      (error: unknown) => {
        if (this.#turn !== turn || this.#closed) {
          return;
        }
        this.#turn = null;
        host.responded(turn.id, 'failed');
        this.#failed(error);
      },
    );
  }

  /** What is being thought of or spoken gives way. */
  #abandon(): void {
    const turn = this.#turn;
    if (!turn) {
      return;
    }
    this.#turn = null;
    turn.abort.abort();
    this.#setup.host.responded(turn.id, 'cancelled');
  }

  async #recite(turn: Turn, text: string): Promise<void> {
    this.#setup.host.said(turn.id, text, true);
    this.#messages.push({ role: 'assistant', content: text });
    const sentences = new Sentences();
    for (const sentence of [...sentences.add(text), sentences.end()]) {
      if (sentence !== '') {
        await this.#speak(turn, sentence);
      }
    }
    this.#setup.host.voice(turn.id, new Int16Array(0), this.#settings.tts.rate, true);
  }

  async #converse(turn: Turn): Promise<void> {
    const { host } = this.#setup;
    let said = '';
    for (let round = 0; round < MAX_ROUNDS; round += 1) {
      const { text, calls } = await this.#ask(turn, said);
      said += text;
      if (calls.length === 0) {
        break;
      }
      this.#messages.push({
        role: 'assistant',
        content: text === '' ? null : text,
        tool_calls: calls.map(({ id, name, args }) => ({
          id,
          type: 'function',
          function: { name, arguments: args },
        })),
      });
      const outputs = await Promise.all(calls.map((call) => this.#run(turn, call)));
      calls.forEach(({ id }, index) => {
        this.#messages.push({ role: 'tool', tool_call_id: id, content: outputs[index] ?? '' });
      });
    }
    if (said !== '') {
      host.said(turn.id, said, true);
      host.voice(turn.id, new Int16Array(0), this.#settings.tts.rate, true);
    }
  }

  /** One question to the model, spoken sentence by sentence while it comes. */
  async #ask(turn: Turn, before: string): Promise<{ text: string; calls: readonly ChatCall[] }> {
    const { host, tools, clock, lookup } = this.#setup;
    const { signal } = turn.abort;
    const words = chat({
      settings: this.#settings.chat,
      messages: recent(this.#messages),
      tools: tools(),
      signal,
      lookup,
      onUsage: (usage) => {
        host.used(usage);
      },
    });
    const sentences = new Sentences();
    let text = '';
    let speaking: Promise<void> = Promise.resolve();
    const say = (sentence: string): void => {
      speaking = speaking.then(() => this.#speak(turn, sentence));
      // It is awaited at the end; until then nobody looks.
      speaking.catch(() => undefined);
    };
    const from = clock.monotonic();
    let step = await words.next();
    for (; step.done !== true; step = await words.next()) {
      signal.throwIfAborted();
      if (text === '') {
        host.figures({ firstWordMs: Math.round(clock.monotonic() - from) });
        if (before !== '') {
          host.said(turn.id, ' ', false);
        }
      }
      text += step.value;
      host.said(turn.id, step.value, false);
      for (const sentence of sentences.add(step.value)) {
        say(sentence);
      }
    }
    const calls = step.value;
    const rest = sentences.end();
    if (rest !== '') {
      say(rest);
    }
    await speaking;
    if (calls.length === 0 && text !== '') {
      this.#messages.push({ role: 'assistant', content: text });
    }
    return { text: before === '' || text === '' ? text : ` ${text}`, calls };
  }

  async #speak(turn: Turn, sentence: string): Promise<void> {
    const { host, clock, lookup } = this.#setup;
    const { tts } = this.#settings;
    const from = clock.monotonic();
    let first = true;
    for await (const pcm of speak(tts, sentence, turn.abort.signal, lookup)) {
      if (turn.abort.signal.aborted) {
        return;
      }
      if (first) {
        host.figures({ synthesisMs: Math.round(clock.monotonic() - from) });
      }
      if (first && this.#stoppedAt !== null) {
        host.figures({ firstAudioMs: Math.round(clock.monotonic() - this.#stoppedAt) });
        this.#stoppedAt = null;
      }
      first = false;
      host.voice(turn.id, pcm, tts.rate, false);
    }
  }

  #run({ abort }: Turn, { id, name, args }: ChatCall): Promise<string> {
    return new Promise((resolve, reject) => {
      const onAbort = (): void => {
        this.#outputs.delete(id);
        reject(new Error('interrupted'));
      };
      abort.signal.addEventListener('abort', onAbort);
      this.#outputs.set(id, (output) => {
        this.#outputs.delete(id);
        abort.signal.removeEventListener('abort', onAbort);
        resolve(output);
      });
      this.#setup.host.callTool(id, name, args);
    });
  }

  #failed(error: unknown): void {
    if (this.#closed) {
      return;
    }
    const { host } = this.#setup;
    host.log(reasonOf(error));
    this.#failures += 1;
    if (this.#failures >= MAX_FAILURES) {
      const detail = reasonOf(error);
      host.failed(new EngineError('engine_lost', 'the engine failed again and again', { detail }));
    }
  }
}

/** `connect ECONNREFUSED 127.0.0.1:9`; of several addresses that were tried the last. */
function reasonOf(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) {
    return reasonOf(error.errors.at(-1));
  }
  return error instanceof Error ? error.message : 'unknown failure';
}

function recent(messages: readonly ChatMessage[]): readonly ChatMessage[] {
  if (messages.length <= MAX_MESSAGES) {
    return messages;
  }
  const [first] = messages;
  const kept = messages.slice(-MAX_MESSAGES);
  return first?.['role'] === 'system' ? [first, ...kept] : kept;
}

/** From whole texts to what is new of each; one that changes what was said before is passed over, the final text mends it. */
function deltas(onDelta: (delta: string) => void): (text: string) => void {
  let before = '';
  return (text) => {
    if (!text.startsWith(before) || text === before) {
      return;
    }
    onDelta(text.slice(before.length));
    before = text;
  };
}
