import type { AIConversationOutboundItem } from '../ai.ts';
import type { CallCore } from './core.ts';
import { dialogParams } from './dialog.ts';

/** A digit that comes late is worse than none. */
const DTMF_MAX_AGE_MS = 5_000;

/** `hold`, `unhold`, `toggleHold`: true when the gateway did it; false, with error 44001, when not. Never rejects. */
export function changeHold(
  core: CallCore,
  action: 'hold' | 'unhold' | 'toggleHold',
): Promise<boolean> {
  const result = core.holding.then(async () => {
    try {
      if (core.isOver) {
        throw new Error('The call is over');
      }
      const { holdState } = await core.deps.signaling.request(
        'modify',
        { ...core.scope(), action, dialogParams: dialogParams(core.options) },
        { signal: core.over.signal },
      );
      core.transition(holdState === 'active' ? 'resume' : 'hold');
      return true;
    } catch (error) {
      core.fail(44001, error);
      return false;
    }
  });
  core.holding = result;
  return result;
}

export function sendDigits(core: CallCore, dtmf: string): void {
  if (core.isOver) {
    core.log('No digits after the end');
    return;
  }
  core.report(
    'info',
    core.deps.signaling.request(
      'info',
      { ...core.scope(), dtmf, dialogParams: dialogParams(core.options) },
      { maxAgeMs: DTMF_MAX_AGE_MS, signal: core.over.signal },
    ),
  );
}

/** Where a gateway has its own assistants it wants to know of which call this is. */
export const aiScope = ({ deps, id }: CallCore): { call_id?: string } =>
  deps.signaling.features.ai ? { call_id: id } : {};

/** Throws when there is no connection: it is never queued. */
export function sendAIConversationMessage(core: CallCore, item: AIConversationOutboundItem): void {
  core.deps.signaling.notify('ai_conversation', {
    type: 'conversation.item.create',
    item: { ...item },
    ...aiScope(core),
  });
}

export function setMuted(core: CallCore, muted: boolean): void {
  if (core.media.muted !== muted) {
    core.media.muted = muted;
    core.events.emit('mute', muted);
  }
}
