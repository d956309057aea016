import type { ReactElement } from 'react';
import type { CallSummary, ShownNames } from '@offhook/protocol';
import { testIds } from '../../testids.ts';
import { callPath, Link } from '../router.tsx';
import { useWords } from '../words.ts';
import { CauseText, MosBadge, Score } from './badge.tsx';

/** Calls as a table; on a narrow screen each row becomes a card. */
export function CallTable({
  calls,
  label,
  names,
  slim = false,
}: {
  readonly calls: readonly CallSummary[];
  readonly label: string;
  readonly names?: ShownNames | undefined;
  /** Without what a small table has no room for. */
  readonly slim?: boolean;
}): ReactElement {
  const { t: all, format, duration, ms, percent, person, callee, ending } = useWords();
  const { table: t } = all;
  return (
    <div className="q-table__scroll">
      <table className="q-table" aria-label={label} data-slim={slim}>
        <thead>
          <tr>
            <th scope="col">{t.started}</th>
            <th scope="col">{t.who}</th>
            <th scope="col" className="q-table__number">
              {t.talked}
            </th>
            <th scope="col" className="q-table__number">
              {t.mos}
            </th>
            <th scope="col" className="q-table__number">
              {t.loss}
            </th>
            <th scope="col" className="q-table__number">
              {t.jitter}
            </th>
            <th scope="col" className="q-table__number">
              {t.rtt}
            </th>
            <th scope="col">{t.ended}</th>
            {!slim && <th scope="col">{t.browsers}</th>}
          </tr>
        </thead>
        <tbody>
          {calls.map((call) => (
            <tr key={call.id} data-testid={testIds.qualityCall} data-call={call.id}>
              <td className="q-table__time">{format.dateTime(call.startedAt)}</td>
              <td className="q-table__who">
                <Link to={callPath(call.id)} className="q-table__link">
                  {person(call.caller || call.callerNumber, names)} → {callee(call, names)}
                </Link>
                <Score score={call.feedback} />
                {!slim && call.sipCallId !== null && (
                  <span className="q-table__id" title={`Call-ID ${call.sipCallId}`}>
                    {call.sipCallId}
                  </span>
                )}
              </td>
              <td className="q-table__number" data-column="talked" data-label={t.talked}>
                {call.endedAt === null ? (
                  <span className="q-live">{t.live}</span>
                ) : (
                  duration(call.talkedMs)
                )}
              </td>
              <td className="q-table__number" data-column="mos" data-label={t.mos}>
                <MosBadge mos={call.mos} />
              </td>
              <td className="q-table__number" data-column="loss" data-label={t.loss}>
                {percent(call.lossPercent)}
              </td>
              <td className="q-table__number" data-column="jitter" data-label={t.jitter}>
                {ms(call.jitterMs)}
              </td>
              <td className="q-table__number" data-column="rtt" data-label={t.rtt}>
                {ms(call.rttMs)}
              </td>
              <td data-column="ended" data-label={t.ended}>
                <CauseText cause={call.cause} text={ending(call, names)} />
              </td>
              {!slim && (
                <td className="q-table__quiet" data-column="browsers" data-label={t.browsers}>
                  {call.browsers.join(', ') || t.noReport}
                </td>
              )}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
