import type { LookupFunction } from 'node:net';
import type { ServiceGuard } from '../services/service.ts';
import type { AiClientItem, AiHearing, ConversationItem } from '@offhook/protocol';
import type { VoiceRate } from '../media/media-plane.ts';
import type { Tool } from './definition.ts';

/**
 * The seam between a call with an assistant and whatever answers: one object for one call. Every engine passes `engine.contract.ts`.
 *
 * The call detects the caller's voice and plays the engine's; the engine listens, thinks and answers. Nothing here throws, but
 * {@link Engine.open}, which rejects with an {@link EngineError}.
 */
export interface Engine {
  /** Samples a second, 16 bits mono, that it wants to hear. */
  readonly rate: VoiceRate;
  readonly hears: AiHearing;
  /** Settles when it is ready to hear; aborted when the call ends first. */
  open(signal: AbortSignal): Promise<void>;
  /** Once, after `open`: greets the caller, or takes up the conversation that was joined. */
  begin(): void;
  /** What the caller's side sounds like, 20 ms at a time, silence included. */
  hear(pcm: Int16Array): void;
  /** The caller began to speak or paused. `utterance` names what it says from the one to the other. */
  speech(on: boolean, utterance: string): void;
  digits(digits: string): void;
  /** A text that was typed, perhaps with images. */
  message(item: MessageItem): void;
  /** What a tool returned. Only for calls that were asked for by {@link EngineHost.callTool}, and once. */
  toolOutput(callId: string, output: string): void;
  /** The page said which tools it can run; `EngineSetup.tools` tells. */
  toolsChanged(): void;
  /**
   * The answer was cut off: by the caller's voice, a digit, a text, or `response.cancel`. `playedMs`: how much of the item's voice was heard;
   * null when none of it was.
   */
  interrupted(response: string, playedMs: number | null): void;
  /** The call ended. Idempotent; the host is told nothing any more. */
  close(): void;
}

export type MessageItem = Extract<AiClientItem, { type: 'message' }> & { readonly id: string };

/** What an engine tells its call. Ids are the engine's, unique within the call. */
export interface EngineHost {
  /** It works on an answer. */
  responding(response: string): void;
  /** A piece of its voice at `rate`, as fast as it comes; `last` ends it. The call paces it. */
  voice(response: string, pcm: Int16Array, rate: number, last: boolean): void;
  /** A piece of what it says, or with `final` all of it. */
  said(response: string, text: string, final: boolean): void;
  /** The answer is complete, or it will not be. */
  responded(response: string, status: 'completed' | 'cancelled' | 'failed'): void;
  /** A piece of what the caller said, or with `final` all of it; null: it was not understood. */
  heard(utterance: string, text: string | null, final: boolean): void;
  /** The engine noticed by itself that the caller speaks: whatever plays is cut off. */
  bargedIn(): void;
  callTool(callId: string, name: string, args: string): void;
  /** Its own figures of a turn, in milliseconds, for the report. */
  figures(figures: Readonly<Record<string, number>>): void;
  /** What an answer cost, as the engine's server counts it. */
  used(usage: EngineUsage): void;
  /** Something is wrong that the caller should know. Fatal ones end the call. */
  failed(error: EngineError): void;
  /** For the operator's log. Never holds what was said. */
  log(message: string): void;
  /** Ends the call when all that was said has been heard. */
  hangup(): void;
}

/** Tokens. */
export interface EngineUsage {
  readonly input: number;
  readonly output: number;
}

/** What every engine is made with. */
export interface EngineSetup {
  readonly host: EngineHost;
  readonly greeting: string;
  readonly instructions: string;
  /** Those that may be called now. */
  readonly tools: () => readonly Tool[];
  /** What was said before, in a conversation that was joined. */
  readonly history: readonly ConversationItem[];
  readonly clock: EngineClock;
  /** How names of the hosts that it connects to are looked up. */
  readonly lookup: LookupFunction;
  /** For what comes from sockets and programs of the engine, and for work that nobody waits for. */
  readonly guard: ServiceGuard;
}

export interface EngineClock {
  monotonic(): number;
  schedule(callback: () => void, ms: number): () => void;
}

export type EngineErrorCode = 'engine_unavailable' | 'engine_lost' | 'bad_item' | 'unsupported';

export class EngineError extends Error {
  readonly code: EngineErrorCode;
  /** For the operator alone: addresses and what the system says. The message is for the caller too. */
  readonly detail: string | null;
  constructor(
    code: EngineErrorCode,
    message: string,
    { detail, ...options }: ErrorOptions & { readonly detail?: string | undefined } = {},
  ) {
    super(message, options);
    this.name = 'EngineError';
    this.code = code;
    this.detail = detail ?? null;
  }

  get fatal(): boolean {
    return this.code === 'engine_unavailable' || this.code === 'engine_lost';
  }
}
