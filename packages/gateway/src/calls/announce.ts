import type { AiEventBody } from '@offhook/protocol';
import type { CustomHeader } from './dialog.ts';
import type { Leg } from './leg.ts';

/** What a leg's party is told of its call, frame by frame (wire spec 8). */

export function announceInvite(leg: Leg, headers: readonly CustomHeader[] | undefined): void {
  leg.send('invite', leg.inviteParams(headers), leg.confirm);
}

/** A fresh offer for a call that stands. Headers of the first invite are the application's to keep. */
export function announceAttach(leg: Leg, talkedSeconds: number | null): void {
  leg.send('attach', {
    ...leg.inviteParams(undefined),
    // What a page that was reloaded cannot know.
    offhook: {
      direction: leg.direction,
      held: leg.held,
      ...(talkedSeconds === null ? {} : { talkedMs: Math.round(talkedSeconds * 1000) }),
    },
  });
}

export function announceRinging(caller: Leg): void {
  caller.send('ringing', {
    callID: caller.callID,
    ...caller.ids,
    caller_id_name: caller.own.name,
    caller_id_number: caller.own.number,
    callee_id_name: caller.remote.name,
    callee_id_number: caller.remote.number,
    display_direction: 'inbound',
    dialogParams: { custom_headers: [] },
  });
}

/** Early media. At most once a call: a second one would fail the reference's call (wire spec 8.3). */
export function announceEarlyMedia(caller: Leg): void {
  caller.send('media', { callID: caller.callID, sdp: caller.sdp, ...caller.ids });
}

/** With the description even after early media: a party that lost its socket in between may not have it. */
export function announceAnswer(leg: Leg, headers: readonly CustomHeader[] | undefined): void {
  leg.send(
    'answer',
    {
      callID: leg.callID,
      sdp: leg.sdp,
      ...leg.ids,
      dialogParams: { custom_headers: headers ?? [] },
    },
    leg.confirm,
  );
}

/** A digit of the far party, or of a service. */
export function announceDigits(leg: Leg, digits: string): void {
  leg.send('info', { callID: leg.callID, dtmf: digits });
}

/** Why a party hears silence: the far one holds the call, or cannot be reached and is waited for. Both may be. */
export interface FarSilence {
  readonly held: boolean;
  readonly away: boolean;
}

/** Every message about a call names it; `@telnyx/webrtc` passes over the name. */
export function announceConversation(leg: Leg, { type, ...body }: AiEventBody): void {
  const params: Record<string, unknown> = { type, call_id: leg.callID, ...body };
  leg.send('ai_conversation', params);
}

/** Our own client shows why it hears silence, and does not warn of one-way audio. */
export function announceSilence(leg: Leg, before: FarSilence, now: FarSilence): void {
  if (!leg.party.extended) return;
  const { callID } = leg;
  if (before.held !== now.held) {
    leg.send('offhook', { callID, event: now.held ? 'remote_held' : 'remote_resumed' });
  }
  if (before.away !== now.away) {
    leg.send('offhook', { callID, event: now.away ? 'remote_away' : 'remote_back' });
  }
}
