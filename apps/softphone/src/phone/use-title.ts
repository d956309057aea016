import { useEffect } from 'react';
import type { CallSnapshot } from '@offhook/react';
import { shortNumber } from '../lib/format.ts';
import { isUp, isWaiting, partyOf } from './call-kinds.ts';

/** The tab's title tells of calls: the phone is often behind another tab. */
export function useTitle(calls: readonly CallSnapshot[]): void {
  const waiting = calls.find(isWaiting);
  const up = calls.find(isUp);
  const title = waiting
    ? `${shortNumber(partyOf(waiting))} is calling`
    : up
      ? `In call with ${shortNumber(partyOf(up))}`
      : null;
  useEffect(() => {
    document.title = title === null ? 'Offhook' : `${title} – Offhook`;
    return () => {
      document.title = 'Offhook';
    };
  }, [title]);
}
