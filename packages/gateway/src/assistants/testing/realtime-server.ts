import { EventEmitter, once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import * as v from 'valibot';
import { WebSocketServer, type WebSocket } from 'ws';
import { ClientEventSchema, type ClientEvent } from './realtime-events.ts';

/** How the server misbehaves; what is absent is done right. */
export interface Misbehaviour {
  /** HTTP status in place of a socket. */
  refuse?: number;
  /** Accepts the socket and says nothing. */
  mute?: boolean;
  /** An `error` in place of `session.updated`. */
  rejectSession?: boolean;
  /** Closes in the middle of the next answer's audio. */
  closeInAnswer?: boolean;
  /** An `error` event before each answer. */
  errors?: boolean;
  /** Frames that are no events, or unknown ones. */
  noise?: boolean;
  /** Milliseconds before an answer begins. */
  slow?: number;
}

export interface RealtimeReply {
  readonly text: string;
  readonly tool?: { readonly name: string; readonly args: string };
}

const RATE = 24_000;
/** What the server takes for speech, and for a pause, by level. */
const LOUD = 500;
const PAUSE_MS = 500;

/**
 * A server of the OpenAI Realtime protocol for tests: it checks each event against the published shapes, keeps a conversation, hears by
 * level, and answers with a tone. It can misbehave.
 */
export class RealtimeServer {
  readonly misbehaviour: Misbehaviour = {};
  /** Events of all connections that were as published. */
  readonly events: ClientEvent[] = [];
  /** What was wrong with the others. */
  readonly faults: string[] = [];
  readonly requests: IncomingMessage[] = [];
  /** Says what to answer to what was said last. */
  reply: (said: string) => RealtimeReply = (said) => ({ text: `You said ${said}.` });
  /** What the caller is taken to say. */
  hears = 'hello';
  /** Length of an answer, and of the greeting. */
  answerMs = 1000;
  greetingMs: number | null = null;
  readonly #http: Server;
  readonly #news = new EventEmitter();
  readonly #sockets = new WebSocketServer({ noServer: true });
  readonly #live = new Set<Connection>();

  private constructor(http: Server) {
    this.#http = http;
    http.on('upgrade', (request, socket, head) => {
      this.requests.push(request);
      const { refuse } = this.misbehaviour;
      if (refuse !== undefined) {
        socket.end(`HTTP/1.1 ${String(refuse)} No\r\nContent-Length: 0\r\n\r\n`);
        return;
      }
      this.#sockets.handleUpgrade(request, socket, head, (ws) => {
        const connection = new Connection(this, ws);
        this.#live.add(connection);
        ws.on('close', () => this.#live.delete(connection));
      });
    });
  }

  static async start(port = 0): Promise<RealtimeServer> {
    const http = createServer();
    http.listen(port, '127.0.0.1');
    await once(http, 'listening');
    return new RealtimeServer(http);
  }

  get url(): string {
    return `ws://127.0.0.1:${String((this.#http.address() as AddressInfo).port)}/v1/realtime`;
  }

  /** Until it holds; looked at with every event that comes. */
  async when(condition: () => boolean): Promise<void> {
    while (!condition()) {
      await once(this.#news, 'news', { signal: AbortSignal.timeout(8000) });
    }
  }

  taken(event: ClientEvent): void {
    this.events.push(event);
    this.#news.emit('news');
  }

  types(): string[] {
    return this.events.map(({ type }) => type);
  }

  /** As when the network goes. */
  dropAll(): void {
    for (const connection of this.#live) {
      connection.drop();
    }
  }

  async close(): Promise<void> {
    this.dropAll();
    this.#http.close();
    await once(this.#http, 'close');
  }
}

class Connection {
  readonly #server: RealtimeServer;
  readonly #socket: WebSocket;
  readonly #timers = new Set<NodeJS.Timeout>();
  #active: { readonly id: string; cancelled: boolean } | null = null;
  #count = 0;
  #said = '';
  #serverVad = false;
  #speaking: string | null = null;
  #quietMs = 0;
  readonly #calls = new Set<string>();
  readonly #items = new Set<string>();

  constructor(server: RealtimeServer, socket: WebSocket) {
    this.#server = server;
    this.#socket = socket;
    socket.on('message', (data: Buffer) => {
      this.#message(data.toString('utf8'));
    });
    socket.on('close', () => {
      for (const timer of this.#timers) {
        clearTimeout(timer);
      }
    });
    if (server.misbehaviour.mute !== true) {
      this.#send('session.created', { session: { type: 'realtime', id: 'sess_1' } });
    }
  }

  drop(): void {
    this.#socket.terminate();
  }

  #send(type: string, members: Readonly<Record<string, unknown>>): void {
    if (this.#socket.readyState !== 1) {
      return;
    }
    this.#socket.send(
      JSON.stringify({ event_id: `event_${String(++this.#count)}`, type, ...members }),
    );
  }

  #message(text: string): void {
    const parsed = v.safeParse(ClientEventSchema, JSON.parse(text));
    if (!parsed.success) {
      const [issue] = parsed.issues;
      const path = (issue.path ?? []).map(({ key }) => String(key)).join('.');
      this.#server.faults.push(`${path}: ${issue.message} in ${text.slice(0, 300)}`);
      this.#error('invalid_value', issue.message);
      return;
    }
    this.#server.taken(parsed.output);
    if (this.#server.misbehaviour.mute !== true) {
      this.#handle(parsed.output);
    }
  }

  #error(code: string, message: string): void {
    this.#send('error', { error: { type: 'invalid_request_error', code, message, param: null } });
  }

  #handle(event: ClientEvent): void {
    const { misbehaviour } = this.#server;
    switch (event.type) {
      case 'session.update': {
        if (misbehaviour.rejectSession) {
          this.#error('invalid_value', 'no such model');
          return;
        }
        const detection = event.session.audio?.input?.turn_detection;
        if (detection !== undefined) {
          this.#serverVad = detection !== null;
        }
        this.#send('session.updated', { session: event.session });
        return;
      }
      case 'input_audio_buffer.append':
        if (this.#serverVad) {
          this.#hear(Buffer.from(event.audio, 'base64'));
        }
        return;
      case 'input_audio_buffer.commit':
        this.#commit(`item_in_${String(++this.#count)}`);
        return;
      case 'conversation.item.create':
        this.#take(event.item);
        return;
      case 'conversation.item.truncate':
        if (!this.#items.has(event.item_id)) {
          this.#server.faults.push(`truncate of unknown item ${event.item_id}`);
        }
        return;
      case 'response.create':
        if (this.#active) {
          this.#error('conversation_already_has_active_response', 'busy');
        } else {
          this.#answer(event.response?.instructions);
        }
        return;
      case 'response.cancel':
        if (this.#active) {
          this.#end('cancelled');
        } else {
          this.#error('response_cancel_not_active', 'nothing to cancel');
        }
        return;
      case 'input_audio_buffer.clear':
        return;
    }
  }

  #take(item: Extract<ClientEvent, { type: 'conversation.item.create' }>['item']): void {
    switch (item.type) {
      case 'message': {
        const [first] = item.content;
        if (item.role === 'user' && first && 'text' in first) {
          this.#said = first.text;
        }
        return;
      }
      case 'function_call':
        this.#calls.add(item.call_id);
        return;
      case 'function_call_output':
        if (!this.#calls.has(item.call_id)) {
          this.#server.faults.push(`output of unknown call ${item.call_id}`);
        }
        this.#said = item.output;
    }
  }

  #hear(pcm: Buffer): void {
    let sum = 0;
    for (let i = 0; i + 1 < pcm.length; i += 2) {
      sum += pcm.readInt16LE(i) ** 2;
    }
    const loud = Math.sqrt(sum / Math.max(1, pcm.length / 2)) > LOUD;
    const ms = (pcm.length * 1000) / (2 * RATE);
    if (loud && this.#speaking === null) {
      this.#speaking = `item_in_${String(++this.#count)}`;
      this.#send('input_audio_buffer.speech_started', {
        audio_start_ms: 0,
        item_id: this.#speaking,
      });
      if (this.#active) {
        this.#end('cancelled');
      }
    }
    this.#quietMs = loud ? 0 : this.#quietMs + ms;
    if (this.#speaking === null || this.#quietMs < PAUSE_MS) {
      return;
    }
    const item = this.#speaking;
    this.#speaking = null;
    this.#send('input_audio_buffer.speech_stopped', { audio_end_ms: 0, item_id: item });
    this.#commit(item);
    if (!this.#active) {
      this.#answer(undefined);
    }
  }

  #commit(item: string): void {
    const { hears } = this.#server;
    this.#said = hears;
    const transcription = 'conversation.item.input_audio_transcription';
    this.#send('input_audio_buffer.committed', { item_id: item, previous_item_id: null });
    this.#send(`${transcription}.delta`, { item_id: item, content_index: 0, delta: hears });
    this.#send(`${transcription}.completed`, {
      item_id: item,
      content_index: 0,
      transcript: hears,
      usage: {},
    });
  }

  #answer(instructions: string | undefined): void {
    const { misbehaviour } = this.#server;
    const id = `resp_${String(++this.#count)}`;
    const active = { id, cancelled: false };
    this.#active = active;
    if (misbehaviour.noise === true) {
      this.#socket.send('no JSON');
      this.#send('rate_limits.updated', { rate_limits: [] });
      this.#send('response.output_audio.delta', { response_id: 'resp_none', delta: 'AAAA' });
    }
    if (misbehaviour.errors === true) {
      this.#error('server_error', 'something is wrong here');
    }
    this.#send('response.created', {
      response: { id, object: 'realtime.response', status: 'in_progress' },
    });
    this.#later(misbehaviour.slow ?? 20, () => {
      if (!active.cancelled) {
        this.#speak(active, instructions);
      }
    });
  }

  #speak(
    active: { readonly id: string; cancelled: boolean },
    instructions: string | undefined,
  ): void {
    const greeting = /words: (.*)$/.exec(instructions ?? '')?.[1];
    const reply = greeting === undefined ? this.#server.reply(this.#said) : { text: greeting };
    const item = `item_out_${String(++this.#count)}`;
    const about = { response_id: active.id, item_id: item, output_index: 0, content_index: 0 };
    if (reply.tool) {
      const callId = `call_${String(++this.#count)}`;
      this.#calls.add(callId);
      const call = { type: 'function_call', call_id: callId, name: reply.tool.name };
      this.#send('response.output_item.added', {
        response_id: active.id,
        output_index: 0,
        item: { ...call, id: item, status: 'in_progress', arguments: '' },
      });
      this.#send('response.function_call_arguments.done', {
        response_id: active.id,
        item_id: item,
        output_index: 0,
        call_id: callId,
        arguments: reply.tool.args,
      });
      this.#send('response.output_item.done', {
        response_id: active.id,
        output_index: 0,
        item: { ...call, id: item, status: 'completed', arguments: reply.tool.args },
      });
      this.#end('completed');
      return;
    }
    this.#items.add(item);
    const words = reply.text.split(/(?<= )/);
    const { answerMs, greetingMs } = this.#server;
    const tone = toneOf(greeting === undefined ? answerMs : (greetingMs ?? answerMs));
    const size = Math.ceil(tone.length / words.length / 2) * 2;
    words.forEach((word, index) => {
      this.#later(index * 5, () => {
        if (active.cancelled) {
          return;
        }
        this.#send('response.output_audio_transcript.delta', { ...about, delta: word });
        const audio = tone.subarray(index * size, (index + 1) * size).toString('base64');
        this.#send('response.output_audio.delta', { ...about, delta: audio });
        if (this.#server.misbehaviour.closeInAnswer === true) {
          this.#server.misbehaviour.closeInAnswer = false;
          this.drop();
        }
      });
    });
    this.#later(words.length * 5, () => {
      if (active.cancelled) {
        return;
      }
      this.#send('response.output_audio.done', about);
      this.#send('response.output_audio_transcript.done', { ...about, transcript: reply.text });
      this.#end('completed');
    });
  }

  #end(status: string): void {
    const active = this.#active;
    if (!active) {
      return;
    }
    active.cancelled = true;
    this.#active = null;
    this.#send('response.done', {
      response: {
        id: active.id,
        object: 'realtime.response',
        status,
        output: [],
        usage: { total_tokens: 46, input_tokens: 12, output_tokens: 34 },
      },
    });
  }

  #later(ms: number, work: () => void): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      work();
    }, ms);
    this.#timers.add(timer);
  }
}

/** Buzzing like a voice, so that an ear tells it from silence. */
export function toneOf(ms: number, rate = RATE): Buffer {
  const samples = Math.round((rate * ms) / 1000);
  const pcm = Buffer.alloc(samples * 2);
  for (let i = 0; i < samples; i += 1) {
    pcm.writeInt16LE(Math.round(8000 * Math.sin((2 * Math.PI * 660 * i) / rate)), i * 2);
  }
  return pcm;
}
