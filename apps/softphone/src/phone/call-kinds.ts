import type { CallSnapshot } from '@offhook/react';
import type { PhoneTexts } from '../texts/phone.ts';

/** An inbound call that nobody answered yet. */
export function isWaiting(call: CallSnapshot): boolean {
  return call.direction === 'inbound' && (call.state === 'ringing' || call.state === 'new');
}

export function isUp(call: CallSnapshot): boolean {
  return call.state === 'active' || call.state === 'held';
}

/** What to call the other party: name, else number. */
export function partyOf(
  call: Pick<CallSnapshot, 'name' | 'number'>,
  { unknown }: Pick<PhoneTexts, 'unknown'>,
): string {
  return call.name || call.number || unknown;
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
export function describeState(
  call: CallSnapshot,
  { call: { states } }: Pick<PhoneTexts, 'call'>,
): string {
  if (call.state === 'recovering') {
    return states.reconnecting;
  }
  if (call.held) {
    return states.held;
  }
  if (call.remoteAway) {
    return states.remoteAway;
  }
  if (call.remoteHeld) {
    return states.remoteHeld;
  }
  switch (call.state) {
    case 'active':
      return call.muted ? states.muted : states.active;
    case 'answering':
      return states.answering;
    case 'hangup':
    case 'destroy':
    case 'purge':
      return states.ending;
    case 'early':
      return states.ringing;
    default:
      return call.ringing ? states.ringing : states.calling;
  }
}
