import type { LookupFunction } from 'node:net';
import type { ServiceGuard } from '../../../services/service.ts';
import { WebSocket } from 'ws';
import type { CascadeSettings } from '../../definition.ts';
import { isOk, post, refusal, textOf } from '../../../http-post.ts';
import { wavHeader } from '../../../wav.ts';
import { bearer, readSecret } from '../../secrets.ts';
import { toBytes } from '../samples.ts';
import { textMember } from './json.ts';

/** Writes down one utterance. */
export interface Transcription {
  hear(pcm: Int16Array): void;
  /** The caller paused. Settles with all that it said; rejects when that cannot be known, or when aborted. */
  finish(): Promise<string>;
  abort(): void;
}

export interface TranscriptionDeps {
  readonly settings: CascadeSettings['stt'];
  readonly rate: number;
  readonly lookup: LookupFunction;
  readonly guard: ServiceGuard;
  readonly onPartial: (text: string) => void;
}

const MAX_SECONDS = 60;
const FINISH_MS = 20_000;

/** Streams over WebSocket, or sends a WAV file at the end over HTTP. */
export function transcribe(deps: TranscriptionDeps): Transcription {
  return /^wss?:/.test(deps.settings.url) ? new StreamedSpeech(deps) : new PostedSpeech(deps);
}

/** `POST` of a form, as OpenAI's `audio/transcriptions` takes it. */
class PostedSpeech implements Transcription {
  readonly #deps: TranscriptionDeps;
  readonly #abort = new AbortController();
  readonly #parts: Buffer[] = [];
  #bytes = 0;

  constructor(deps: TranscriptionDeps) {
    this.#deps = deps;
  }

  hear(pcm: Int16Array): void {
    if (this.#bytes > MAX_SECONDS * this.#deps.rate * 2) {
      return;
    }
    const bytes = Buffer.from(toBytes(pcm));
    this.#parts.push(bytes);
    this.#bytes += bytes.length;
  }

  async finish(): Promise<string> {
    const { settings, rate, lookup } = this.#deps;
    const form = new FormData();
    const wav = new Blob(
      [wavHeader('int16', rate, this.#bytes), ...this.#parts.map((part) => new Uint8Array(part))],
      {
        type: 'audio/wav',
      },
    );
    form.set('file', wav, 'speech.wav');
    form.set('model', settings.model);
    form.set('response_format', 'json');
    if (settings.language !== undefined) {
      form.set('language', settings.language);
    }
    const { headers, body } = await encoded(form);
    const response = await post({
      url: settings.url,
      headers: { ...headers, ...bearer(readSecret(settings.key)) },
      body,
      signal: AbortSignal.any([this.#abort.signal, AbortSignal.timeout(FINISH_MS)]),
      lookup,
    });
    if (!isOk(response)) {
      throw refusal('speech-to-text', response);
    }
    const text = textMember(parse(await textOf(response)), 'text');
    if (text === null) {
      throw new Error('speech-to-text: no text in the answer');
    }
    return text.trim();
  }

  abort(): void {
    this.#abort.abort();
  }
}

/**
 * One WebSocket an utterance: `{"type":"start","rate":16000,"model","language"}`, samples as binary frames, `{"type":"stop"}`; back come
 * `{"type":"partial","text"}` as often as it likes and one `{"type":"final","text"}`.
 */
class StreamedSpeech implements Transcription {
  readonly #socket: WebSocket;
  readonly #final: Promise<string>;
  #early: Buffer[] = [];
  #stopped = false;

  constructor({ settings, rate, lookup, guard, onPartial }: TranscriptionDeps) {
    const { url, model, language, key } = settings;
    const socket = new WebSocket(url, {
      headers: bearer(readSecret(key)),
      handshakeTimeout: FINISH_MS,
      lookup,
      maxPayload: 1024 * 1024,
    });
    this.#socket = socket;
    this.#final = new Promise((resolve, reject) => {
      socket.on('message', (data: Buffer, isBinary) => {
        if (isBinary) {
          return;
        }
        const message = parse(data.toString('utf8'));
        const text = textMember(message, 'text') ?? '';
        const type = textMember(message, 'type');
        if (type === 'partial') {
          guard.run(() => {
            onPartial(text);
          });
        }
        if (type === 'final') {
          resolve(text.trim());
        }
      });
      socket.on('close', () => {
        reject(new Error('speech-to-text: the connection ended before the text came'));
      });
      socket.on('error', reject);
    });
    // Whoever aborts does not wait for it.
    this.#final.catch(() => undefined);
    socket.on('open', () => {
      socket.send(JSON.stringify({ type: 'start', rate, model, language }));
      for (const part of this.#early) {
        socket.send(part);
      }
      this.#early = [];
      if (this.#stopped) {
        socket.send(JSON.stringify({ type: 'stop' }));
      }
    });
  }

  hear(pcm: Int16Array): void {
    const bytes = Buffer.from(toBytes(pcm));
    if (this.#socket.readyState === WebSocket.OPEN) {
      this.#socket.send(bytes);
    } else if (this.#early.length < MAX_SECONDS * 50) {
      this.#early.push(bytes);
    }
  }

  async finish(): Promise<string> {
    this.#stopped = true;
    if (this.#socket.readyState === WebSocket.OPEN) {
      this.#socket.send(JSON.stringify({ type: 'stop' }));
    }
    const timer = setTimeout(() => {
      this.#socket.terminate();
    }, FINISH_MS);
    try {
      return await this.#final;
    } finally {
      clearTimeout(timer);
      this.abort();
    }
  }

  abort(): void {
    if (this.#socket.readyState === WebSocket.OPEN) {
      this.#socket.close(1000);
    } else {
      this.#socket.terminate();
    }
  }
}

async function encoded(form: FormData): Promise<{ headers: Record<string, string>; body: Buffer }> {
  const response = new Response(form);
  const type = response.headers.get('content-type') ?? '';
  return { headers: { 'content-type': type }, body: Buffer.from(await response.arrayBuffer()) };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return null;
  }
}
