import type { AiContent, AiEvent, AiEventBody, AiItem } from './event.ts';

type Members = Readonly<Record<string, unknown>>;
type Reader = (params: Members) => Members | null;

const text = (value: unknown): value is string => typeof value === 'string';
const object = (value: unknown): Members | null =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Members) : null;

/** Takes the named members when all of them are texts. */
const texts =
  (...names: readonly string[]): Reader =>
  (params) =>
    names.every((name) => text(params[name]))
      ? Object.fromEntries(names.map((name) => [name, params[name]]))
      : null;

/** Takes one object with members of its own. */
const inside =
  (name: string, reader: Reader): Reader =>
  (params) => {
    const value = object(params[name]);
    const read = value && reader(value);
    return read && { [name]: read };
  };

const responseId = texts('response_id');
const itemId = texts('item_id');

const STATUSES: readonly unknown[] = ['completed', 'cancelled', 'failed'];
const HEARING: readonly unknown[] = ['nothing', 'phrases', 'speech'];

const assistant = inside('assistant', (value) => {
  const read = texts('id', 'version', 'name', 'engine')(value);
  return read && { ...read, hears: HEARING.includes(value['hears']) ? value['hears'] : 'speech' };
});
const conversation = inside('conversation', texts('id'));

const READERS: Readonly<Record<AiEventBody['type'], Reader>> = {
  'conversation.created': (params) => {
    const left = conversation(params);
    const right = assistant(params);
    return left && right && { ...left, ...right };
  },
  'input_audio_buffer.speech_started': itemId,
  'input_audio_buffer.speech_stopped': itemId,
  'conversation.item.input_audio_transcription.delta': texts('item_id', 'delta'),
  'conversation.item.input_audio_transcription.completed': texts('item_id', 'transcript'),
  'conversation.item.input_audio_transcription.failed': (params) => {
    const id = itemId(params);
    return id && { ...id, error: { message: messageOf(params['error']) } };
  },
  'response.created': inside('response', texts('id')),
  'response.output_audio_transcript.delta': texts('response_id', 'item_id', 'delta'),
  'response.output_audio_transcript.done': texts('response_id', 'item_id', 'transcript'),
  'output_audio_buffer.started': responseId,
  'output_audio_buffer.stopped': responseId,
  'output_audio_buffer.cleared': responseId,
  'conversation.item.truncated': (params) => {
    const id = itemId(params);
    const end = params['audio_end_ms'];
    const transcript = params['transcript'];
    return (
      id && {
        ...id,
        audio_end_ms: typeof end === 'number' ? end : 0,
        transcript: text(transcript) ? transcript : '',
      }
    );
  },
  'response.done': inside('response', (value) => {
    const id = texts('id')(value);
    const { status } = value;
    return id && { ...id, status: STATUSES.includes(status) ? status : 'completed' };
  }),
  'conversation.item.created': (params) => {
    const item = readItem(params['item']);
    return item && { item };
  },
  error: (params) => {
    const code = object(params['error'])?.['code'];
    const isCode = typeof code === 'number' || text(code);
    return { error: { code: isCode ? code : 'unknown', message: messageOf(params['error']) } };
  },
};

/**
 * Reads the params of a gateway's `ai_conversation`. Never throws.
 * @returns null for types that are not known here, and for known ones that lack what they are about: both are a later gateway's, or another
 * service's, and are passed over
 */
export function readAiEvent(params: unknown): AiEvent | null {
  const members = object(params);
  const type = members?.['type'];
  if (!members || !text(type) || !Object.hasOwn(READERS, type)) {
    return null;
  }
  const read = READERS[type as AiEventBody['type']](members);
  if (!read) {
    return null;
  }
  const callId = members['call_id'];
  // Each reader gives the members of its own type.
  return { type, ...(text(callId) ? { call_id: callId } : {}), ...read } as unknown as AiEvent;
}

function messageOf(error: unknown): string {
  const message = object(error)?.['message'];
  return text(message) ? message : '';
}

function readItem(value: unknown): AiItem | null {
  const item = object(value);
  const type = item?.['type'];
  if (!item || !text(type)) {
    return null;
  }
  const read = ITEMS.get(type)?.(item);
  return read ? ({ type, ...read } as unknown as AiItem) : null;
}

const ITEMS: ReadonlyMap<string, Reader> = new Map<string, Reader>([
  ['function_call', texts('call_id', 'name', 'arguments')],
  ['function_call_output', texts('call_id', 'output')],
  [
    'message',
    (item) => {
      const id = texts('id')(item);
      const { role, content } = item;
      if (!id || (role !== 'user' && role !== 'assistant') || !Array.isArray(content)) {
        return null;
      }
      return { ...id, role, content: content.flatMap(readContent) };
    },
  ],
]);

function readContent(value: unknown): AiContent[] {
  const part = object(value);
  const type = part?.['type'];
  const said = part?.['text'];
  if ((type === 'input_text' || type === 'output_text') && text(said)) {
    return [{ type, text: said }];
  }
  const url = object(part?.['image_url'])?.['url'];
  return type === 'image_url' && text(url) ? [{ type, image_url: { url } }] : [];
}
