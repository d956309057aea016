import { useEffect, useRef } from 'react';
import { useCalls, useConnectionState, usePhoneStore, type CallSnapshot } from '@offhook/react';
import { useAnnounce } from '../lib/announcer.tsx';
import { explainEnding } from '../lib/causes.ts';
import { speakDuration } from '../lib/format.ts';
import { isWaiting, partyOf } from './call-kinds.ts';

/** Says what happens to calls, for people who do not see it. */
export function useCallAnnouncements(): void {
  const announce = useAnnounce();
  const store = usePhoneStore();
  const calls = useCalls();
  const connection = useConnectionState();
  const known = useRef<readonly CallSnapshot[]>([]);

  useEffect(() => {
    for (const call of calls) {
      const text = changeOf(
        known.current.find(({ id }) => id === call.id),
        call,
      );
      if (text) {
        announce(text, isWaiting(call) ? 'assertive' : 'polite');
      }
    }
    known.current = calls;
  }, [calls, announce]);

  useEffect(
    () =>
      store?.onCallEnded((call) => {
        const { text, advice } = explainEnding(call);
        const length =
          call.startedAt !== null && call.endedAt !== null
            ? ` after ${speakDuration(call.endedAt - call.startedAt)}`
            : '';
        announce(`${partyOf(call)}: ${text}${length}. ${advice}`);
      }),
    [store, announce],
  );

  useEffect(() => {
    if (connection === 'ready') {
      announce('Connected');
    }
    if (connection === 'reconnecting') {
      announce('Connection lost. Reconnecting.', 'assertive');
    }
  }, [connection, announce]);
}

function changeOf(before: CallSnapshot | undefined, call: CallSnapshot): string | null {
  const party = partyOf(call);
  if (isWaiting(call)) {
    return before?.state === call.state || call.state === 'new'
      ? null
      : `Incoming call from ${party}`;
  }
  if (!before) {
    return `Calling ${party}`;
  }
  if (call.ringing && !before.ringing) {
    return `${party}: ringing`;
  }
  if (call.startedAt !== null && before.startedAt === null) {
    return `Connected with ${party}`;
  }
  if (party !== partyOf(before) && call.startedAt !== null) {
    return `Now with ${party}`;
  }
  if (call.held !== before.held) {
    return call.held ? `${party} is on hold` : `Back with ${party}`;
  }
  if (call.remoteAway !== before.remoteAway) {
    return call.remoteAway ? `${party} lost the connection` : `${party} is back`;
  }
  if (call.remoteHeld !== before.remoteHeld) {
    return call.remoteHeld ? `${party} put you on hold` : `${party} is back`;
  }
  if (call.muted !== before.muted) {
    return call.muted ? 'Microphone muted' : 'Microphone on';
  }
  if (call.state === 'recovering' && before.state !== 'recovering') {
    return `Call with ${party} is reconnecting`;
  }
  return null;
}
