import { useCallback, useEffect, useMemo, useState } from 'react';
import { usePhoneStore } from '@offhook/react';
import { addRecent, storedRecents, toRecent, type RecentCall } from '../lib/recents.ts';

export interface Recents {
  /** Newest first. */
  readonly list: readonly RecentCall[];
  /** Missed since the list was looked at. */
  readonly missed: number;
  readonly markSeen: () => void;
  readonly clear: () => void;
}

export function useRecents(identity: string): Recents {
  const store = usePhoneStore();
  const storage = useMemo(() => storedRecents(identity), [identity]);
  const [list, setList] = useState(storage.read);
  const [missed, setMissed] = useState(0);

  useEffect(() => {
    if (!store) {
      return undefined;
    }
    return store.onCallEnded((call) => {
      const recent = toRecent(call);
      // Another tab of the same person may have written meanwhile.
      const next = addRecent(storage.read(), recent);
      storage.write(next);
      setList(next);
      if (recent.outcome === 'missed') {
        setMissed((count) => count + 1);
      }
    });
  }, [store, storage]);

  const clear = useCallback(() => {
    storage.clear();
    setList([]);
    setMissed(0);
  }, [storage]);
  const markSeen = useCallback(() => setMissed(0), []);
  return { list, missed, markSeen, clear };
}
