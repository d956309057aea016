import type { AIConversationOutboundItem } from '../ai.ts';
import { asError } from '../errors/telnyx-error.ts';
import type { SdkErrorCode } from '../errors/codes.ts';
import { MediaFailure } from '../media/failure.ts';
import { readDigits } from './given.ts';
import type { CallParts, Readiness } from './parts.ts';
import { isLost, type SignalingPort } from './ports.ts';
import { wasHeld } from './recovery.ts';

/** A digit that comes late is worse than none. */
const DTMF_MAX_AGE_MS = 5_000;

export type HoldChange = 'hold' | 'unhold' | 'toggleHold';

/** Hold and its end, one request after another. */
export class HoldControl {
  readonly #parts: CallParts;
  readonly #ready: Readiness;
  readonly #goOn: (action: HoldChange) => Promise<boolean>;
  #last: Promise<unknown> = Promise.resolve();

  /** `goOn`: does it in the leg that took the place of this one. Never rejects. */
  constructor(parts: CallParts, ready: Readiness, goOn: (action: HoldChange) => Promise<boolean>) {
    this.#parts = parts;
    this.#ready = ready;
    this.#goOn = goOn;
  }

  /** True when the gateway did it; false, with error 44001, when not. Never rejects. */
  change(action: HoldChange): Promise<boolean> {
    const { life, dialog, notices } = this.#parts;
    const result = this.#last.then(async () => {
      const toggled = wasHeld(this.#parts) ? 'unhold' : 'hold';
      const meant = action === 'toggleHold' ? toggled : action;
      try {
        if (life.over) {
          throw new Error('The call is over');
        }
        const held = await this.#request(action, meant);
        // What is being recovered is held or not when it is back.
        if (life.phase === 'recovering') {
          dialog.keepHold(held);
        } else {
          life.take(held ? 'hold' : 'resume');
        }
        return true;
      } catch (error) {
        if (life.phase === 'replaced') {
          return this.#goOn(meant);
        }
        notices.fail(44001, error);
        return false;
      }
    });
    this.#last = result;
    return result;
  }

  /**
   * Resolves with whether the gateway holds the call now. Asks once more when the socket went before the reply: the gateway may have
   * done it or not. To ask for what is so already changes nothing, but a second `toggleHold` would undo the first: then what it
   * meant, `again`, is asked for.
   */
  async #request(action: HoldChange, again: HoldChange): Promise<boolean> {
    const { dialog, scope } = this.#parts;
    const ask = (asked: typeof action) =>
      dialog.request('modify', { action: asked }, { signal: scope.signal });
    const { holdState } = await ask(action).catch(async (error: unknown) => {
      if (!isLost(error)) {
        throw error;
      }
      await this.#ready.untilReady(scope.signal);
      return ask(again);
    });
    return holdState !== 'active';
  }
}

export function sendDigits({ life, notices, dialog, scope }: CallParts, given: unknown): void {
  if (life.over) {
    notices.log('No digits after the end');
    return;
  }
  const pieces = readDigits(given);
  if (!pieces) {
    notices.fail(49001, undefined, {
      message: `These are no digits: ${String(given)}`,
      fatal: false,
    });
    return;
  }
  const options = { maxAgeMs: DTMF_MAX_AGE_MS, signal: scope.signal };
  for (const dtmf of pieces) {
    notices.report('info', dialog.request('info', { dtmf }, options));
  }
}

/** A text to another user, beside the call. */
export function sendMessage({ deps, notices, dialog }: CallParts, to: string, body: string): void {
  const msg = { from: deps.settings.login, to, body };
  notices.report('info', dialog.request('info', { msg }));
}

export function setMuted({ media, notices }: CallParts, muted: boolean): void {
  const changed = media.muted !== muted;
  // Also when nothing changes: the application may have switched the track off itself.
  media.mute(muted);
  if (changed) {
    notices.emit('mute', muted);
  }
}

/** Sends from another microphone. Never rejects: a failure is told and the old microphone stays. */
export async function setInput(
  { media, options, notices, life }: CallParts,
  deviceId: string,
  muted: boolean | undefined,
): Promise<void> {
  const wasMuted = media.muted;
  try {
    if (await media.switchInput('audio', deviceId, muted)) {
      options.micId = deviceId;
      const { track } = media.sender('audio') ?? {};
      if (track) {
        notices.emit('input', track);
      }
    } else {
      notices.warn(33009, { deviceId });
    }
  } catch (error) {
    if (life.over) {
      return;
    }
    const failure = error instanceof MediaFailure ? error : new MediaFailure(42003, error);
    const original = asError(failure.cause ?? failure);
    const told = notices.fail(failure.code as SdkErrorCode, original, { fatal: false });
    notices.notify('userMediaError', {
      error: original,
      errorName: told.name,
      errorMessage: told.message,
    });
  }
  if (media.muted !== wasMuted) {
    notices.emit('mute', media.muted);
  }
}

/** Where a gateway has its own assistants it wants to know of which call this is. */
export const aiScope = ({
  deps,
  id,
}: {
  readonly id: string;
  readonly deps: { readonly signaling: Pick<SignalingPort, 'features'> };
}): { call_id?: string } => (deps.signaling.features.ai ? { call_id: id } : {});

/** Throws when there is no connection: it is never queued. */
export function sendAIConversationMessage(
  parts: CallParts,
  item: AIConversationOutboundItem,
): void {
  parts.deps.signaling.notify('ai_conversation', {
    type: 'conversation.item.create',
    item: { ...item },
    ...aiScope(parts),
  });
}

/** Text, and links to pictures, for the assistant. Rejects when the gateway does not take it, and when the call ends before it is sent. */
export async function sendConversationMessage(
  parts: CallParts,
  text: string,
  attachments: readonly string[],
): Promise<unknown> {
  const { life, deps, scope } = parts;
  if (life.over) {
    throw new Error('The call is over');
  }
  const params = {
    type: 'conversation.item.create',
    previous_item_id: null,
    item: {
      id: deps.platform.uuid(),
      type: 'message',
      role: 'user',
      content: [
        { type: 'input_text', text },
        ...attachments.map((url) => ({ type: 'image_url', image_url: { url } })),
      ],
    },
    ...aiScope(parts),
  };
  return deps.signaling.request('ai_conversation', params, { signal: scope.signal });
}
