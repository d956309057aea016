import type { CallPage, CallSummary } from '@offhook/protocol';
import type { CallFilter, CallQuery } from './store.ts';

export const EXPORT_FORMATS = ['csv', 'json'] as const;
export type ExportFormat = (typeof EXPORT_FORMATS)[number];

const PAGE = 1000;

type Column = readonly [name: string, value: (call: CallSummary) => string | number | null];

const time = (ms: number | null): string | null =>
  ms === null ? null : new Date(ms).toISOString();
const seconds = (ms: number | null): number | null => (ms === null ? null : ms / 1000);
const rounded = (value: number | null): number | null =>
  value === null ? null : Math.round(value * 1000) / 1000;

const COLUMNS: readonly Column[] = [
  ['call', ({ id }) => id],
  ['started', ({ startedAt }) => time(startedAt)],
  ['answered', ({ answeredAt }) => time(answeredAt)],
  ['ended', ({ endedAt }) => time(endedAt)],
  ['duration_s', ({ durationMs }) => seconds(durationMs)],
  ['talked_s', ({ talkedMs }) => seconds(talkedMs)],
  ['cause', ({ cause }) => cause],
  ['caller', ({ caller }) => caller],
  ['caller_number', ({ callerNumber }) => callerNumber],
  ['destination', ({ destination }) => destination],
  ['callee', ({ callee }) => callee],
  ['service', ({ service }) => service],
  ['mos', ({ mos }) => rounded(mos)],
  ['mos_min', ({ mosMin }) => rounded(mosMin)],
  ['loss_percent', ({ lossPercent }) => rounded(lossPercent)],
  ['jitter_ms', ({ jitterMs }) => rounded(jitterMs)],
  ['rtt_ms', ({ rttMs }) => rounded(rttMs)],
  ['reports', ({ reports }) => reports],
  ['feedback', ({ feedback }) => feedback],
  ['browsers', ({ browsers }) => browsers.join('; ')],
  ['sdks', ({ sdks }) => sdks.join('; ')],
];

/**
 * Calls as text, oldest first, piece by piece, so that a hundred thousand of them need no memory.
 * @param list one page of the calls that fit
 */
export async function* exportCalls(
  list: (query: CallQuery) => CallPage | Promise<CallPage>,
  filter: CallFilter,
  format: ExportFormat,
): AsyncGenerator<string> {
  yield format === 'csv' ? `${COLUMNS.map(([name]) => name).join(',')}\r\n` : '[';
  let count = 0;
  for (let offset = 0; ; offset += PAGE) {
    const { calls } = await list({ ...filter, sort: 'time', order: 'asc', limit: PAGE, offset });
    const lines = calls.map((call) => {
      if (format === 'csv') {
        return `${COLUMNS.map(([, value]) => cell(value(call))).join(',')}\r\n`;
      }
      return `${count++ === 0 ? '' : ','}\n${JSON.stringify(call)}`;
    });
    if (lines.length > 0) {
      yield lines.join('');
    }
    if (calls.length < PAGE) {
      break;
    }
  }
  if (format === 'json') {
    yield '\n]\n';
  }
}

const NUMBER = /^[+-]?\d+(\.\d+)?$/;

/** RFC 4180. A spreadsheet takes what begins with `=`, `+`, `-` or `@` for a formula: such texts get an apostrophe. */
function cell(value: string | number | null): string {
  if (value === null) {
    return '';
  }
  if (typeof value === 'number') {
    return String(value);
  }
  const text = /^[=+\-@\t\r]/.test(value) && !NUMBER.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
