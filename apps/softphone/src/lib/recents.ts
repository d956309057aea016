import type { CallSnapshot } from '@offhook/react';
import { explainEnding, type Outcome } from './causes.ts';
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
  readonly text: string;
}

const MAX = 50;
const OUTCOMES: readonly unknown[] = [
  'answered',
  'missed',
  'declined',
  'cancelled',
  'elsewhere',
  'failed',
] satisfies Outcome[];

function isRecent(value: unknown): value is RecentCall {
  if (!isRecord(value)) {
    return false;
  }
  const { id, number, name, direction, at, durationMs, outcome, text } = value;
  return (
    [id, number, name, text].every((field) => typeof field === 'string') &&
    (direction === 'inbound' || direction === 'outbound') &&
    Number.isFinite(at) &&
    Number.isFinite(durationMs) &&
    OUTCOMES.includes(outcome)
  );
}

/** Each identity of a browser has a list of its own. */
export function storedRecents(identity: string): Stored<readonly RecentCall[]> {
  return stored<readonly RecentCall[]>(
    () => localStorage,
    `offhook.recents.${identity}`,
    (found) => (Array.isArray(found) ? found.filter(isRecent).slice(0, MAX) : []),
  );
}

export function toRecent(call: CallSnapshot): RecentCall {
  const { outcome, text } = explainEnding(call);
  return {
    id: call.id,
    number: call.number,
    name: call.name,
    direction: call.direction,
    at: call.createdAt,
    durationMs: call.startedAt === null ? 0 : (call.endedAt ?? call.startedAt) - call.startedAt,
    outcome,
    text,
  };
}

/** Newest first. */
export function addRecent(list: readonly RecentCall[], call: RecentCall): readonly RecentCall[] {
  return [call, ...list.filter(({ id }) => id !== call.id)].slice(0, MAX);
}
