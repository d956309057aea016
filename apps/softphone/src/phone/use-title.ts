import { useEffect } from 'react';
import type { CallSnapshot } from '@offhook/react';
import { shortNumber } from '../lib/format.ts';
import { isUp, isWaiting, partyOf } from './call-kinds.ts';
import { phoneTexts } from '../texts/phone.ts';
import { useTexts } from '../texts/use-texts.ts';

/** The tab's title tells of calls: the phone is often behind another tab. */
export function useTitle(calls: readonly CallSnapshot[]): void {
  const t = useTexts(phoneTexts);
  const waiting = calls.find(isWaiting);
  const up = calls.find(isUp);
  const title = waiting
    ? t.title.calling(shortNumber(partyOf(waiting, t)))
    : up
      ? t.title.inCall(shortNumber(partyOf(up, t)))
      : null;
  useEffect(() => {
    document.title = title === null ? 'Offhook' : `${title} – Offhook`;
    return () => {
      document.title = 'Offhook';
    };
  }, [title]);
}
