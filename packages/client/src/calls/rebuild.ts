import type { GatewayParams } from '@offhook/protocol';
import { handOver } from '../media/hand-over.ts';
import type { ICallOptions } from '../options.ts';
import type { CallCore, CallHost } from './core.ts';
import { inboundOptions, learnIds } from './dialog.ts';
import { attach } from './setup.ts';

type Attach = GatewayParams['attach'];

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
    rebuild(host, old, params);
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
  const options = host.optionsOf({
    ...inboundOptions(params, host.deps.settings),
    attach: true,
    recoveredCallId: params.callID,
  } as ICallOptions);
  // As the gateway sees it.
  const direction = params.display_direction === 'inbound' ? 'outbound' : 'inbound';
  resume(host, host.add(options, direction));
}

/** A new object takes the old one's place, with everything that was set on it. */
function rebuild(host: CallHost, old: CallCore, params: Attach): void {
  const wasHeld = old.phase === 'held' || old.options.wasHeldBeforeRecovery === true;
  const { remoteStream: _, ...kept } = old.options;
  const options = host.optionsOf({
    ...kept,
    remoteSdp: params.sdp,
    attach: true,
    recoveredCallId: old.id,
    wasHeldBeforeRecovery: wasHeld || undefined,
    mutedMicOnStart: old.media.muted,
  } as ICallOptions);
  learnIds(options, params);
  if (!old.transition('replace')) {
    return;
  }
  const core = host.add(options, old.direction);
  handOver(old.media, core.media);
  old.release();
  core.media.setDeaf(old.media.deaf);
  core.remoteHeld = old.remoteHeld;
  core.remoteAway = old.remoteAway;
  old.successor = core;
  core.ai = old.ai;
  core.ai?.follow(core);
  resume(host, core);
  old.events.emit('recovered', core.call);
  old.wake();
}

function resume(host: CallHost, core: CallCore): void {
  core.known = true;
  core.transition('attach');
  host.warnOfOthers(core);
  void attach(core);
}
