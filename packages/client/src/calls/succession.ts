import type { GatewayParams } from '@offhook/protocol';
import { GATHERING } from '../media/gathering.ts';
import { handOver } from '../media/hand-over.ts';
import type { ICallOptions } from '../options.ts';
import type { CallCore } from './core.ts';
import { dialogParams, learnIds, type CallOptions } from './dialog.ts';
import { hangup } from './ending.ts';
import { hasTurn } from './ice-restart.ts';
import { RequestError } from './ports.ts';
import { attach, open, send } from './setup.ts';

export type Attach = GatewayParams['attach'];

/** A replaced leg is bridged at once; a gateway that has not answered by now will not. */
const ANSWER_LIMIT_MS = 15_000;
const BYE_TIMEOUT_MS = 5_000;

/** Fallback 2: another object takes the call over under its id and answers the gateway's offer. */
export function rebuild(old: CallCore, params: Attach): void {
  const core = succeed(old, {
    remoteSdp: params.sdp,
    attach: true,
    wasHeldBeforeRecovery: (params.offhook?.held ?? wasHeld(old)) || undefined,
  });
  if (!core) return;
  learnIds(core.options, params);
  learnStart(core, params);
  begin(old, core);
  void attach(core);
}

/**
 * Fallback 1: the leg is given up with a BYE that names its successor, and a new leg with a new id takes its place by an
 * INVITE, while the far side stays connected.
 */
export function replace(old: CallCore): void {
  const id = old.deps.platform.uuid();
  const { customHeaders } = old.options;
  const bye = {
    sipCode: null,
    sip_call_id: null,
    ...old.scope(),
    dialogParams: dialogParams(old.options),
    cause: 'NORMAL_CLEARING',
    causeCode: 16,
    offhook: { replacedBy: id },
  };
  const core = succeed(old, {
    id,
    remoteSdp: undefined,
    attach: false,
    customHeaders,
    wasHeldBeforeRecovery: wasHeld(old) || undefined,
  });
  if (!core) return;
  // What happens to it changes nothing: an invite that names a leg takes its place all the same.
  old.deps.signaling
    .request('bye', bye, { timeoutMs: BYE_TIMEOUT_MS })
    .catch((error: unknown) => old.log('The replaced leg', error));
  core.reinviting = true;
  begin(old, core);
  old.host.remove(old);
  void reinvite(core);
}

/** The call cannot be saved: it ends, once, on both sides. */
export function lost(core: CallCore, error?: unknown): void {
  if (core.isOver) return;
  core.fail(48501, error);
  const cause = { cause: 'RECOVERY_ON_TIMER_EXPIRE', causeCode: 102 };
  void hangup(core, { ...cause, initiator: 'sdk:not_recovered' }, core.known);
}

/** The gateway knows for how long the call has been talked on. */
export function learnStart({ call, deps }: CallCore, { offhook }: Attach): void {
  if (offhook?.talkedMs !== undefined) call.answeredAt = deps.platform.now() - offhook.talkedMs;
}

/** Held when it was lost: the object itself, or one that did not get to restore it. */
export const wasHeld = ({ phase, options }: CallCore): boolean =>
  phase === 'held' || (phase === 'recovering' && options.wasHeldBeforeRecovery === true);

/** A new object with everything that was set on the old one, which says no more. Null when the old one is over. */
function succeed(old: CallCore, changed: Partial<CallOptions>): CallCore | null {
  const { host } = old;
  const { remoteStream: _, ...kept } = old.options;
  const options = host.optionsOf({
    ...kept,
    recoveredCallId: old.id,
    mutedMicOnStart: old.media.muted,
  } as ICallOptions);
  Object.assign(options, changed);
  // A VPN path that is stuck would be chosen again (wire spec 11.5).
  const servers = old.media.peer?.pc.getConfiguration().iceServers ?? [];
  options.forceRelayCandidate ||= old.monitor.quality.stalled && hasTurn(servers);
  if (!old.transition('replace')) return null;
  const core = host.add(options, old.direction);
  handOver(old.media, core.media);
  old.release();
  core.media.setDeaf(old.media.deaf);
  core.remoteHeld = old.remoteHeld;
  core.remoteAway = old.remoteAway;
  Object.assign(core.call, { answeredAt: old.call.answeredAt });
  core.fallbacks = old.fallbacks + 1;
  old.successor = core;
  core.ai = old.ai;
  core.ai?.follow(core);
  return core;
}

function begin(old: CallCore, core: CallCore): void {
  core.known = true;
  core.transition('attach');
  core.host.warnOfOthers(core);
  old.events.emit('recovered', core.call);
  old.wake();
}

/** Sends the offer until the gateway has taken it, or will not. Never rejects. */
async function reinvite(core: CallCore): Promise<void> {
  core.timer().start(ANSWER_LIMIT_MS, () => {
    if (core.phase === 'recovering') lost(core);
  });
  try {
    const sdp = await open(core, null, GATHERING);
    do {
      try {
        await send(core, 'invite', sdp);
      } catch (error) {
        if (!(error instanceof RequestError && error.code === 'connection_lost')) throw error;
        // The next list of sessions tells whether the gateway has it: see `CallRegistry.onReattachedSessions`. After another
        // socket took over, requests can be sent before that list is here.
        if (core.suspect) await core.host.untilListed(core.over.signal);
        await core.host.untilReady(core.over.signal);
      }
    } while (!core.known);
  } catch (error) {
    lost(core, error);
  }
}
