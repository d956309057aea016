/** A tool that the assistant wants called. `arguments` is JSON text. */
export interface FunctionCallItem {
  type: 'function_call';
  call_id: string;
  name: string;
  arguments: string;
}
/** What the tool gave back. `output` is text, often JSON. */
export interface FunctionCallOutputItem {
  type: 'function_call_output';
  call_id: string;
  output: string;
}
export interface ResponseAudioStreamSubscribeItem {
  type: 'response.audio_stream.subscribe';
}
export type AIConversationOutboundItem = FunctionCallOutputItem | ResponseAudioStreamSubscribeItem;
export type ISendAIConversationMessageOptions = AIConversationOutboundItem;
export interface AIConversationFunctionCallParams {
  type: 'conversation.item.created';
  item: FunctionCallItem;
}
export interface AIConversationFunctionCallOutputParams {
  type: 'conversation.item.create';
  item: FunctionCallOutputItem;
}
export interface AIConversationOutboundParams {
  type: 'conversation.item.create';
  item: AIConversationOutboundItem;
}
export type AIConversationParams =
  | AIConversationFunctionCallParams
  | AIConversationOutboundParams
  | { type: string; [key: string]: unknown };
/** Payload of `telnyx.ai.conversation`. */
export interface IAIConversationMessageEvent {
  method: 'ai_conversation';
  params: AIConversationParams;
  voice_sdk_id?: string;
}

function itemOf(
  params: AIConversationParams,
  type: string,
  itemType: string,
): Record<string, unknown> {
  // Applications hand in what came from elsewhere.
  const given = params as { type?: unknown; item?: unknown } | null | undefined;
  const record = (given?.item ?? {}) as Record<string, unknown>;
  return given?.type === type && record['type'] === itemType ? record : {};
}

/** True for a message in which the assistant asks for a tool. */
export function isFunctionCallParams(
  params: AIConversationParams,
): params is AIConversationFunctionCallParams {
  const item = itemOf(params, 'conversation.item.created', 'function_call');
  return [item['call_id'], item['name'], item['arguments']].every((it) => typeof it === 'string');
}

/** True for a message that gives a tool's output back. */
export function isFunctionCallOutputParams(
  params: AIConversationParams,
): params is AIConversationFunctionCallOutputParams {
  const item = itemOf(params, 'conversation.item.create', 'function_call_output');
  return [item['call_id'], item['output']].every((it) => typeof it === 'string');
}
