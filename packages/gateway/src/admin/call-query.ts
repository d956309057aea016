import * as v from 'valibot';
import { EXPORT_FORMATS } from '../reports/export.ts';
import { CALL_SORTS } from '../reports/store.ts';
import type { CallFilter, CallQuery } from '../reports/store.ts';
import { QueryError, number, readQuery, whole } from './query.ts';

const text = v.pipe(v.string(), v.maxLength(128));
const time = whole(8.64e15);
const mos = v.pipe(number, v.minValue(1), v.maxValue(5));

const FROM = 'Began at or after, epoch milliseconds';
const TO = 'Began before, epoch milliseconds';
const LAST = 'Began in the last so many milliseconds';

/** What may be left out, and what the description of `/api` says of it. */
const told = <const S extends v.GenericSchema>(schema: S, description: string) =>
  v.optional(v.pipe(schema, v.description(description)));

const filter = {
  from: told(time, FROM),
  to: told(time, TO),
  last: told(time, LAST),
  user: told(text, 'A user who took part, or whose devices rang'),
  id: told(
    v.pipe(v.string(), v.maxLength(256)),
    "The gateway's id of the call, a client's, or the SIP Call-ID",
  ),
  number: told(text, "Part of the number dialled, or of the caller's"),
  cause: told(text, 'Q.850 name'),
  mosFrom: told(mos, 'MOS of the worse end, at least'),
  mosTo: told(mos, 'MOS of the worse end, at most'),
  browser: told(text, '`Firefox`, or with its version, `Firefox 130`'),
  sdkVersion: told(text, 'Version of the SDK of an end'),
  reported: v.optional(
    v.pipe(
      v.picklist(['true', 'false']),
      v.transform((value) => value === 'true'),
      v.boolean(),
      v.description('With a report of at least one end, or of none'),
    ),
  ),
};

export const ListQuery = v.strictObject({
  ...filter,
  sort: v.optional(v.picklist(CALL_SORTS)),
  order: v.optional(v.picklist(['asc', 'desc'])),
  limit: v.optional(whole(200)),
  offset: v.optional(whole(10_000_000)),
});
export const ExportQuery = v.strictObject({ ...filter, format: v.picklist(EXPORT_FORMATS) });
export const RangeQuery = v.union([
  v.strictObject({
    from: v.pipe(time, v.description(FROM)),
    to: v.pipe(time, v.description(TO)),
  }),
  v.strictObject({ last: v.pipe(time, v.description(LAST)) }),
]);

/** Without what was not given. */
function given<T extends object>(values: T): T {
  return Object.fromEntries(
    Object.entries(values).filter(([, value]) => value !== undefined && value !== ''),
  ) as T;
}

function filterOf<T extends { last?: number | undefined; from?: number | undefined }>(
  { last, ...rest }: T,
  now: number,
): Omit<T, 'last'> {
  return given(last === undefined ? rest : { ...rest, from: Math.max(rest.from ?? 0, now - last) });
}

/** What a list asks for in its address. @throws {QueryError} */
export function readListQuery(query: unknown, now: number): CallQuery {
  return filterOf(readQuery(ListQuery, query), now) as CallQuery;
}

/** @throws {QueryError} */
export function readExportQuery(
  query: unknown,
  now: number,
): {
  readonly filter: CallFilter;
  readonly format: (typeof EXPORT_FORMATS)[number];
} {
  const { format, ...rest } = readQuery(ExportQuery, query);
  return { filter: filterOf(rest, now) as CallFilter, format };
}

/** @throws {QueryError} */
export function readRange(
  query: unknown,
  now: number,
): { readonly from: number; readonly to: number } {
  const range = readQuery(RangeQuery, query);
  const { from, to } = 'last' in range ? { from: now - range.last, to: now } : range;
  if (from >= to) {
    throw new QueryError('from must be before to');
  }
  return { from, to };
}
