import { randomBytes } from 'node:crypto';
import type { ConversationItem } from '@offhook/protocol';
import type { Conversation, ConversationRecord } from './conversation.ts';

export interface ConversationsDeps {
  readonly monotonic: () => number;
  /** Keeps what was said in one call, with the call. Nobody waits for it. */
  readonly save: (record: ConversationRecord) => void;
}

interface Kept {
  readonly conversation: Conversation;
  readonly until: number;
  live: number;
}

/** A page that is closed by mistake, or a call that is dialled again: the conversation is still there. */
const JOINABLE_MS = 30 * 60_000;
const MAX_KEPT = 2000;

/**
 * The conversations that may be joined: those of calls that are on, and for half an hour those that ended. What was said is handed to the
 * reports besides.
 */
export class Conversations {
  readonly #deps: ConversationsDeps;
  readonly #kept = new Map<string, Kept>();

  constructor(deps: ConversationsDeps) {
    this.#deps = deps;
  }

  /** A new one, or the one that is asked for; null when that is unknown, or another's: which of the two is nobody's business. */
  open(assistant: string, owner: string | null, id: string | undefined): Conversation | null {
    if (id === undefined) {
      const conversation = {
        id: `conv_${randomBytes(16).toString('hex')}`,
        assistant,
        owner,
        items: [],
      };
      this.#keep(conversation, 1);
      return conversation;
    }
    const kept = this.#kept.get(id);
    const now = this.#deps.monotonic();
    if (!kept || (kept.live === 0 && kept.until <= now)) {
      return null;
    }
    const { conversation } = kept;
    if (conversation.assistant !== assistant || conversation.owner !== owner) {
      return null;
    }
    kept.live += 1;
    return conversation;
  }

  /** A call of the conversation ended. */
  ended(record: ConversationRecord, store: boolean): void {
    const kept = this.#kept.get(record.conversation);
    if (kept) {
      const items: readonly ConversationItem[] = [...kept.conversation.items, ...record.items];
      this.#keep({ ...kept.conversation, items }, kept.live - 1);
    }
    this.#deps.save(store ? record : { ...record, items: [], withheld: true });
  }

  #keep(conversation: Conversation, live: number): void {
    const until = this.#deps.monotonic() + JOINABLE_MS;
    this.#kept.delete(conversation.id);
    this.#kept.set(conversation.id, { conversation, until, live });
    if (this.#kept.size <= MAX_KEPT) {
      return;
    }
    for (const [id, each] of this.#kept) {
      if (each.live > 0) {
        continue;
      }
      this.#kept.delete(id);
      return;
    }
  }
}
