import { useEffect, useMemo, useState } from 'react';
import { TransferError } from '@offhook/client';
import { usePhoneStore, type CallSnapshot } from '@offhook/react';
import { useAnnounce } from '../lib/announcer.tsx';
import { isUp, lineOf, partyOf } from './call-kinds.ts';
import { phoneTexts, type PhoneTexts, type ToldReason } from '../texts/phone.ts';
import { useTexts } from '../texts/use-texts.ts';

interface Under {
  readonly to: string;
  readonly stop: AbortController;
  /** "Take back" was pressed; the gateway did not say yet what came of it. */
  readonly stopping: boolean;
}

/** What a call's transfer panel shows; null: it is closed. */
export interface Transfer {
  /** The transfer that is under way. */
  readonly under: Under | null;
  /** Why the last one came to nothing. */
  readonly failure: string | null;
}

export interface Transfers {
  readonly of: (call: CallSnapshot) => Transfer | null;
  readonly open: (call: CallSnapshot) => void;
  /** Does nothing while a transfer is under way: somebody must be able to take it back. */
  readonly close: (call: CallSnapshot) => void;
  readonly begin: (call: CallSnapshot, target: string | CallSnapshot['call'], to: string) => void;
  readonly takeBack: (call: CallSnapshot) => void;
}

const OPEN: Transfer = { under: null, failure: null };

type Lines = Readonly<Record<string, Transfer>>;

/** The transfers of all calls. A call's card comes and goes and a recovery gives the call another id: its transfer stays. */
export function useTransfers(): Transfers {
  const store = usePhoneStore();
  const announce = useAnnounce();
  const t = useTexts(phoneTexts);
  const [lines, setLines] = useState<Lines>({});

  useEffect(() => store?.onCallEnded((call) => setLines(without(lineOf(call)))), [store]);

  return useMemo(() => {
    const of = (call: CallSnapshot) => lines[lineOf(call)] ?? null;
    return {
      of,
      open: (call) => setLines((old) => ({ [lineOf(call)]: OPEN, ...old })),
      close: (call) => {
        if (!of(call)?.under) {
          setLines(without(lineOf(call)));
        }
      },
      begin: (call, target, to) => {
        if (of(call)?.under || !isUp(call)) {
          return;
        }
        const line = lineOf(call);
        const party = partyOf(call, t);
        const stop = new AbortController();
        setLines((old) => ({
          ...old,
          [line]: { under: { to, stop, stopping: false }, failure: null },
        }));
        announce(t.transfer.begun(party, to));
        call.call.transfer(target, { signal: stop.signal }).then(
          // The call has ended then; its card takes the panel along.
          () => announce(t.transfer.done(party, to)),
          (error: unknown) => {
            const failure = describe(error, to, t);
            setLines((old) => (line in old ? { ...old, [line]: { under: null, failure } } : old));
            // The end of the call itself was announced already.
            if (store?.getSnapshot().calls.some((other) => lineOf(other) === line)) {
              announce(failure, 'assertive');
            }
          },
        );
      },
      takeBack: (call) => {
        const under = of(call)?.under;
        if (!under || under.stopping) {
          return;
        }
        setLines((old) => ({
          ...old,
          [lineOf(call)]: { under: { ...under, stopping: true }, failure: null },
        }));
        under.stop.abort();
      },
    };
  }, [lines, store, announce, t]);
}

function without(line: string): (lines: Lines) => Lines {
  return (lines) =>
    line in lines
      ? Object.fromEntries(Object.entries(lines).filter(([other]) => other !== line))
      : lines;
}

function describe(error: unknown, to: string, { transfer }: PhoneTexts): string {
  if (!(error instanceof TransferError)) {
    return transfer.failed(String(error));
  }
  if (error.reason === 'cancelled') {
    return transfer.takenBack;
  }
  const { reasons } = transfer;
  return isTold(error.reason, reasons)
    ? transfer.refused(to, reasons[error.reason])
    : transfer.failed(error.message);
}

const isTold = (
  reason: string,
  reasons: Readonly<Record<ToldReason, string>>,
): reason is ToldReason => Object.hasOwn(reasons, reason);
