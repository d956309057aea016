import type { Checked } from '../check.ts';
import { callId, customHeaders, customHeadersThatFit, longText, text } from './client-tools.ts';
import { anything, boolean, decoration, maybe, object, openObject } from './tools.ts';

/**
 * `dialogParams` of call-scoped client requests (wire spec 7). The reference client sends its whole option object here,
 * TURN credentials included: what is not listed passes and is never to be logged.
 */
const dialogEntries = {
  callID: callId,
  destination_number: maybe(text),
  caller_id_name: maybe(text),
  caller_id_number: maybe(text),
  remote_caller_id_name: maybe(text),
  remote_caller_id_number: maybe(text),
  custom_headers: maybe(customHeaders),
  /** Base64. */
  clientState: maybe(longText),
  telnyxCallControlId: maybe(text),
  telnyxSessionId: maybe(text),
  telnyxLegId: maybe(text),
  userVariables: maybe(openObject),
  audio: anything,
  video: anything,
  attach: maybe(boolean),
  /** The call whose place this one takes: equal to `callID` after an attach. */
  recoveredCallId: maybe(callId),
};

/** Of a call that exists: its name counts, and nothing else of it may keep the message from meaning what it says. */
export const DialogParamsSchema = object({
  callID: callId,
  destination_number: decoration(maybe(text)),
  caller_id_name: decoration(maybe(text)),
  caller_id_number: decoration(maybe(text)),
  remote_caller_id_name: decoration(maybe(text)),
  remote_caller_id_number: decoration(maybe(text)),
  custom_headers: decoration(maybe(customHeadersThatFit)),
  clientState: decoration(maybe(longText)),
  telnyxCallControlId: decoration(maybe(text)),
  telnyxSessionId: decoration(maybe(text)),
  telnyxLegId: decoration(maybe(text)),
  userVariables: decoration(maybe(openObject)),
  audio: anything,
  video: anything,
  attach: decoration(maybe(boolean)),
  recoveredCallId: decoration(maybe(callId)),
});

/** An invite needs to know where to; with an anonymous login it may be empty. */
export const InviteDialogParamsSchema = object({
  ...dialogEntries,
  destination_number: text,
});

/** Open: applications add what they like. */
export type DialogParams = Checked<typeof DialogParamsSchema>;
export type InviteDialogParams = Checked<typeof InviteDialogParamsSchema>;
