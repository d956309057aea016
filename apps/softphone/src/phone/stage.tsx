import type { ReactElement } from 'react';
import { useConnectionState, useLastEnded, type CallSnapshot } from '@offhook/react';
import { explainEnding } from '../lib/causes.ts';
import { formatDuration, shortNumber } from '../lib/format.ts';
import { testIds } from '../testids.ts';
import { Avatar } from '../ui/avatar.tsx';
import { Icon } from '../ui/icon.tsx';
import { CallCard } from './call-card.tsx';
import { lineOf, partyOf } from './call-kinds.ts';
import type { CallActions } from './use-call-actions.ts';

/** Numbers that every Offhook gateway answers itself. */
const SERVICES = [
  ['echo', 'Echo', 'Hear yourself'],
  ['tone', 'Tone', 'A steady 1000 Hz'],
  ['dtmf', 'Read back', 'Repeats your digits'],
] as const;

export function Stage({
  identity,
  calls,
  isRung,
  actions,
  keypadOf,
  onKeypad,
  onCall,
}: {
  readonly identity: string;
  readonly calls: readonly CallSnapshot[];
  /** Another call waits for an answer, and needs room. */
  readonly isRung: boolean;
  readonly actions: CallActions;
  readonly keypadOf: string | null;
  readonly onKeypad: (callId: string | null) => void;
  readonly onCall: (number: string) => void;
}): ReactElement {
  return (
    <section
      className="stage"
      aria-labelledby="stage-title"
      data-portrait={calls.length === 1 && !isRung}
    >
      <h2 id="stage-title" className="visually-hidden">
        Calls
      </h2>
      {calls.map((call) => (
        <CallCard
          key={lineOf(call)}
          call={call}
          actions={actions}
          keypadShown={keypadOf === call.id}
          onKeypad={(shown) => onKeypad(shown ? call.id : null)}
        />
      ))}
      {calls.length === 0 && <Quiet identity={identity} onCall={onCall} />}
    </section>
  );
}

function Quiet({
  identity,
  onCall,
}: {
  readonly identity: string;
  readonly onCall: (number: string) => void;
}): ReactElement {
  const ready = useConnectionState() === 'ready';
  const last = useLastEnded();
  return (
    <div className="quiet">
      {last ? (
        <LastCall call={last} ready={ready} onCall={onCall} />
      ) : (
        <div className="quiet__hero">
          <p className="quiet__label">Your number</p>
          <p className="quiet__number">{identity}</p>
          <p className="quiet__text">Others reach you here while this page is open.</p>
        </div>
      )}
      <div className="services" role="group" aria-label="Test numbers">
        <p className="services__title">Test your line</p>
        {SERVICES.map(([number, name, does]) => (
          <button
            key={number}
            type="button"
            className="service"
            disabled={!ready}
            onClick={() => onCall(number)}
          >
            <span className="service__name">{name}</span>
            <span className="service__does">{does}</span>
          </button>
        ))}
      </div>
    </div>
  );
}

function LastCall({
  call,
  ready,
  onCall,
}: {
  readonly call: CallSnapshot;
  readonly ready: boolean;
  readonly onCall: (number: string) => void;
}): ReactElement {
  const { text, advice, outcome } = explainEnding(call);
  const party = partyOf(call);
  const lasted =
    call.startedAt !== null && call.endedAt !== null
      ? formatDuration(call.endedAt - call.startedAt)
      : null;
  return (
    <div
      className="last-call"
      data-testid={testIds.lastCall}
      data-cause={call.cause}
      data-outcome={outcome}
    >
      <Avatar name={call.name} number={call.number} size="large" />
      <div className="last-call__text">
        <p className="last-call__party">{shortNumber(party)}</p>
        <p className="last-call__how">
          {text}
          {lasted && ` · ${lasted}`}
        </p>
        {advice && <p className="last-call__advice">{advice}</p>}
      </div>
      {call.number && (
        <button
          type="button"
          className="button button--soft"
          disabled={!ready}
          onClick={() => onCall(call.number)}
        >
          <Icon name="phone" />
          {call.direction === 'inbound' ? 'Call back' : 'Call again'}
        </button>
      )}
    </div>
  );
}
