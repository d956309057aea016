import type { ICallOptions } from '../options.ts';
import type { CallHost } from './core.ts';
import { inboundOptions, learnIds } from './dialog.ts';
import { markerOf } from './markers.ts';
import { attach } from './setup.ts';
import { learnStart, type Attach } from './succession.ts';

/** The gateway offers a call again that it kept (wire spec 13.3). */
export function onAttach(host: CallHost, params: Attach): void {
  const old = host.holder(params.callID);
  if (!old) {
    attachUnknown(host, params);
  } else if (old.isOver) {
    host.refuses(params.callID);
  } else if (old.phase === 'ringing' && !old.creatingPeer) {
    // Nobody has answered yet: only the offer is new.
    old.options.remoteSdp = params.sdp;
    learnIds(old.options, params);
  } else {
    old.monitor.recovery.onAttach(params);
  }
}

/** A page that was reloaded has no calls, or only such as came back in the same way. */
function attachUnknown(host: CallHost, params: Attach): void {
  if (host.refuses(params.callID)) {
    return;
  }
  const other = host.cores().find(({ options }) => !options.attach);
  if (other) {
    other.warn(35002, { callId: params.callID, params });
    return;
  }
  const { offhook } = params;
  const marker = markerOf(host, params.callID);
  const options = host.optionsOf({
    ...inboundOptions(params, host.deps.settings),
    ...marker.options,
    attach: true,
    recoveredCallId: params.callID,
    wasHeldBeforeRecovery: (offhook?.held ?? marker.held) || undefined,
  } as ICallOptions);
  // `display_direction` is as the gateway sees it.
  const seen = params.display_direction === 'inbound' ? 'outbound' : 'inbound';
  const core = host.add(options, offhook?.direction ?? marker.direction ?? seen);
  Object.assign(core.call, marker.answeredAt && { answeredAt: marker.answeredAt });
  learnStart(core, params);
  core.known = true;
  core.transition('attach');
  host.warnOfOthers(core);
  void attach(core);
}
