import type { AIConversationOutboundItem } from '../ai.ts';
import type { CallCore } from './core.ts';
import { dialogParams } from './dialog.ts';
import { readDigits } from './given.ts';

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

export function sendDigits(core: CallCore, given: unknown): void {
  if (core.isOver) {
    core.log('No digits after the end');
    return;
  }
  const pieces = readDigits(given);
  if (!pieces) {
    core.fail(49001, undefined, { message: `These are no digits: ${String(given)}`, fatal: false });
    return;
  }
  for (const piece of pieces) sendPiece(core, piece);
}

function sendPiece(core: CallCore, dtmf: string): void {
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
  const changed = core.media.muted !== muted;
  // Also when nothing changes: the application may have switched the track off itself.
  core.media.muted = muted;
  if (changed) core.events.emit('mute', muted);
}
