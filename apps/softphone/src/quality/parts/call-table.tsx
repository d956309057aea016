import type { ReactElement } from 'react';
import type { CallSummary, ShownNames } from '@offhook/protocol';
import { testIds } from '../../testids.ts';
import { callPath, Link } from '../router.tsx';
import {
  calleeText,
  durationText,
  endingText,
  msText,
  percentText,
  personText,
  shortDateTime,
} from '../words.ts';
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
  return (
    <div className="q-table__scroll">
      <table className="q-table" aria-label={label} data-slim={slim}>
        <thead>
          <tr>
            <th scope="col">Started</th>
            <th scope="col">From → to</th>
            <th scope="col" className="q-table__number">
              Talked
            </th>
            <th scope="col" className="q-table__number">
              MOS
            </th>
            <th scope="col" className="q-table__number">
              Loss
            </th>
            <th scope="col" className="q-table__number">
              Jitter
            </th>
            <th scope="col" className="q-table__number">
              RTT
            </th>
            <th scope="col">Ended</th>
            {!slim && <th scope="col">Browsers</th>}
          </tr>
        </thead>
        <tbody>
          {calls.map((call) => (
            <tr key={call.id} data-testid={testIds.qualityCall} data-call={call.id}>
              <td className="q-table__time">{shortDateTime(call.startedAt)}</td>
              <td className="q-table__who">
                <Link to={callPath(call.id)} className="q-table__link">
                  {personText(call.caller || call.callerNumber, names)} → {calleeText(call, names)}
                </Link>
                <Score score={call.feedback} />
                {!slim && call.sipCallId !== null && (
                  <span className="q-table__id" title={`Call-ID ${call.sipCallId}`}>
                    {call.sipCallId}
                  </span>
                )}
              </td>
              <td className="q-table__number" data-label="Talked">
                {call.endedAt === null ? (
                  <span className="q-live">live</span>
                ) : (
                  durationText(call.talkedMs)
                )}
              </td>
              <td className="q-table__number" data-label="MOS">
                <MosBadge mos={call.mos} />
              </td>
              <td className="q-table__number" data-label="Loss">
                {percentText(call.lossPercent)}
              </td>
              <td className="q-table__number" data-label="Jitter">
                {msText(call.jitterMs)}
              </td>
              <td className="q-table__number" data-label="RTT">
                {msText(call.rttMs)}
              </td>
              <td data-label="Ended">
                <CauseText cause={call.cause} text={endingText(call, names)} />
              </td>
              {!slim && (
                <td className="q-table__quiet" data-label="Browsers">
                  {call.browsers.join(', ') || 'no report'}
                </td>
              )}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
