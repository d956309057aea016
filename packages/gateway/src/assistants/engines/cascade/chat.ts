import type { LookupFunction } from 'node:net';
import type { CascadeSettings, Tool } from '../../definition.ts';
import { isOk, post, refusal } from '../../../http-post.ts';
import type { EngineUsage } from '../../engine.ts';
import { bearer, readSecret } from '../../secrets.ts';
import { usageOf } from '../usage.ts';
import { members, textMember } from './json.ts';

export type ChatMessage = Readonly<Record<string, unknown>>;

export interface ChatCall {
  readonly id: string;
  readonly name: string;
  readonly args: string;
}

export interface ChatRequest {
  readonly settings: CascadeSettings['chat'];
  readonly messages: readonly ChatMessage[];
  readonly tools: readonly Tool[];
  readonly signal: AbortSignal;
  readonly lookup: LookupFunction;
  readonly onUsage: (usage: EngineUsage) => void;
}

const MAX_LINE = 1024 * 1024;

/**
 * Asks an OpenAI-compatible `chat/completions` and yields its words as they come. What it returns in the end are the tools that it asks for.
 * Throws when the endpoint fails or is cut short.
 */
export async function* chat(request: ChatRequest): AsyncGenerator<string, readonly ChatCall[]> {
  const { settings, messages, tools, signal, lookup, onUsage } = request;
  const response = await post({
    url: settings.url,
    headers: { 'content-type': 'application/json', ...bearer(readSecret(settings.key)) },
    body: JSON.stringify({
      model: settings.model,
      stream: true,
      messages,
      ...(settings.usage ? { stream_options: { include_usage: true } } : {}),
      ...(settings.temperature === undefined ? {} : { temperature: settings.temperature }),
      ...(tools.length === 0 ? {} : { tools: tools.map(toolOf) }),
    }),
    signal,
    lookup,
  });
  if (!isOk(response)) {
    throw refusal('chat', response);
  }
  const calls: { id: string; name: string; args: string }[] = [];
  let complete = false;
  for await (const data of eventData(response)) {
    if (data === '[DONE]') {
      complete = true;
      break;
    }
    const chunk = parsed(data);
    const { prompt_tokens: input, completion_tokens: output } = members(chunk['usage']);
    const usage = usageOf(input, output);
    if (usage !== null) {
      onUsage(usage);
    }
    const choice = firstChoice(chunk);
    if (choice['finish_reason'] !== null && choice['finish_reason'] !== undefined) {
      complete = true;
    }
    const delta = members(choice['delta']);
    takeCalls(delta['tool_calls'], calls);
    const text = textMember(delta, 'content');
    if (text !== null && text !== '') {
      yield text;
    }
  }
  if (!complete) {
    throw new Error('chat: the answer ended in the middle');
  }
  return calls.filter(({ name }) => name !== '');
}

function toolOf({ name, description, parameters }: Tool): ChatMessage {
  return { type: 'function', function: { name, description, parameters } };
}

function parsed(data: string): Readonly<Record<string, unknown>> {
  try {
    return members(JSON.parse(data));
  } catch {
    return {};
  }
}

function firstChoice({
  error,
  choices,
}: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  if (error !== undefined) {
    throw new Error('chat: the endpoint reports an error');
  }
  return members(Array.isArray(choices) ? choices[0] : null);
}

/** They come in pieces, each with its place in the list. */
function takeCalls(value: unknown, calls: { id: string; name: string; args: string }[]): void {
  if (!Array.isArray(value)) {
    return;
  }
  for (const part of value) {
    const { index } = members(part);
    const at = typeof index === 'number' ? index : calls.length;
    if (at < 0 || at > 15) {
      continue;
    }
    const call = (calls[at] ??= { id: '', name: '', args: '' });
    const spoken = members(members(part)['function']);
    call.id ||= textMember(part, 'id') ?? '';
    call.name ||= textMember(spoken, 'name') ?? '';
    call.args += textMember(spoken, 'arguments') ?? '';
  }
}

/** The `data:` lines of server-sent events. */
async function* eventData(body: AsyncIterable<Buffer>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const part of body) {
    rest += decoder.decode(part, { stream: true });
    if (rest.length > MAX_LINE) {
      throw new Error('chat: a line without an end');
    }
    const lines = rest.split(/\r?\n/);
    rest = lines.pop() ?? '';
    for (const line of lines) {
      if (line.startsWith('data:')) {
        yield line.slice(5).trim();
      }
    }
  }
}
