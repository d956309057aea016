import { useEffect, useId, useRef, useState, type ReactElement } from 'react';
import { TransferError, type TransferErrorReason } from '@offhook/client';
import { useCalls, type CallSnapshot } from '@offhook/react';
import { useAnnounce } from '../lib/announcer.tsx';
import { testIds } from '../testids.ts';
import { isUp, partyOf } from './call-kinds.ts';

const REASONS: Readonly<Partial<Record<TransferErrorReason, string>>> = {
  busy: 'is busy',
  declined: 'declined',
  no_answer: 'did not answer',
  not_found: 'is not known here',
  unavailable: 'is not signed in',
  not_allowed: 'may not be called from here',
  no_codec: 'cannot be connected with this call',
};

interface Under {
  readonly to: string;
  readonly stop: AbortController;
}

/** Hands a call over: to a number, which rings first, or to the other party of another call. */
export function TransferPanel({
  call,
  onClose,
}: {
  readonly call: CallSnapshot;
  readonly onClose: () => void;
}): ReactElement {
  const announce = useAnnounce();
  const field = useRef<HTMLInputElement>(null);
  const fieldId = useId();
  const [number, setNumber] = useState('');
  const [under, setUnder] = useState<Under | null>(null);
  const [failure, setFailure] = useState<string | null>(null);
  const others = useCalls().filter((other) => other.id !== call.id && isUp(other));
  const party = partyOf(call);

  useEffect(() => field.current?.focus(), []);

  const begin = (target: string | CallSnapshot['call'], to: string) => {
    const stop = new AbortController();
    setFailure(null);
    setUnder({ to, stop });
    announce(`Transferring ${party} to ${to}`);
    call.call.transfer(target, { signal: stop.signal }).then(
      () => announce(`${party} was transferred to ${to}`),
      (error: unknown) => {
        setUnder(null);
        setFailure(describe(error, to));
      },
    );
  };

  if (under) {
    return (
      <div className="transfer">
        <p className="transfer__state" role="status">
          Transferring to {under.to}…
        </p>
        <button
          type="button"
          className="button button--soft"
          data-testid={testIds.transferCancel}
          onClick={() => under.stop.abort()}
        >
          Take back
        </button>
      </div>
    );
  }
  return (
    <form
      className="transfer"
      aria-label={`Transfer ${party}`}
      onSubmit={(event) => {
        event.preventDefault();
        if (number.trim() !== '') {
          begin(number.trim(), number.trim());
        }
      }}
      onKeyDown={(event) => {
        if (event.key === 'Escape') {
          onClose();
        }
      }}
    >
      <label className="transfer__label" htmlFor={fieldId}>
        Transfer {party} to
      </label>
      <div className="transfer__row">
        <input
          ref={field}
          id={fieldId}
          className="transfer__input"
          type="text"
          inputMode="tel"
          enterKeyHint="go"
          autoComplete="off"
          autoCapitalize="none"
          autoCorrect="off"
          spellCheck={false}
          placeholder="Name or number"
          maxLength={128}
          value={number}
          data-testid={testIds.transferInput}
          onChange={(event) => setNumber(event.target.value)}
        />
        <button
          type="submit"
          className="button button--primary"
          disabled={number.trim() === ''}
          data-testid={testIds.transferGo}
        >
          Transfer
        </button>
      </div>
      {others.map((other) => (
        <button
          key={other.id}
          type="button"
          className="button button--soft transfer__join"
          data-testid={testIds.transferJoin}
          onClick={() => begin(other.call, partyOf(other))}
        >
          Connect {party} with {partyOf(other)}
        </button>
      ))}
      {failure !== null && (
        <p className="transfer__failure" role="alert">
          {failure}
        </p>
      )}
    </form>
  );
}

function describe(error: unknown, to: string): string {
  if (!(error instanceof TransferError)) {
    return `The transfer failed: ${String(error)}`;
  }
  if (error.reason === 'cancelled') {
    return 'The transfer was taken back.';
  }
  const words = REASONS[error.reason];
  return words === undefined ? error.message : `${to} ${words}. You are back in the call.`;
}
