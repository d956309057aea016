import type { CallSnapshot } from '@offhook/react';

/** An inbound call that nobody answered yet. */
export function isWaiting(call: CallSnapshot): boolean {
  return call.direction === 'inbound' && (call.state === 'ringing' || call.state === 'new');
}

export function isUp(call: CallSnapshot): boolean {
  return call.state === 'active' || call.state === 'held';
}

/** What to call the other party: name, else number. */
export function partyOf(call: Pick<CallSnapshot, 'name' | 'number'>): string {
  return call.name || call.number || 'Unknown';
}

/** What names a call for as long as it lasts: a recovery gives it another id. */
export function lineOf(call: Pick<CallSnapshot, 'id' | 'formerIds'>): string {
  return call.formerIds[0] ?? call.id;
}

/** The call that a shortcut means: the one with the focus, else the active one, else the newest. */
export function currentCall(calls: readonly CallSnapshot[]): CallSnapshot | null {
  const focused = document.activeElement?.closest<HTMLElement>('[data-call-id]')?.dataset['callId'];
  const mine = calls.filter((call) => !isWaiting(call));
  return (
    mine.find(({ id }) => id === focused) ??
    mine.findLast(({ state }) => state === 'active') ??
    mine.at(-1) ??
    null
  );
}

/** One line under the name. The timer stands beside it. */
export function describeState(call: CallSnapshot): string {
  if (call.state === 'recovering') {
    return 'Reconnecting…';
  }
  if (call.held) {
    return 'On hold';
  }
  if (call.remoteAway) {
    return 'They are reconnecting…';
  }
  if (call.remoteHeld) {
    return 'They put you on hold';
  }
  switch (call.state) {
    case 'active':
      return call.muted ? 'You are muted' : 'In call';
    case 'answering':
      return 'Connecting…';
    case 'hangup':
    case 'destroy':
    case 'purge':
      return 'Ending…';
    case 'early':
      return 'Ringing…';
    default:
      return call.ringing ? 'Ringing…' : 'Calling…';
  }
}
