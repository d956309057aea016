import { aiScope } from './actions.ts';
import type { CallCore } from './core.ts';
import { dialogParams } from './dialog.ts';

/** Text, and links to pictures, for the assistant. Rejects when the gateway does not take it, and when the call ends before it is sent. */
export async function sendConversationMessage(
  core: CallCore,
  text: string,
  attachments: readonly string[],
): Promise<unknown> {
  if (core.isOver) {
    throw new Error('The call is over');
  }
  const params = {
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
  };
  return core.deps.signaling.request('ai_conversation', params, { signal: core.over.signal });
}

/** A text to another user, beside the call. */
export function sendMessage(core: CallCore, to: string, body: string): void {
  const { settings, signaling } = core.deps;
  core.report(
    'info',
    signaling.request('info', {
      ...core.scope(),
      msg: { from: settings.login, to, body },
      dialogParams: dialogParams(core.options),
    }),
  );
}
