import type { GatewayParams } from '@offhook/protocol';
import type { SipHeader } from '../options.ts';
import { fromBye } from './ending.ts';
import type { Leg } from './leg.ts';
import type { GatewayCallRequest } from './ports.ts';

/** What the gateway says of one call. */
export type CallMessage = Exclude<
  GatewayCallRequest,
  { method: 'invite' | 'attach' | 'info' | 'event' | 'ai_conversation' }
>;

/** Takes what the gateway says of one leg to the part of it that it is for. */
export function handleMessage(leg: Leg, message: CallMessage): void {
  if (leg.life.over) {
    leg.notices.log(`${message.method} came after the end`);
    return;
  }
  switch (message.method) {
    case 'ringing':
      leg.dialog.learn(message.params);
      leg.onRinging();
      break;
    case 'media':
      leg.timings.mark('telnyx-rtc-media');
      leg.dialog.learn(message.params);
      leg.setup.takeAnswer(message.params.sdp);
      break;
    case 'answer':
      leg.timings.mark('telnyx-rtc-answer');
      leg.dialog.learn(message.params);
      leg.setup.onAnswer(message.params.sdp);
      break;
    case 'bye':
      onBye(leg, message.params);
      break;
    case 'candidate':
      leg.setup.addCandidate(candidateOf(message.params));
      break;
    case 'endOfCandidates':
      break;
    case 'display':
      onDisplay(leg, message.params);
      break;
    case 'offhook':
      onOffhook(leg, message.params);
      break;
  }
}

function onBye(leg: Leg, params: GatewayParams['bye']): void {
  leg.dialog.learn(params);
  const { options } = leg;
  options.clientState = params.client_state ?? params.clientState ?? options.clientState;
  // The reference looks for the camelCase name here; the wire has the other one (wire spec 8.9).
  const dialog = params.dialogParams as
    { custom_headers?: SipHeader[]; customHeaders?: SipHeader[] } | undefined;
  const customHeaders = dialog?.custom_headers ?? dialog?.customHeaders;
  void leg.hangup({ ...fromBye(params), customHeaders }, false);
}

function candidateOf(params: GatewayParams['candidate']): RTCIceCandidateInit {
  const { candidate, sdpMid, sdpMLineIndex } = params;
  const init: RTCIceCandidateInit = { candidate, sdpMid: sdpMid ?? null };
  if (sdpMLineIndex != null || sdpMid == null) {
    init.sdpMLineIndex = sdpMLineIndex ?? 0;
  }
  return init;
}

function onDisplay(leg: Leg, params: GatewayParams['display']): void {
  if (params.display_number !== undefined) {
    leg.extend(params.display_number);
  }
  const [name, number] = [params.display_name ?? '', params.display_number ?? ''];
  if (isNew(leg, name, number)) {
    leg.meet({ name, number });
  }
  leg.notices.notify('participantData', {
    displayName: name,
    displayNumber: number,
    // Seen from the gateway it is the other way round.
    displayDirection: params.display_direction === 'inbound' ? 'outbound' : 'inbound',
  });
}

/** Somebody is named who is not known to be at the far end. The name alone of who the call began with tells of nobody else. */
function isNew({ remoteParty, options }: Leg, name: string, number: string): boolean {
  if (remoteParty) {
    return (name || number) !== '' && (name !== remoteParty.name || number !== remoteParty.number);
  }
  return number === ''
    ? name !== '' && name !== options.remoteCallerName
    : number !== options.remoteCallerNumber;
}

function onOffhook(leg: Leg, params: GatewayParams['offhook']): void {
  const { event } = params;
  switch (event) {
    case 'transfer_failed':
      leg.notices.emit('transferFailed', params.transfer ?? '', params);
      break;
    case 'remote_held':
    case 'remote_resumed':
      leg.onRemoteHold(event === 'remote_held');
      break;
    case 'remote_away':
    case 'remote_back':
      leg.onRemoteAway(event === 'remote_away');
      break;
  }
}
