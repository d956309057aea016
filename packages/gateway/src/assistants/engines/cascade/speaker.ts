import type { LookupFunction } from 'node:net';
import { WebSocket } from 'ws';
import type { CascadeSettings } from '../../definition.ts';
import { isOk, post, refusal } from '../../../http-post.ts';
import { bearer, readSecret } from '../../secrets.ts';
import { toSamples } from '../samples.ts';
import { textMember } from './json.ts';

const SENTENCE_MS = 30_000;
const MAX_WAITING = 16 * 1024 * 1024;

/**
 * Speaks one sentence and yields its samples as they come. Over HTTP as OpenAI's `audio/speech` with raw samples; over WebSocket
 * `{"type":"speak","text","voice","model","rate"}`, back come binary frames of samples and `{"type":"done"}`.
 */
export async function* speak(
  settings: CascadeSettings['tts'],
  text: string,
  aborted: AbortSignal,
  lookup: LookupFunction,
): AsyncGenerator<Int16Array> {
  const signal = AbortSignal.any([aborted, AbortSignal.timeout(SENTENCE_MS)]);
  const bytes = /^wss?:/.test(settings.url)
    ? overSocket(settings, text, signal, lookup)
    : overHttp(settings, text, signal, lookup);
  let rest: Buffer = Buffer.alloc(0);
  for await (const part of bytes) {
    const all = rest.length === 0 ? part : Buffer.concat([rest, part]);
    rest = all.subarray(all.length - (all.length % 2));
    const pcm = toSamples(all);
    if (pcm.length > 0) {
      yield pcm;
    }
  }
}

async function* overHttp(
  { url, model, voice, key }: CascadeSettings['tts'],
  input: string,
  signal: AbortSignal,
  lookup: LookupFunction,
): AsyncGenerator<Buffer> {
  const response = await post({
    url,
    headers: { 'content-type': 'application/json', ...bearer(readSecret(key)) },
    body: JSON.stringify({ model, voice, input, response_format: 'pcm' }),
    signal,
    lookup,
  });
  if (!isOk(response)) {
    throw refusal('text-to-speech', response);
  }
  for await (const part of response) {
    yield part as Buffer;
  }
}

async function* overSocket(
  { url, model, voice, key, rate }: CascadeSettings['tts'],
  text: string,
  signal: AbortSignal,
  lookup: LookupFunction,
): AsyncGenerator<Buffer> {
  const headers = bearer(readSecret(key));
  const socket = new WebSocket(url, { headers, maxPayload: 1024 * 1024, lookup });
  const waiting: Buffer[] = [];
  let size = 0;
  const ended: { how?: 'done' | Error } = {};
  let wake: () => void = () => undefined;
  const end = (how: 'done' | Error): void => {
    ended.how ??= how;
    wake();
  };
  const onAbort = (): void => {
    end(new Error('text-to-speech: too late'));
  };
  signal.addEventListener('abort', onAbort);
  socket.on('open', () => {
    socket.send(JSON.stringify({ type: 'speak', text, voice, model, rate }));
  });
  socket.on('message', (data: Buffer, isBinary) => {
    if (isBinary) {
      size += data.length;
      if (size > MAX_WAITING) {
        end(new Error('text-to-speech: more than anybody would listen to'));
      } else {
        waiting.push(data);
      }
    } else if (isDone(data.toString('utf8'))) {
      end('done');
    }
    wake();
  });
  socket.on('error', end);
  socket.on('close', () => {
    end(new Error('text-to-speech: the connection ended in the middle'));
  });
  try {
    for (;;) {
      const part = waiting.shift();
      if (part) {
        yield part;
      } else if (ended.how !== undefined) {
        break;
      } else {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    }
    if (ended.how !== 'done') {
      throw ended.how;
    }
  } finally {
    signal.removeEventListener('abort', onAbort);
    socket.terminate();
  }
}

function isDone(text: string): boolean {
  try {
    return textMember(JSON.parse(text), 'type') === 'done';
  } catch {
    return false;
  }
}
