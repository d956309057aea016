import { useEffect, useEffectEvent, useRef } from 'react';
import { useCalls, useConnectionState, usePhoneStore, type CallSnapshot } from '@offhook/react';
import { useAnnounce } from '../lib/announcer.tsx';
import { explainEnding } from '../lib/causes.ts';
import { isWaiting, partyOf } from './call-kinds.ts';
import { phoneTexts, type PhoneTexts } from '../texts/phone.ts';
import { useFormats, useTexts } from '../texts/use-texts.ts';

/** Says what happens to calls, for people who do not see it. */
export function useCallAnnouncements(): void {
  const announce = useAnnounce();
  const t = useTexts(phoneTexts);
  const { spokenDuration } = useFormats();
  const store = usePhoneStore();
  const calls = useCalls();
  const connection = useConnectionState();
  const known = useRef<readonly CallSnapshot[]>([]);

  useEffect(() => {
    for (const call of calls) {
      const text = changeOf(
        known.current.find(({ id }) => id === call.id),
        call,
        t,
      );
      if (text) {
        announce(text, isWaiting(call) ? 'assertive' : 'polite');
      }
    }
    known.current = calls;
  }, [calls, announce, t]);

  useEffect(
    () =>
      store?.onCallEnded((call) => {
        const { title, advice } = t.endings[explainEnding(call).id];
        const duration =
          call.startedAt !== null && call.endedAt !== null
            ? spokenDuration(call.endedAt - call.startedAt)
            : null;
        announce(t.said.ended(partyOf(call, t), title, duration, advice));
      }),
    [store, announce, t, spokenDuration],
  );

  // Another language is no reason to say it again.
  const tellConnection = useEffectEvent(() => {
    if (connection === 'ready') {
      announce(t.said.online);
    }
    if (connection === 'reconnecting') {
      announce(t.said.offline, 'assertive');
    }
  });
  useEffect(() => tellConnection(), [connection]);
}

function changeOf(
  before: CallSnapshot | undefined,
  call: CallSnapshot,
  t: PhoneTexts,
): string | null {
  const { said } = t;
  const party = partyOf(call, t);
  if (isWaiting(call)) {
    return before?.state === call.state || call.state === 'new' ? null : said.incoming(party);
  }
  if (!before) {
    return said.calling(party);
  }
  if (call.ringing && !before.ringing) {
    return said.ringing(party);
  }
  if (call.startedAt !== null && before.startedAt === null) {
    return said.connected(party);
  }
  if (party !== partyOf(before, t) && call.startedAt !== null) {
    return said.nowWith(party);
  }
  if (call.held !== before.held) {
    return call.held ? said.held(party) : said.resumed(party);
  }
  if (call.remoteAway !== before.remoteAway) {
    return call.remoteAway ? said.away(party) : said.back(party);
  }
  if (call.remoteHeld !== before.remoteHeld) {
    return call.remoteHeld ? said.heldByThem(party) : said.back(party);
  }
  if (call.muted !== before.muted) {
    return call.muted ? said.muted : said.unmuted;
  }
  if (call.state === 'recovering' && before.state !== 'recovering') {
    return said.reconnecting(party);
  }
  return null;
}
