import * as v from 'valibot';
import { check } from '../check.ts';
import type { FrameError, FrameId } from '../frame.ts';
import type { Result } from '../result.ts';
import { boundedList, callId, longText, text } from '../schemas/client-tools.ts';
import { maybe, openObject } from '../schemas/tools.ts';

const MAX_PARTS = 16;
const MAX_TOOLS = 32;
const MAX_OUTPUT = 65_536;

const ToolName = v.pipe(v.string(), v.regex(/^[A-Za-z0-9_-]{1,64}$/));

/** An image by its address; `data:` as far as the frame limit goes. */
const ImageUrl = v.pipe(v.string(), v.regex(/^(https?:\/\/|data:image\/)/));

const ContentSchema = v.variant('type', [
  v.object({ type: v.literal('input_text'), text: longText() }),
  v.object({ type: v.literal('image_url'), image_url: v.object({ url: ImageUrl }) }),
]);

const ItemSchema = v.variant('type', [
  v.object({
    type: v.literal('message'),
    id: maybe(text()),
    role: v.literal('user'),
    content: v.pipe(boundedList(ContentSchema, MAX_PARTS), v.minLength(1)),
  }),
  v.object({
    type: v.literal('function_call_output'),
    call_id: text(),
    output: v.pipe(v.string(), v.maxLength(MAX_OUTPUT)),
  }),
  v.object({ type: v.literal('response.audio_stream.subscribe') }),
]);

const ToolSchema = v.object({
  type: v.literal('function'),
  name: ToolName,
  description: maybe(longText()),
  /** A JSON Schema of an object. */
  parameters: maybe(openObject()),
});

const call = { call_id: maybe(callId()) };

const AiClientMessageSchema = v.variant('type', [
  v.object({ type: v.literal('conversation.item.create'), ...call, item: ItemSchema }),
  v.object({ type: v.literal('response.cancel'), ...call }),
  v.object({
    type: v.literal('session.update'),
    ...call,
    session: v.object({ tools: boundedList(ToolSchema, MAX_TOOLS) }),
  }),
]);

/** What a page tells its assistant: the params of a client's `ai_conversation`. */
export type AiClientMessage = v.InferOutput<typeof AiClientMessageSchema>;
/** What it may put into the conversation. */
export type AiClientItem = v.InferOutput<typeof ItemSchema>;
/** A tool that the page runs. */
export type AiClientTool = v.InferOutput<typeof ToolSchema>;

/** The result of a `session.update` request. Names of tools; those refused are not the assistant's. */
export interface AiSessionUpdateResult {
  readonly sessid: string;
  readonly tools: { readonly accepted: readonly string[]; readonly refused: readonly string[] };
}

/** Reads the params of a client's `ai_conversation`. Never throws; an error names the member and never its value. */
export function parseAiClientMessage(
  params: unknown,
  id?: FrameId,
): Result<AiClientMessage, FrameError> {
  return check(AiClientMessageSchema, params, 'ai_conversation', id);
}
