import { aiScope } from './actions.ts';
import type { CallCore } from './core.ts';

/** Text, and links to pictures, for the assistant. Rejects when the gateway does not take it. */
export function sendConversationMessage(
  core: CallCore,
  text: string,
  attachments: readonly string[],
): Promise<unknown> {
  return core.deps.signaling.request('ai_conversation', {
    type: 'conversation.item.create',
    previous_item_id: null,
    item: {
      id: core.deps.platform.uuid(),
      type: 'message',
      role: 'user',
      content: [
        { type: 'input_text', text },
        ...attachments.map((url) => ({ type: 'image_url', image_url: { url } })),
      ],
    },
    ...aiScope(core),
  });
}
