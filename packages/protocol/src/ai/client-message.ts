import { check, type Checked } from '../check.ts';
import type { FrameError, FrameId } from '../frame-error.ts';
import type { Result } from '../result.ts';
import {
  boundedList,
  callId,
  longText,
  only,
  pattern,
  text,
  upTo,
  variant,
} from '../schemas/client-tools.ts';
import { maybe, oneOf, openObject, where } from '../schemas/tools.ts';

const MAX_PARTS = 16;
const MAX_TOOLS = 32;
const MAX_OUTPUT = 65_536;

const ToolName = pattern(/^[A-Za-z0-9_-]{1,64}$/, 'a name of letters, digits, _ and -');

/** An image by its address; `data:` as far as the frame limit goes. */
const ImageUrl = pattern(/^(https?:\/\/|data:image\/)/, 'the address of an image');

const ContentSchema = variant({
  input_text: { text: longText },
  image_url: { image_url: only({ url: ImageUrl }) },
});

const ItemSchema = variant({
  message: {
    id: maybe(text),
    role: oneOf('user'),
    content: where(
      boundedList(ContentSchema, MAX_PARTS),
      ({ length }) => length > 0,
      'at least one element',
    ),
  },
  function_call_output: { call_id: text, output: upTo(MAX_OUTPUT) },
  'response.audio_stream.subscribe': {},
});

const ToolSchema = only({
  type: oneOf('function'),
  name: ToolName,
  description: maybe(longText),
  /** A JSON Schema of an object. */
  parameters: maybe(openObject),
});

const call = { call_id: maybe(callId) };

const AiClientMessageSchema = variant({
  'conversation.item.create': { ...call, item: ItemSchema },
  'response.cancel': call,
  'session.update': { ...call, session: only({ tools: boundedList(ToolSchema, MAX_TOOLS) }) },
});

/** What a page tells its assistant: the params of a client's `ai_conversation`. */
export type AiClientMessage = Checked<typeof AiClientMessageSchema>;
/** What it may put into the conversation. */
export type AiClientItem = Checked<typeof ItemSchema>;
/** A tool that the page runs. */
export type AiClientTool = Checked<typeof ToolSchema>;

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
