import { useCallback, useMemo, useState } from 'react';
import { usePhoneStore, type CallSnapshot, type PhoneStore } from '@offhook/react';
import { useTransfers, type Transfers } from './use-transfers.ts';

export interface CallActions {
  /** False when the call could not even be started; then `failure` tells. */
  readonly call: (destination: string) => boolean;
  readonly answer: (call: CallSnapshot) => void;
  readonly decline: (call: CallSnapshot) => void;
  readonly hangup: (call: CallSnapshot) => void;
  readonly toggleHold: (call: CallSnapshot) => void;
  readonly toggleMute: (call: CallSnapshot) => void;
  readonly sendDigit: (call: CallSnapshot, digit: string) => void;
  /** The last digits sent on a call, by its id. */
  readonly sentDigits: Readonly<Record<string, string>>;
  readonly transfers: Transfers;
  /** What went wrong last and the SDK has no event for; null when nothing. */
  readonly failure: string | null;
  readonly dismiss: () => void;
}

/** As many as fit above the keypad. */
const MAX_DIGITS = 20;

/** What a person can do with calls. Only one call is talked on at a time: the others are put on hold. */
export function useCallActions(): CallActions {
  const store = usePhoneStore();
  const transfers = useTransfers();
  const [failure, setFailure] = useState<string | null>(null);
  const [sentDigits, setSentDigits] = useState<Readonly<Record<string, string>>>({});
  const dismiss = useCallback(() => setFailure(null), []);
  return useMemo(() => {
    const fail = (error: unknown) =>
      setFailure(error instanceof Error ? error.message : String(error));
    /** The SDK reports what fails through its events; a rejection here is one it has no event for. */
    const run = (action: Promise<unknown>) => {
      setFailure(null);
      action.catch(fail);
    };
    return {
      call: (destination) => {
        if (!store) {
          return false;
        }
        setFailure(null);
        try {
          const call = store.client.newCall({ destinationNumber: destination });
          void holdOthers(store, call.id);
          return true;
        } catch (error) {
          fail(error);
          return false;
        }
      },
      answer: ({ id, call }) => {
        if (!store) {
          return;
        }
        // At the same time: nobody should wait for a hold to be confirmed.
        run(Promise.all([call.answer(), holdOthers(store, id)]));
      },
      decline: ({ call }) => run(Promise.resolve(call.reject())),
      hangup: ({ call }) => run(call.hangup()),
      toggleHold: ({ id, held, call }) => {
        if (!store) {
          return;
        }
        run(held ? Promise.all([holdOthers(store, id), call.unhold()]) : call.hold());
      },
      toggleMute: ({ muted, call }) => {
        if (muted) {
          call.unmuteAudio();
        } else {
          call.muteAudio();
        }
      },
      sendDigit: ({ id, call }, digit) => {
        call.dtmf(digit);
        setSentDigits((old) => ({ ...old, [id]: ((old[id] ?? '') + digit).slice(-MAX_DIGITS) }));
      },
      sentDigits,
      transfers,
      failure,
      dismiss,
    };
  }, [store, failure, dismiss, sentDigits, transfers]);
}

async function holdOthers(store: PhoneStore, callId: string): Promise<void> {
  const others = store
    .getSnapshot()
    .calls.filter(({ id, state }) => id !== callId && state === 'active');
  await Promise.all(others.map(({ call }) => call.hold()));
}
