import * as v from 'valibot';

/**
 * The shapes of the client events of the OpenAI Realtime API, as its reference publishes them (general availability, 2025), as far as a
 * voice client uses them. Strict: a member that is not published is an error.
 */
const id = v.optional(v.pipe(v.string(), v.maxLength(512)));
const format = v.strictObject({ type: v.literal('audio/pcm'), rate: v.literal(24_000) });
const tool = v.strictObject({
  type: v.literal('function'),
  name: v.pipe(v.string(), v.regex(/^[\w-]{1,64}$/)),
  description: v.optional(v.string()),
  parameters: v.optional(v.looseObject({ type: v.literal('object') })),
});
const vad = v.variant('type', [
  v.strictObject({
    type: v.literal('server_vad'),
    threshold: v.optional(v.number()),
    prefix_padding_ms: v.optional(v.number()),
    silence_duration_ms: v.optional(v.number()),
    create_response: v.optional(v.boolean()),
    interrupt_response: v.optional(v.boolean()),
    idle_timeout_ms: v.optional(v.nullable(v.number())),
  }),
  v.strictObject({
    type: v.literal('semantic_vad'),
    eagerness: v.optional(v.picklist(['low', 'medium', 'high', 'auto'])),
    create_response: v.optional(v.boolean()),
    interrupt_response: v.optional(v.boolean()),
  }),
]);
const session = v.strictObject({
  type: v.literal('realtime'),
  instructions: v.optional(v.string()),
  output_modalities: v.optional(v.array(v.picklist(['audio', 'text']))),
  audio: v.optional(
    v.strictObject({
      input: v.optional(
        v.strictObject({
          format: v.optional(format),
          turn_detection: v.optional(v.nullable(vad)),
          transcription: v.optional(
            v.nullable(
              v.strictObject({
                model: v.string(),
                language: v.optional(v.string()),
                prompt: v.optional(v.string()),
              }),
            ),
          ),
          noise_reduction: v.optional(v.nullable(v.looseObject({}))),
        }),
      ),
      output: v.optional(
        v.strictObject({
          format: v.optional(format),
          voice: v.optional(v.string()),
          speed: v.optional(v.number()),
        }),
      ),
    }),
  ),
  tools: v.optional(v.array(tool)),
  tool_choice: v.optional(v.union([v.picklist(['auto', 'none', 'required']), v.looseObject({})])),
  max_output_tokens: v.optional(v.union([v.number(), v.literal('inf')])),
});
const content = v.variant('type', [
  v.strictObject({ type: v.literal('input_text'), text: v.string() }),
  v.strictObject({ type: v.literal('output_text'), text: v.string() }),
  v.strictObject({
    type: v.literal('input_image'),
    image_url: v.string(),
    detail: v.optional(v.string()),
  }),
]);
const item = v.variant('type', [
  v.strictObject({
    type: v.literal('message'),
    id,
    role: v.picklist(['user', 'assistant', 'system']),
    content: v.pipe(v.array(content), v.minLength(1)),
  }),
  v.strictObject({
    type: v.literal('function_call'),
    id,
    call_id: v.string(),
    name: v.string(),
    arguments: v.string(),
  }),
  v.strictObject({
    type: v.literal('function_call_output'),
    id,
    call_id: v.string(),
    output: v.string(),
  }),
]);
const event = <const T extends string, const E extends v.ObjectEntries>(type: T, entries: E) =>
  v.strictObject({ type: v.literal(type), event_id: id, ...entries });

export const ClientEventSchema = v.variant('type', [
  event('session.update', { session }),
  event('input_audio_buffer.append', { audio: v.pipe(v.string(), v.base64()) }),
  event('input_audio_buffer.commit', {}),
  event('input_audio_buffer.clear', {}),
  event('conversation.item.create', { previous_item_id: v.optional(v.nullable(v.string())), item }),
  event('conversation.item.truncate', {
    item_id: v.string(),
    content_index: v.literal(0),
    audio_end_ms: v.pipe(v.number(), v.integer(), v.minValue(0)),
  }),
  event('response.create', {
    response: v.optional(v.strictObject({ instructions: v.optional(v.string()) })),
  }),
  event('response.cancel', { response_id: v.optional(v.string()) }),
]);
export type ClientEvent = v.InferOutput<typeof ClientEventSchema>;
