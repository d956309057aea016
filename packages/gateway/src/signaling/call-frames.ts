import type { AiEventBody, GatewayMethod, GatewayParams } from '@offhook/protocol';
import type { CustomHeader } from '../calls/dialog.ts';
import type { Ending } from '../calls/hangup.ts';
import type { Leg } from '../calls/leg.ts';
import type { FarSilence, Notice } from '../calls/notice.ts';
import { byeParams } from './bye-params.ts';

/** One frame to a client, with its method. */
export type CallFrame = {
  readonly [M in GatewayMethod]: { readonly method: M; readonly params: GatewayParams[M] };
}[GatewayMethod];

type Headers = readonly CustomHeader[] | undefined;

/**
 * What a client is told of its call, frame by frame (wire spec 8). The end of a leg is not here: the session remembers it until the
 * client knows.
 */
export function framesOf(
  leg: Leg,
  notice: Exclude<Notice, { kind: 'ended' }>,
  extended: boolean,
): readonly CallFrame[] {
  switch (notice.kind) {
    case 'invited':
      return [{ method: 'invite', params: inviteParams(leg, notice.headers) }];
    case 'reattached':
      return [{ method: 'attach', params: attachParams(leg, notice) }];
    case 'rings':
      return [{ method: 'ringing', params: ringingParams(leg) }];
    case 'early_media':
      // A second one would fail the reference's call (wire spec 8.3).
      return [{ method: 'media', params: { callID: leg.callID, sdp: leg.sdp, ...leg.ids } }];
    case 'answered':
      return [{ method: 'answer', params: answerParams(leg, notice.headers) }];
    case 'digits':
      return [{ method: 'info', params: { callID: leg.callID, dtmf: notice.digits } }];
    case 'silence':
      return extended ? silenceFrames(leg.callID, notice.before, notice.now) : [];
    case 'display':
      return [{ method: 'display', params: displayParams(leg) }];
    case 'transfer_failed':
      return extended ? [transferFrame(leg, notice.transfer, notice.ending)] : [];
    case 'conversation':
      return [{ method: 'ai_conversation', params: conversationParams(leg, notice.event) }];
  }
}

/** Our offer, and who the party talks to. */
function inviteParams(leg: Leg, headers: Headers): GatewayParams['invite'] {
  return {
    callID: leg.callID,
    sdp: leg.sdp,
    caller_id_name: leg.remote.name,
    caller_id_number: leg.remote.number,
    callee_id_name: leg.own.name,
    callee_id_number: leg.own.number,
    display_direction: 'outbound',
    ...leg.ids,
    dialogParams: { custom_headers: headers ?? [] },
  };
}

/** Headers of the first invite are the application's to keep. */
function attachParams(
  leg: Leg,
  { talkedSeconds, handover }: Extract<Notice, { kind: 'reattached' }>,
): GatewayParams['attach'] {
  return {
    ...inviteParams(leg, undefined),
    // What a page that was reloaded cannot know.
    offhook: {
      direction: leg.direction,
      held: leg.held,
      ...(talkedSeconds === null ? {} : { talkedMs: Math.round(talkedSeconds * 1000) }),
      // Nothing was lost: our client goes on without asking its application.
      ...(handover ? { handover } : {}),
    },
  };
}

function ringingParams(caller: Leg): GatewayParams['ringing'] {
  return {
    callID: caller.callID,
    ...caller.ids,
    caller_id_name: caller.own.name,
    caller_id_number: caller.own.number,
    callee_id_name: caller.remote.name,
    callee_id_number: caller.remote.number,
    display_direction: 'inbound',
    dialogParams: { custom_headers: [] },
  };
}

/** Who is at the far end now. */
function displayParams(leg: Leg): GatewayParams['display'] {
  return {
    callID: leg.callID,
    display_name: leg.remote.name,
    display_number: leg.remote.number,
    // Seen from here: of a call that the client placed `inbound`.
    display_direction: leg.direction === 'outbound' ? 'inbound' : 'outbound',
  };
}

function transferFrame(leg: Leg, transfer: string, ending: Ending): CallFrame {
  const { cause, causeCode, sipCode, sipReason } = byeParams(leg.callID, ending, {});
  const sip = sipCode === undefined ? {} : { sipCode, sipReason };
  const params = {
    callID: leg.callID,
    event: 'transfer_failed',
    transfer,
    cause,
    causeCode,
    ...sip,
  };
  return { method: 'offhook', params };
}

/** With the description even after early media: a client that lost its socket in between may not have it. */
function answerParams(leg: Leg, headers: Headers): GatewayParams['answer'] {
  return {
    callID: leg.callID,
    sdp: leg.sdp,
    ...leg.ids,
    dialogParams: { custom_headers: headers ?? [] },
  };
}

/** Every message about a call names it; `@telnyx/webrtc` passes over the name. */
function conversationParams(
  leg: Leg,
  { type, ...body }: AiEventBody,
): GatewayParams['ai_conversation'] {
  const params: Record<string, unknown> = { type, call_id: leg.callID, ...body };
  return params;
}

/** Our own client shows why it hears silence, and does not warn of one-way audio. */
function silenceFrames(callID: string, before: FarSilence, now: FarSilence): readonly CallFrame[] {
  const frames: CallFrame[] = [];
  if (before.held !== now.held) {
    const event = now.held ? 'remote_held' : 'remote_resumed';
    frames.push({ method: 'offhook', params: { callID, event } });
  }
  if (before.away !== now.away) {
    const event = now.away ? 'remote_away' : 'remote_back';
    frames.push({ method: 'offhook', params: { callID, event } });
  }
  return frames;
}
