/**
 * `@offhook/client/ai`: what an application that talks to assistants imports beside the client. It gives each call its `call.ai`; a
 * page that does not import it loads none of this.
 */
import { install } from './attach.ts';

// Here and not in a module that others share: bundlers are told that of this package only entries do something when imported.
install();

export { AssistantSession } from './session.ts';
export type {
  AssistantOptions,
  AssistantProblem,
  AssistantSnapshot,
  AssistantStatus,
} from './session.ts';
export { CallAi, type AssistantInfo, type CallAiEvents } from './call-ai.ts';
export type {
  JsonSchema,
  StandardIssue,
  StandardResult,
  StandardSchema,
  ToolArguments,
  ToolSchema,
} from './schema.ts';
export type { ToolCall, ToolContext, ToolErrorCode, ToolHandler, ToolOptions } from './tools.ts';
export type { SaidEntry, ToolEntry, Transcript, TranscriptEntry } from './transcript.ts';
export type { AssistantState } from './turns.ts';
