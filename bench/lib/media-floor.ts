import { randomUUID } from 'node:crypto';
import { WebSocket } from 'ws';
import type { MediaEnd } from '../../packages/gateway/src/load/media-end.ts';
import { Child } from './child.ts';

interface Answer {
  readonly id: number;
  readonly result?: unknown;
  readonly error?: string;
}

/** The driver's side of servers/media.ts. */
export class MediaFloorClient {
  readonly process: Child;
  readonly #socket: WebSocket;
  readonly #open = new Map<number, (answer: Answer) => void>();
  #nextId = 1;

  static async start(library: 'werift' | 'engine'): Promise<MediaFloorClient> {
    const child = await Child.start('media.ts', { library });
    const socket = new WebSocket(child.url, { perMessageDeflate: false });
    await new Promise((resolve, reject) => {
      socket.once('open', resolve);
      socket.once('error', reject);
    });
    return new MediaFloorClient(child, socket);
  }

  private constructor(child: Child, socket: WebSocket) {
    this.process = child;
    this.#socket = socket;
    socket.on('message', (data: Buffer) => {
      const answer = JSON.parse(data.toString('utf8')) as Answer;
      this.#open.get(answer.id)?.(answer);
      this.#open.delete(answer.id);
    });
  }

  /** Sets a call up between two ends. Returns what ends it. */
  async call(a: MediaEnd, b: MediaEnd): Promise<() => Promise<void>> {
    const call = randomUUID();
    const begun = (await this.#ask('begin', call, await a.offer())) as {
      answer: string;
      offer: string;
    };
    await Promise.all([
      a.accept(begun.answer),
      b.answer(begun.offer).then((answer) => this.#ask('join', call, answer)),
    ]);
    return async () => {
      await this.#ask('end', call);
      await Promise.all([a.close(), b.close()]);
    };
  }

  async delays(): Promise<number[]> {
    return (await this.#ask('delays', '')) as number[];
  }

  async stop(): Promise<void> {
    this.#socket.terminate();
    await this.process.stop();
  }

  #ask(verb: string, call: string, sdp = ''): Promise<unknown> {
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      this.#open.set(id, ({ result, error }) => {
        if (error === undefined) {
          resolve(result);
        } else {
          reject(new Error(error));
        }
      });
      this.#socket.send(JSON.stringify({ id, verb, call, sdp }));
    });
  }
}
