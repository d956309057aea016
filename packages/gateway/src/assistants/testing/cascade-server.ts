import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { WebSocketServer, type WebSocket } from 'ws';
import { toneOf } from './realtime-server.ts';

/** How the servers misbehave; what is absent is done right. */
export interface CascadeMisbehaviour {
  /** HTTP status of each answer. */
  stt?: number;
  chat?: number;
  tts?: number;
  /** The model's stream ends in the middle. */
  cutChat?: boolean;
  /** Milliseconds before the model's first word. */
  slowChat?: number;
}

export interface ChatReply {
  readonly text: string;
  readonly tool?: { readonly name: string; readonly args: string };
}

/** Speech to text, a chat model and text to speech for tests, over HTTP and over WebSocket, in one server. */
export class CascadeServer {
  readonly misbehaviour: CascadeMisbehaviour = {};
  hears = 'hello';
  reply: (said: string) => ChatReply = (said) => ({ text: `You said ${said}. Is that right?` });
  /** Length of a spoken sentence. */
  sentenceMs = 200;
  /** Bodies of questions to the model. */
  readonly questions: Record<string, unknown>[] = [];
  /** What was to be spoken. */
  readonly spoken: string[] = [];
  /** Bytes of speech that came. */
  heardBytes = 0;
  readonly keys = new Set<string | undefined>();
  readonly #http: Server;
  readonly #sockets = new WebSocketServer({ noServer: true });

  private constructor(http: Server) {
    this.#http = http;
    http.on('request', (request: IncomingMessage, response: ServerResponse) => {
      this.keys.add(request.headers.authorization);
      void this.#serve(request, response);
    });
    http.on('upgrade', (request, socket, head) => {
      this.#sockets.handleUpgrade(request, socket, head, (ws) => {
        if (request.url === '/stt') {
          this.#listen(ws);
        } else {
          this.#talk(ws);
        }
      });
    });
  }

  static async start(): Promise<CascadeServer> {
    const http = createServer();
    http.listen(0, '127.0.0.1');
    await once(http, 'listening');
    return new CascadeServer(http);
  }

  url(scheme: 'http' | 'ws', path: string): string {
    return `${scheme}://127.0.0.1:${String((this.#http.address() as AddressInfo).port)}${path}`;
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets.clients) {
      socket.terminate();
    }
    this.#http.closeAllConnections();
    this.#http.close();
    await once(this.#http, 'close');
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const parts: Buffer[] = [];
    for await (const part of request) {
      parts.push(part as Buffer);
    }
    const body = Buffer.concat(parts);
    const { misbehaviour } = this;
    const part = request.url?.slice(1) as 'stt' | 'chat' | 'tts';
    const status = misbehaviour[part] ?? 200;
    if (status !== 200) {
      response.writeHead(status).end();
      return;
    }
    if (part === 'stt') {
      this.heardBytes += body.length;
      const isForm = body.includes('name="file"') && body.includes('RIFF');
      response.writeHead(isForm ? 200 : 400, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ text: this.hears }));
    } else if (part === 'tts') {
      const { input } = JSON.parse(body.toString('utf8')) as { input: string };
      this.spoken.push(input);
      const tone = toneOf(this.sentenceMs);
      // An odd cut: samples must be put together again.
      response.write(tone.subarray(0, 333));
      response.end(tone.subarray(333));
    } else {
      this.#chat(JSON.parse(body.toString('utf8')) as Record<string, unknown>, response);
    }
  }

  #chat(question: Record<string, unknown>, response: ServerResponse): void {
    this.questions.push(question);
    const messages = question['messages'] as { role: string; content: unknown }[];
    const last = messages.at(-1);
    const reply =
      last?.role === 'tool' ? { text: 'The form says so.' } : this.reply(textOf(last?.content));
    setTimeout(() => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      const send = (delta: unknown, finish: string | null = null): void => {
        const choices = [{ index: 0, delta, finish_reason: finish }];
        response.write(`data: ${JSON.stringify({ choices })}\n\n`);
      };
      const { tool } = reply;
      if (tool) {
        const call = { index: 0, id: 'call_1', type: 'function' };
        send({ tool_calls: [{ ...call, function: { name: tool.name, arguments: '' } }] });
        for (const piece of tool.args.match(/.{1,5}/g) ?? []) {
          send({ tool_calls: [{ index: 0, function: { arguments: piece } }] });
        }
      }
      for (const word of reply.text.split(/(?<= )/)) {
        send({ content: word });
      }
      if (this.misbehaviour.cutChat === true) {
        response.destroy();
        return;
      }
      send({}, tool ? 'tool_calls' : 'stop');
      if ((question['stream_options'] as { include_usage?: boolean } | undefined)?.include_usage) {
        const usage = { prompt_tokens: 21, completion_tokens: 7 };
        response.write(`data: ${JSON.stringify({ choices: [], usage })}\n\n`);
      }
      response.end('data: [DONE]\n\n');
    }, this.misbehaviour.slowChat ?? 0);
  }

  #listen(ws: WebSocket): void {
    ws.on('message', (data: Buffer, isBinary) => {
      if (isBinary) {
        this.heardBytes += data.length;
        return;
      }
      const { type } = JSON.parse(data.toString('utf8')) as { type: string };
      if (type !== 'stop') {
        return;
      }
      const { hears } = this;
      ws.send(JSON.stringify({ type: 'partial', text: hears.slice(0, 2) }));
      ws.send(JSON.stringify({ type: 'partial', text: hears.slice(0, 4) }));
      ws.send(JSON.stringify({ type: 'final', text: hears }));
    });
  }

  #talk(ws: WebSocket): void {
    ws.on('message', (data: Buffer) => {
      const { text } = JSON.parse(data.toString('utf8')) as { text: string };
      this.spoken.push(text);
      const tone = toneOf(this.sentenceMs);
      ws.send(tone.subarray(0, 4000));
      ws.send(tone.subarray(4000));
      ws.send(JSON.stringify({ type: 'done' }));
    });
  }
}

function textOf(content: unknown): string {
  if (typeof content === 'string') {
    return content;
  }
  const [first] = content as { text?: string }[];
  return first?.text ?? '';
}
