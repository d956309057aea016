import type { CallSnapshot } from '@offhook/react';
import { explainEnding, isEnding, type EndingId, type Outcome } from './causes.ts';
import { isRecord, stored, type Stored } from './stored.ts';

/** A call that is over, as the list of recent calls keeps it. */
export interface RecentCall {
  readonly id: string;
  readonly number: string;
  readonly name: string;
  readonly direction: 'inbound' | 'outbound';
  /** Milliseconds since the epoch when it began. */
  readonly at: number;
  /** 0 when it was never answered. */
  readonly durationMs: number;
  readonly outcome: Outcome;
  readonly ending: EndingId;
}

const MAX = 50;
/** How a call of an outcome ended, where the list was written before it said that. */
const ENDINGS: Readonly<Record<Outcome, EndingId>> = {
  answered: 'ended',
  missed: 'missed',
  declined: 'declined',
  cancelled: 'cancelled',
  elsewhere: 'elsewhere',
  failed: 'failed',
};

const isOutcome = (value: unknown): value is Outcome =>
  typeof value === 'string' && Object.hasOwn(ENDINGS, value);

function parseRecent(value: unknown): readonly RecentCall[] {
  if (!isRecord(value)) {
    return [];
  }
  const { id, number, name, direction, at, durationMs, outcome, ending } = value;
  const isWhole =
    [id, number, name].every((field) => typeof field === 'string') &&
    (direction === 'inbound' || direction === 'outbound') &&
    Number.isFinite(at) &&
    Number.isFinite(durationMs) &&
    isOutcome(outcome);
  return isWhole
    ? [
        {
          ...(value as unknown as RecentCall),
          ending: isEnding(ending) ? ending : ENDINGS[outcome],
        },
      ]
    : [];
}

/** Each identity of a browser has a list of its own. */
export function storedRecents(identity: string): Stored<readonly RecentCall[]> {
  return stored<readonly RecentCall[]>(
    () => localStorage,
    `offhook.recents.${identity}`,
    (found) => (Array.isArray(found) ? found.flatMap(parseRecent).slice(0, MAX) : []),
  );
}

export function toRecent(call: CallSnapshot): RecentCall {
  const { outcome, id: ending } = explainEnding(call);
  return {
    id: call.id,
    number: call.number,
    name: call.name,
    direction: call.direction,
    at: call.createdAt,
    durationMs: call.startedAt === null ? 0 : (call.endedAt ?? call.startedAt) - call.startedAt,
    outcome,
    ending,
  };
}

/** Newest first. */
export function addRecent(list: readonly RecentCall[], call: RecentCall): readonly RecentCall[] {
  return [call, ...list.filter(({ id }) => id !== call.id)].slice(0, MAX);
}
