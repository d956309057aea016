import type { ConversationItem } from '@offhook/protocol';
import type { EngineUsage } from './engine.ts';

/** One turn as it was heard, and as the engine saw it. Milliseconds. */
export interface TurnFigures {
  readonly at: number;
  /** From the caller's last voiced moment to the assistant's first packet; null when nobody had spoken. */
  readonly answerMs: number | null;
  /** From a packet's arrival to the engine's hands, on average since the last turn. */
  readonly gatewayInMs: number;
  /** From the engine's hands to the first packet. */
  readonly gatewayOutMs: number;
  /** What the engine said of it. */
  readonly engine: Readonly<Record<string, number>>;
}

/** A conversation and where it belongs. */
export interface Conversation {
  /** 128 random bits: whoever knows it may join. */
  readonly id: string;
  readonly assistant: string;
  /** The user it belongs to; null for guests, who have nothing but the id. */
  readonly owner: string | null;
  readonly items: readonly ConversationItem[];
}

/** What is kept of one call. */
export interface ConversationRecord {
  /** `telnyx_session_id` */
  readonly call: string;
  readonly conversation: string;
  readonly assistant: string;
  readonly version: string;
  readonly owner: string | null;
  /** Empty where the assistant's transcripts are not stored. */
  readonly items: readonly ConversationItem[];
  readonly turns: readonly TurnFigures[];
  readonly interruptions: number;
  /** The assistant's transcripts are not stored. */
  readonly withheld?: true;
  /** Of the whole call; absent where the engine counts none, and of calls of earlier versions. */
  readonly usage?: EngineUsage;
  /** What ended it, when that was the engine; for operators. */
  readonly failure?: string;
}
