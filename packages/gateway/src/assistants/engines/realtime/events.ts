import type { EngineUsage } from '../../engine.ts';
import { usageOf } from '../usage.ts';

/**
 * What a server of the OpenAI Realtime protocol says, as far as a call needs it. Older servers use names without `output_`; both are read.
 * What is unknown or lacks what it is about is passed over.
 */
export type ServerEvent =
  | { readonly type: 'session.created' | 'session.updated' }
  | { readonly type: 'speech_started'; readonly item: string }
  | { readonly type: 'committed'; readonly item: string }
  | {
      readonly type: 'transcription';
      readonly item: string;
      readonly what: 'delta' | 'completed' | 'failed';
      readonly text: string;
    }
  | { readonly type: 'response.created'; readonly response: string }
  | {
      readonly type: 'audio';
      readonly response: string;
      readonly item: string;
      readonly data: string;
    }
  | { readonly type: 'audio.done'; readonly response: string }
  | {
      readonly type: 'said';
      readonly response: string;
      readonly text: string;
      readonly final: boolean;
    }
  | {
      readonly type: 'function_call';
      readonly response: string;
      readonly callId: string;
      readonly name: string;
      readonly args: string;
    }
  | {
      readonly type: 'response.done';
      readonly response: string;
      readonly status: string;
      readonly usage: EngineUsage | null;
    }
  | { readonly type: 'error'; readonly code: string; readonly message: string };

type Members = Readonly<Record<string, unknown>>;

export function readServerEvent(text: string): ServerEvent | null {
  let event: Members;
  try {
    event = members(JSON.parse(text));
  } catch {
    return null;
  }
  const item = textOf(event['item_id']);
  const response = textOf(event['response_id']);
  const type = textOf(event['type']).replace(/^response\.output_(audio|text)/, 'response.$1');
  switch (type) {
    case 'session.created':
    case 'session.updated':
      return { type };
    case 'input_audio_buffer.speech_started':
      return { type: 'speech_started', item };
    case 'input_audio_buffer.committed':
      return { type: 'committed', item };
    case 'conversation.item.input_audio_transcription.delta':
      return { type: 'transcription', item, what: 'delta', text: textOf(event['delta']) };
    case 'conversation.item.input_audio_transcription.completed':
      return { type: 'transcription', item, what: 'completed', text: textOf(event['transcript']) };
    case 'conversation.item.input_audio_transcription.failed':
      return { type: 'transcription', item, what: 'failed', text: '' };
    case 'response.audio.delta':
      return { type: 'audio', response, item, data: textOf(event['delta']) };
    case 'response.audio.done':
      return { type: 'audio.done', response };
    case 'response.audio_transcript.delta':
    case 'response.text.delta':
      return { type: 'said', response, text: textOf(event['delta']), final: false };
    case 'response.audio_transcript.done':
      return { type: 'said', response, text: textOf(event['transcript']), final: true };
    case 'response.text.done':
      return { type: 'said', response, text: textOf(event['text']), final: true };
    case 'response.created': {
      const id = textOf(members(event['response'])['id']);
      return id === '' ? null : { type, response: id };
    }
    case 'response.output_item.done':
      return functionCall(response, members(event['item']));
    case 'response.done': {
      const { id, status, usage } = members(event['response']);
      const { input_tokens: input, output_tokens: output } = members(usage);
      return {
        type,
        response: textOf(id),
        status: textOf(status),
        usage: usageOf(input, output),
      };
    }
    case 'error': {
      const error = members(event['error']);
      const code = textOf(error['code']) || textOf(error['type']);
      return { type: 'error', code, message: textOf(error['message']) };
    }
    default:
      return null;
  }
}

/** Complete ones only: `response.function_call_arguments.done` lacks the name at some servers. */
function functionCall(response: string, item: Members): ServerEvent | null {
  const callId = textOf(item['call_id']);
  const name = textOf(item['name']);
  if (item['type'] !== 'function_call' || callId === '' || name === '') {
    return null;
  }
  return { type: 'function_call', response, callId, name, args: textOf(item['arguments']) };
}

function members(value: unknown): Members {
  return typeof value === 'object' && value !== null ? (value as Members) : {};
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
