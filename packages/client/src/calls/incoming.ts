import type { GatewayParams } from '@offhook/protocol';
import type { SipHeader } from '../options.ts';
import type { CallCore } from './core.ts';
import { learnIds } from './dialog.ts';
import { fromBye, hangup } from './ending.ts';
import type { GatewayCallRequest } from './ports.ts';
import { setupFailed } from './begin.ts';

/** What the gateway says of one call. */
export type CallMessage = Exclude<
  GatewayCallRequest,
  { method: 'invite' | 'attach' | 'info' | 'event' | 'ai_conversation' }
>;

export function handleMessage(core: CallCore, message: CallMessage): void {
  if (core.isOver) {
    core.log(`${message.method} came after the end`);
    return;
  }
  switch (message.method) {
    case 'ringing':
      onRinging(core, message.params);
      break;
    case 'media':
      core.mark('telnyx-rtc-media');
      learnIds(core.options, message.params);
      takeRemoteAnswer(core, message.params.sdp);
      break;
    case 'answer':
      onAnswer(core, message.params);
      break;
    case 'bye':
      onBye(core, message.params);
      break;
    case 'candidate':
      addCandidate(core, message.params);
      break;
    case 'endOfCandidates':
      break;
    case 'display':
      onDisplay(core, message.params);
      break;
    case 'offhook':
      onOffhook(core, message.params.event);
      break;
  }
}

function onRinging(core: CallCore, params: GatewayParams['ringing']): void {
  learnIds(core.options, params);
  core.mark('ringing');
  const early = core.phase === 'requesting' || core.phase === 'trying';
  if (core.direction !== 'outbound' || core.ringing || !early) {
    return;
  }
  core.ringing = true;
  core.call.ringing = true;
  if (core.remoteAnswer === 'none') {
    core.playRingback();
  }
  core.events.emit('ringing');
  core.wake();
}

/** A gateway repeats itself after a resume: only the first description counts. */
function takeRemoteAnswer(core: CallCore, sdp: string): void {
  const { phase, options, reinviting } = core;
  const awaits = reinviting
    ? phase === 'recovering'
    : core.direction === 'outbound' && (phase === 'requesting' || phase === 'trying');
  if (!awaits || core.remoteAnswer !== 'none') {
    return;
  }
  core.remoteAnswer = 'applying';
  const isEarly = !core.answeredByGateway;
  core.media.takeAnswer(sdp).then(
    () => {
      core.remoteAnswer = 'applied';
      if (isEarly) {
        core.transition('early');
      }
      if (core.answeredByGateway) {
        core.transition(reinviting && options.wasHeldBeforeRecovery ? 'hold' : 'answered');
      }
    },
    (error: unknown) => setupFailed(core, error),
  );
}

function onAnswer(core: CallCore, params: GatewayParams['answer']): void {
  learnIds(core.options, params);
  core.mark('telnyx-rtc-answer');
  if ((core.direction !== 'outbound' && !core.reinviting) || core.answeredByGateway) {
    return;
  }
  core.answeredByGateway = true;
  if (core.remoteAnswer === 'applied') {
    core.transition('answered');
  } else if (core.remoteAnswer === 'none' && params.sdp) {
    takeRemoteAnswer(core, params.sdp);
  } else if (core.remoteAnswer === 'none') {
    core.fail(40004, new Error('The gateway answered without a description'));
    void hangup(core, { cause: 'USER_BUSY', causeCode: 17, initiator: 'sdk:setup' });
  }
}

function onBye(core: CallCore, params: GatewayParams['bye']): void {
  learnIds(core.options, params);
  const state = params.client_state ?? params.clientState;
  core.options.clientState = state ?? core.options.clientState;
  // The reference looks for the camelCase name here; the wire has the other one (wire spec 8.9).
  const dialog = params.dialogParams as
    { custom_headers?: SipHeader[]; customHeaders?: SipHeader[] } | undefined;
  const customHeaders = dialog?.custom_headers ?? dialog?.customHeaders;
  void hangup(core, { ...fromBye(params), customHeaders }, false);
}

function addCandidate(core: CallCore, params: GatewayParams['candidate']): void {
  const { candidate, sdpMid, sdpMLineIndex } = params;
  const init: RTCIceCandidateInit = { candidate, sdpMid: sdpMid ?? null };
  if (sdpMLineIndex != null || sdpMid == null) {
    init.sdpMLineIndex = sdpMLineIndex ?? 0;
  }
  if (core.media.peer) {
    core.media.peer.addCandidate(init);
  } else if (core.earlyCandidates.length < 128) {
    core.earlyCandidates.push(init);
  }
}

function onDisplay(core: CallCore, params: GatewayParams['display']): void {
  core.call.extension = params.display_number ?? core.call.extension;
  core.notify('participantData', {
    displayName: params.display_name ?? '',
    displayNumber: params.display_number ?? '',
    // Seen from the gateway it is the other way round.
    displayDirection: params.display_direction === 'inbound' ? 'outbound' : 'inbound',
  });
}

function onOffhook(core: CallCore, event: string): void {
  if (event === 'remote_held' || event === 'remote_resumed') {
    const held = event === 'remote_held';
    if (core.remoteHeld !== held) {
      core.remoteHeld = held;
      core.events.emit('hold', { side: 'remote', held });
    }
  } else if (event === 'remote_away' || event === 'remote_back') {
    const away = event === 'remote_away';
    if (core.remoteAway !== away) {
      core.remoteAway = away;
      core.events.emit('remoteAway', away);
    }
  }
}
