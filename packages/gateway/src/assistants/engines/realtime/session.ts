import type { ConversationItem } from '@offhook/protocol';
import type { RealtimeSettings, Tool } from '../../definition.ts';

/** Samples a second of the protocol's `audio/pcm`. */
export const RATE = 24_000;

type Event = Readonly<Record<string, unknown>>;

/** `session.update`, whole: it is sent once a connection. */
export function sessionUpdate(
  settings: RealtimeSettings,
  instructions: string,
  tools: readonly Tool[],
): Event {
  const { turnDetection, transcription, voice, session } = settings;
  const format = { type: 'audio/pcm', rate: RATE };
  return {
    type: 'session.update',
    session: {
      type: 'realtime',
      instructions,
      output_modalities: ['audio'],
      audio: {
        input: {
          format,
          turn_detection: turnDetectionOf(turnDetection),
          ...(transcription === undefined ? {} : { transcription: { model: transcription } }),
        },
        output: { format, ...(voice === undefined ? {} : { voice }) },
      },
      tools: tools.map(toolOf),
      tool_choice: 'auto',
      ...session,
    },
  };
}

/** The tools alone, when a page said which ones it can run. */
export function toolsUpdate(tools: readonly Tool[]): Event {
  return { type: 'session.update', session: { type: 'realtime', tools: tools.map(toolOf) } };
}

function toolOf({ name, description, parameters }: Tool): Event {
  return { type: 'function', name, description, parameters };
}

function turnDetectionOf(kind: RealtimeSettings['turnDetection']): Event | null {
  switch (kind) {
    case 'gateway':
      return null;
    case 'semantic_vad':
      return { type: kind, create_response: true, interrupt_response: true };
    case 'server_vad':
      return { type: kind, create_response: true, interrupt_response: true };
  }
}

/** What was said before, so that a new connection knows it. */
export function historyEvents(items: readonly ConversationItem[]): readonly Event[] {
  return items.flatMap((item, index): Event[] => {
    if (item.role === 'tool') {
      const callId = `earlier_${String(index)}`;
      const { name, arguments: args, output } = item;
      return [
        createItem({ type: 'function_call', call_id: callId, name, arguments: args }),
        createItem({ type: 'function_call_output', call_id: callId, output }),
      ];
    }
    if (item.text === '') {
      return [];
    }
    const type = item.role === 'user' ? 'input_text' : 'output_text';
    return [createItem({ type: 'message', role: item.role, content: [{ type, text: item.text }] })];
  });
}

export function createItem(item: Event): Event {
  return { type: 'conversation.item.create', item };
}
