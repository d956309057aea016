/**
 * What an assistant tells the page of its call: the params of a gateway's `ai_conversation`, which has no `id` and gets no reply.
 * Names are those of the OpenAI Realtime API, as the dialect's own (`conversation.item.create`) are. docs/protocol-extensions.md says
 * when each one comes.
 */
export type AiEvent = AiEventBody & {
  /** The call's id. Absent from gateways that do not announce `ai`: then it is the session's one call. */
  readonly call_id?: string;
};

export type AiEventBody =
  | AiConversationCreated
  | AiSpeechStarted
  | AiSpeechStopped
  | AiInputTranscriptDelta
  | AiInputTranscriptCompleted
  | AiInputTranscriptFailed
  | AiResponseCreated
  | AiOutputTranscriptDelta
  | AiOutputTranscriptDone
  | AiOutputAudioEvent
  | AiItemTruncated
  | AiResponseDone
  | AiItemCreated
  | AiErrorEvent;

/** What the assistant can make of a caller's voice: nothing, phrases it was prepared for, or any speech. */
export type AiHearing = 'nothing' | 'phrases' | 'speech';

/** The first event of a call. */
export interface AiConversationCreated {
  readonly type: 'conversation.created';
  /** `id` joins this conversation again as `target_params.conversation_id`. It is a secret of its caller. */
  readonly conversation: { readonly id: string };
  readonly assistant: {
    readonly id: string;
    readonly version: string;
    readonly name: string;
    readonly engine: string;
    readonly hears: AiHearing;
  };
}

/** The caller's voice. `item_id` names what the caller says from here on. */
export interface AiSpeechStarted {
  readonly type: 'input_audio_buffer.speech_started';
  readonly item_id: string;
}

export interface AiSpeechStopped {
  readonly type: 'input_audio_buffer.speech_stopped';
  readonly item_id: string;
}

/** More of what the caller said: to be put behind the item's text so far. */
export interface AiInputTranscriptDelta {
  readonly type: 'conversation.item.input_audio_transcription.delta';
  readonly item_id: string;
  readonly delta: string;
}

/** All that the caller said, in place of any delta. */
export interface AiInputTranscriptCompleted {
  readonly type: 'conversation.item.input_audio_transcription.completed';
  readonly item_id: string;
  readonly transcript: string;
}

/** The caller spoke, and it was not understood. */
export interface AiInputTranscriptFailed {
  readonly type: 'conversation.item.input_audio_transcription.failed';
  readonly item_id: string;
  readonly error: { readonly message: string };
}

/** The assistant works on an answer ("thinking"), until its audio starts or the response is done. */
export interface AiResponseCreated {
  readonly type: 'response.created';
  readonly response: { readonly id: string };
}

/** More of what the assistant says. It may run ahead of the audio. */
export interface AiOutputTranscriptDelta {
  readonly type: 'response.output_audio_transcript.delta';
  readonly response_id: string;
  readonly item_id: string;
  readonly delta: string;
}

export interface AiOutputTranscriptDone {
  readonly type: 'response.output_audio_transcript.done';
  readonly response_id: string;
  readonly item_id: string;
  readonly transcript: string;
}

/**
 * The assistant's voice as it leaves the gateway: `started` with its first packet, `stopped` with its last one, or `cleared`: interrupted
 * by the caller, by a digit, a text or `response.cancel`.
 */
export interface AiOutputAudioEvent {
  readonly type:
    'output_audio_buffer.started' | 'output_audio_buffer.stopped' | 'output_audio_buffer.cleared';
  readonly response_id: string;
}

/** After `cleared`: how much of the assistant's item was heard. `transcript`: about as far as the voice came. */
export interface AiItemTruncated {
  readonly type: 'conversation.item.truncated';
  readonly item_id: string;
  readonly audio_end_ms: number;
  readonly transcript: string;
}

export interface AiResponseDone {
  readonly type: 'response.done';
  readonly response: {
    readonly id: string;
    readonly status: 'completed' | 'cancelled' | 'failed';
  };
}

/** An item that is no speech: a text that the caller typed, a tool that the page is to run, or what a tool returned. */
export interface AiItemCreated {
  readonly type: 'conversation.item.created';
  readonly item: AiItem;
}

export interface AiErrorEvent {
  readonly type: 'error';
  /** `code` 10007: the conversation to join does not exist or is another's. Ours are words, see {@link AI_ERRORS}. */
  readonly error: { readonly code: number | string; readonly message: string };
}

export type AiItem = AiMessageItem | AiFunctionCallItem | AiFunctionCallOutputItem;

export interface AiMessageItem {
  readonly type: 'message';
  readonly id: string;
  readonly role: 'user' | 'assistant';
  readonly content: readonly AiContent[];
}

export type AiContent =
  | { readonly type: 'input_text' | 'output_text'; readonly text: string }
  | { readonly type: 'image_url'; readonly image_url: { readonly url: string } };

/** `call_id` names this call of the tool; the telephone call is named by the params' `call_id`. */
export interface AiFunctionCallItem {
  readonly type: 'function_call';
  readonly call_id: string;
  readonly name: string;
  /** JSON of an object. */
  readonly arguments: string;
}

export interface AiFunctionCallOutputItem {
  readonly type: 'function_call_output';
  readonly call_id: string;
  readonly output: string;
}

/** Codes of `error` events. All but `bad_item` and `unsupported` end the call. */
export const AI_ERRORS = {
  /** The field's own: `target_params.conversation_id` is unknown or another's. */
  unknownConversation: 10007,
  /** The engine behind the assistant cannot be reached, or refused us. */
  engineUnavailable: 'engine_unavailable',
  /** The engine went away during the call and did not come back. */
  engineLost: 'engine_lost',
  /** Too many calls at once, or too many from this address. */
  busy: 'busy',
  /** The assistant's minutes for one call are over. */
  timeLimit: 'time_limit',
  /** What the page sent was not taken; the call goes on. */
  badItem: 'bad_item',
  /** Well-formed, and nothing that this gateway does; the call goes on. */
  unsupported: 'unsupported',
} as const;
