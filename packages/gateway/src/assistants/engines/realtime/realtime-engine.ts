import type { ConversationItem } from '@offhook/protocol';
import type { RealtimeSettings } from '../../definition.ts';
import type { Engine, EngineSetup, MessageItem } from '../../engine.ts';
import { readSecret } from '../../secrets.ts';
import { toBytes, toSamples } from '../samples.ts';
import { RealtimeConnection } from './connection.ts';
import type { ServerEvent } from './events.ts';
import { createItem, historyEvents, RATE, sessionUpdate, toolsUpdate } from './session.ts';

interface Answer {
  /** The protocol's id of the item whose audio it is. */
  item: string | null;
  audio: boolean;
  said: string;
  cut: boolean;
}

/** What the caller says while the model is away. */
const MAX_KEPT_MS = 5000;

/** Any server that speaks the OpenAI Realtime protocol over WebSocket. */
export class RealtimeEngine implements Engine {
  readonly rate = RATE;
  readonly #settings: RealtimeSettings;
  readonly #setup: EngineSetup;
  readonly #connection: RealtimeConnection;
  readonly #answers = new Map<string, Answer>();
  /** Everything so far, for a model that comes back without memory. */
  readonly #said: ConversationItem[];
  /** Utterances that the call named, not yet met by items that the server named. */
  readonly #utterances: string[] = [];
  readonly #byItem = new Map<string, string>();
  #kept: Int16Array[] = [];
  #keptMs = 0;
  #active: string | null = null;
  /** Asked for while another answer was on. */
  #wanted = false;
  /** An answer was on, or due, when the connection broke. */
  #unanswered = false;
  #stoppedAt: number | null = null;
  readonly #calls = new Map<string, { readonly name: string; readonly args: string }>();

