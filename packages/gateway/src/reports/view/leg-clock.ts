import type { CallReport, ClockEstimate, LegRecord } from '@offhook/protocol';
import { timeOf } from '../digest.ts';
import type { CallEvent } from '../records.ts';
import { boundsOf, estimateClock } from './clock.ts';
import type { ClockPair } from './clock.ts';
import { bagOf, listOf, numberOf, textOf } from './read.ts';

export interface ReceivedReport {
  readonly report: CallReport;
  /** The gateway's time. */
  readonly receivedAt: number;
}

/** How a party's clock stands to ours, by all that both wrote down of the same call. */
export function legClock(
  leg: LegRecord,
  reports: readonly ReceivedReport[],
  events: readonly CallEvent[],
): ClockEstimate {
  const bounds = boundsOf(pairsOf(leg, reports, events));
  const told = endOf(leg, reports, events);
  if (told === null || (bounds.most !== null && told > bounds.most)) {
    return estimateClock(bounds);
  }
  return estimateClock({ ...bounds, least: Math.max(bounds.least ?? told, told) });
}

/**
 * The least difference by an end that the gateway told: the last report was made after that. Not so where the party could not be told: it
 * gave up by itself then, perhaps long before the gateway did.
 */
function endOf(
  leg: LegRecord,
  reports: readonly ReceivedReport[],
  events: readonly CallEvent[],
): number | null {
  const last = reports.findLast(({ report }) => report.flushReason === undefined);
  const end = timeOf(last?.report.summary.endTimestamp);
  const sockets = events.filter(({ leg: of, type }) => of === leg.id && /^(away|back)$/.test(type));
  if (end === null || leg.endedAt === null || leg.endedBy !== 'gateway') {
    return null;
  }
  return sockets.at(-1)?.type === 'away' ? null : leg.endedAt - end;
}

function* pairsOf(
  leg: LegRecord,
  reports: readonly ReceivedReport[],
  events: readonly CallEvent[],
): Generator<ClockPair> {
  const [first] = reports;
  for (const { report, receivedAt } of reports) {
    const end = timeOf(report.summary.endTimestamp);
    if (end !== null) {
      yield { client: end, gateway: receivedAt, first: 'client' };
    }
    yield* ofStates(leg, report, events);
  }
  // The call object: made before the invite that it sends, or after the one that it got. After a reload there is a second one.
  const made = timeOf(first?.report.summary.startTimestamp);
  if (made === null || (first?.report.segment ?? 0) !== 0) {
    return;
  }
  if (leg.role === 'caller') {
    yield { client: made, gateway: leg.startedAt, first: 'client' };
  } else if (sameStart(reports, made)) {
    yield { client: made, gateway: leg.startedAt, first: 'gateway' };
  }
}

function sameStart(reports: readonly ReceivedReport[], made: number): boolean {
  return reports.every(({ report }) => timeOf(report.summary.startTimestamp) === made);
}

/** Our client tells when it became active, and when it hung up. */
function* ofStates(
  leg: LegRecord,
  report: CallReport,
  events: readonly CallEvent[],
): Generator<ClockPair> {
  const { events: told } = bagOf(report.offhook);
  const states = listOf(told).filter(({ type }) => type === 'state');
  const at = (state: string): number | null =>
    numberOf(states.find((event) => textOf(event['state']) === state)?.['t']);
  const active = at('active');
  const answer = events.find(
    ({ leg: of, type, name }) => of === leg.id && type === 'told' && name === 'answer',
  );
  if (active !== null && answer !== undefined && leg.role === 'caller') {
    yield { client: active, gateway: answer.t, first: 'gateway' };
  }
  const hungUp = at('hangup');
  if (hungUp !== null && leg.endedAt !== null && leg.endedBy === 'party') {
    yield { client: hungUp, gateway: leg.endedAt, first: 'client' };
  }
}
