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
import { phoneTexts } from '../texts/phone.ts';
import { useTexts } from '../texts/use-texts.ts';

/** Numbers that every Offhook gateway answers itself. */
const SERVICES = ['echo', 'tone', 'dtmf'] as const;

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
  const t = useTexts(phoneTexts);
  return (
    <section
      className="stage"
      aria-labelledby="stage-title"
      data-portrait={calls.length === 1 && !isRung}
    >
      <h2 id="stage-title" className="visually-hidden">
        {t.tabs.calls}
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
  const { quiet } = useTexts(phoneTexts);
  return (
    <div className="quiet">
      {last ? (
        <LastCall call={last} ready={ready} onCall={onCall} />
      ) : (
        <div className="quiet__hero">
          <p className="quiet__label">{quiet.yourNumber}</p>
          <p className="quiet__number">{identity}</p>
          <p className="quiet__text">{quiet.reach}</p>
        </div>
      )}
      <div className="services" role="group" aria-label={quiet.tests}>
        <p className="services__title">{quiet.testLine}</p>
        {SERVICES.map((number) => (
          <button
            key={number}
            type="button"
            className="service"
            disabled={!ready}
            onClick={() => onCall(number)}
          >
            <span className="service__name">{quiet.services[number][0]}</span>
            <span className="service__does">{quiet.services[number][1]}</span>
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
  const t = useTexts(phoneTexts);
  const { id, outcome } = explainEnding(call);
  const { title, advice } = t.endings[id];
  const party = partyOf(call, t);
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
          {title}
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
          {call.direction === 'inbound' ? t.quiet.callBack : t.quiet.callAgain}
        </button>
      )}
    </div>
  );
}
