import { useContext, useState } from 'react';
import type { AdminSessionView } from '@offhook/protocol';
import { ApiError } from '../api.ts';
import { AdminContext } from '../end-button.tsx';
import { SignedOutContext } from '../use-load.ts';

export interface Sending {
  readonly busy: boolean;
  readonly error: string | null;
  readonly run: (work: (session: AdminSessionView) => Promise<void>) => void;
}

/** Has the gateway change something, one thing at a time. */
export function useSend(): Sending {
  const session = useContext(AdminContext);
  const onSignedOut = useContext(SignedOutContext);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<string | null>(null);
  return {
    busy,
    error,
    run: (work) => {
      if (session === null || busy) {
        return;
      }
      setBusy(true);
      setError(null);
      work(session)
        .catch((failure: unknown) => {
          if (failure instanceof ApiError && failure.status === 401) {
            onSignedOut();
          } else {
            setError(failure instanceof Error ? failure.message : String(failure));
          }
        })
        .finally(() => setBusy(false));
    },
  };
}
