import { publicState } from './call-state.ts';
import type { CallCore } from './core.ts';

/** 33010: a call began while others talk. */
export function warnOfOthers(core: CallCore, others: readonly CallCore[]): void {
  const describe = ({ call, phase, options }: CallCore): object => ({
    callId: call.id,
    state: publicState(phase),
    direction: call.direction,
    telnyxSessionId: options.telnyxSessionId,
    telnyxLegId: options.telnyxLegId,
    // The published type hides that there is none before the gateway told it.
    sipCallId: (call.sipCallId as string | null) ?? undefined,
  });
  if (!core.isOver) {
    core.warn(33010, { newCall: describe(core), activeCalls: others.map(describe) });
  }
}