  constructor(settings: RealtimeSettings, setup: EngineSetup) {
    this.#settings = settings;
    this.#setup = setup;
    this.#said = [...setup.history];
    const url = new URL(settings.url);
    url.searchParams.set('model', settings.model);
    this.#connection = new RealtimeConnection({
      url: url.href,
      key: () => readSecret(settings.key),
      clock: setup.clock,
      lookup: setup.lookup,
      guard: setup.guard,
      opening: () => sessionUpdate(settings, setup.instructions, setup.tools()),
      onEvent: (event) => {
        this.#event(event);
      },
      onLost: () => {
        this.#lost();
      },
      onBack: () => {
        this.#back();
      },
      onGone: (error) => {
        setup.host.failed(error);
      },
    });
  }

  get hears(): 'speech' {
    return 'speech';
  }

  open(signal: AbortSignal): Promise<void> {
    return this.#connection.open(signal);
  }

  begin(): void {
    const { greeting, history } = this.#setup;
    for (const event of historyEvents(history)) {
      this.#connection.send(event);
    }
    if (history.length > 0 || greeting === '') {
      this.#respond();
      return;
    }
    this.#connection.send({
      type: 'response.create',
      response: { instructions: `Greet the caller with these words: ${greeting}` },
    });
  }

  hear(pcm: Int16Array): void {
    const audio = toBytes(pcm).toString('base64');
    if (this.#connection.send({ type: 'input_audio_buffer.append', audio })) {
      return;
    }
    this.#kept.push(pcm);
    this.#keptMs += (pcm.length * 1000) / RATE;
    while (this.#keptMs > MAX_KEPT_MS) {
      this.#keptMs -= ((this.#kept.shift()?.length ?? 0) * 1000) / RATE;
    }
  }

  speech(on: boolean, utterance: string): void {
    if (on) {
      this.#utterances.push(utterance);
      if (this.#settings.turnDetection === 'gateway') {
        this.#cancel();
      }
      return;
    }
    this.#stoppedAt = this.#setup.clock.monotonic();
    if (this.#settings.turnDetection !== 'gateway') {
      return;
    }
    this.#connection.send({ type: 'input_audio_buffer.commit' });
    this.#respond();
  }

  digits(digits: string): void {
    this.#tell([{ type: 'input_text', text: `The caller pressed: ${digits}` }]);
  }

  message({ content }: MessageItem): void {
    this.#tell(
      content.map((part) =>
        part.type === 'input_text' ? part : { type: 'input_image', image_url: part.image_url.url },
      ),
    );
  }

  toolOutput(callId: string, output: string): void {
    const call = this.#calls.get(callId);
    this.#calls.delete(callId);
    if (call) {
      const { name, args } = call;
      this.#said.push({ role: 'tool', name, arguments: args, output, at: 0 });
    }
    this.#connection.send(createItem({ type: 'function_call_output', call_id: callId, output }));
    this.#respond();
  }

  toolsChanged(): void {
    this.#connection.send(toolsUpdate(this.#setup.tools()));
  }

  interrupted(response: string, playedMs: number | null): void {
    const answer = this.#answers.get(response);
    if (answer) {
      answer.cut = true;
    }
    if (response === this.#active) {
      this.#cancel();
    }
    if (!answer?.audio || answer.item === null || playedMs === null) {
      return;
    }
    this.#connection.send({
      type: 'conversation.item.truncate',
      item_id: answer.item,
      content_index: 0,
      audio_end_ms: Math.floor(playedMs),
    });
  }

  close(): void {
    this.#connection.close();
    this.#kept = [];
  }

  #tell(content: readonly Readonly<Record<string, unknown>>[]): void {
    const texts = content.flatMap(({ text }) => (typeof text === 'string' ? text : []));
    this.#said.push({ role: 'user', text: texts.join('\n'), at: 0 });
    this.#cancel();
    this.#connection.send(createItem({ type: 'message', role: 'user', content }));
    this.#respond();
  }

  /** Asks for an answer; while one is on, the server takes no other. */
  #respond(): void {
    if (this.#active === null) {
      this.#connection.send({ type: 'response.create' });
    } else {
      this.#wanted = true;
    }
  }

  #cancel(): void {
    if (this.#active === null) {
      return;
    }
    const answer = this.#answers.get(this.#active);
    if (answer) {
      answer.cut = true;
    }
    this.#connection.send({ type: 'response.cancel', response_id: this.#active });
  }

  #event(event: ServerEvent): void {
    const { host } = this.#setup;
    switch (event.type) {
      case 'speech_started':
        this.#meet(event.item);
        host.bargedIn();
        return;
      case 'committed':
        this.#meet(event.item);
        return;
      case 'transcription':
        this.#transcribed(event);
        return;
      case 'response.created':
        this.#active = event.response;
        this.#answers.set(event.response, { item: null, audio: false, said: '', cut: false });
        host.responding(event.response);
        return;
      case 'audio':
        this.#audio(event);
        return;
      case 'audio.done':
        if (this.#answers.get(event.response)?.audio === true) {
          host.voice(event.response, new Int16Array(0), RATE, true);
        }
        return;
      case 'said': {
        const answer = this.#answers.get(event.response);
        if (!answer) {
          return;
        }
        answer.said = event.final ? event.text : answer.said + event.text;
        host.said(event.response, event.text, event.final);
        return;
      }
      case 'function_call': {
        const { callId, name, args } = event;
        this.#calls.set(callId, { name, args });
        host.callTool(callId, name, args);
        return;
      }
      case 'response.done':
        if (event.usage !== null) {
          host.used(event.usage);
        }
        this.#done(event.response, event.status);
        return;
      case 'error':
        // The session goes on after an error; what it was about shows by what does not come.
        host.log(`the engine reports ${event.code}: ${event.message}`);
        return;
      case 'session.created':
      case 'session.updated':
        return;
    }
  }

  #audio({ response, item, data }: Extract<ServerEvent, { type: 'audio' }>): void {
    const { host, clock } = this.#setup;
    const answer = this.#answers.get(response);
    if (!answer || answer.cut) {
      return;
    }
    if (!answer.audio && this.#stoppedAt !== null) {
      host.figures({ firstAudioMs: Math.round(clock.monotonic() - this.#stoppedAt) });
      this.#stoppedAt = null;
    }
    answer.audio = true;
    answer.item = item;
    host.voice(response, toSamples(Buffer.from(data, 'base64')), RATE, false);
  }

  #done(response: string, status: string): void {
    const answer = this.#answers.get(response);
    if (response === this.#active) {
      this.#active = null;
    }
    const known = status === 'completed' || status === 'cancelled' ? status : 'failed';
    // A server cuts off with `incomplete` what it has no room for: it was an answer all the same.
    this.#setup.host.responded(response, status === 'incomplete' ? 'completed' : known);
    if (answer && answer.said !== '') {
      this.#said.push({ role: 'assistant', text: answer.said, at: 0 });
    }
    this.#forgetOld();
    if (!this.#wanted) {
      return;
    }
    this.#wanted = false;
    this.#respond();
  }

  /** The last ones are kept: what they say is still being heard, and may be cut off. */
  #forgetOld(): void {
    for (const [id] of this.#answers) {
      if (this.#answers.size <= 16) {
        return;
      }
      this.#answers.delete(id);
    }
  }

  /** The server's name for what the caller says now, and the call's. */
  #meet(item: string): void {
    if (item === '' || this.#byItem.has(item)) {
      return;
    }
    this.#byItem.set(item, this.#utterances.shift() ?? item);
    if (this.#byItem.size > 64) {
      const oldest = this.#byItem.keys().next();
      if (oldest.done !== true) {
        this.#byItem.delete(oldest.value);
      }
    }
  }

  #transcribed({ item, what, text }: Extract<ServerEvent, { type: 'transcription' }>): void {
    const utterance = this.#byItem.get(item) ?? item;
    const { host } = this.#setup;
    if (what === 'failed') {
      host.heard(utterance, null, true);
    } else {
      host.heard(utterance, text, what === 'completed');
    }
    if (what === 'completed') {
      this.#said.push({ role: 'user', text, at: 0 });
    }
  }

  /** The model is away: what it was saying stays unfinished. */
  #lost(): void {
    const active = this.#active;
    this.#active = null;
    this.#wanted = false;
    this.#byItem.clear();
    this.#unanswered = active !== null || this.#said.at(-1)?.role === 'user';
    if (active === null) {
      return;
    }
    const answer = this.#answers.get(active);
    if (answer && answer.said !== '') {
      this.#said.push({ role: 'assistant', text: answer.said, at: 0 });
    }
    this.#setup.host.responded(active, 'failed');
  }

  /** A new model that knows nothing: it is told what was said, and hears what it missed. */
  #back(): void {
    for (const event of historyEvents(this.#said)) {
      this.#connection.send(event);
    }
    for (const [id, { name, args }] of this.#calls) {
      const call = { type: 'function_call', call_id: id, name, arguments: args };
      this.#connection.send(createItem(call));
    }
    const kept = this.#kept;
    this.#kept = [];
    this.#keptMs = 0;
    for (const pcm of kept) {
      this.hear(pcm);
    }
    if (this.#calls.size === 0 && this.#unanswered) {
      this.#respond();
    }
  }
}
