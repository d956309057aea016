import * as v from 'valibot';
import { EXPORT_FORMATS } from '../reports/export.ts';
import { CALL_SORTS } from '../reports/store.ts';
import type { CallFilter, CallQuery } from '../reports/store.ts';
import { QueryError, number, readQuery, whole } from './query.ts';

const text = v.pipe(v.string(), v.maxLength(128));
const time = whole(8.64e15);
const mos = v.pipe(number, v.minValue(1), v.maxValue(5));

const filter = {
  from: v.optional(time),
  to: v.optional(time),
  /** Started in the last so many milliseconds. */
  last: v.optional(time),
  user: v.optional(text),
  id: v.optional(v.pipe(v.string(), v.maxLength(256))),
  number: v.optional(text),
  cause: v.optional(text),
  mosFrom: v.optional(mos),
  mosTo: v.optional(mos),
  browser: v.optional(text),
  sdkVersion: v.optional(text),
  reported: v.optional(
    v.pipe(
      v.picklist(['true', 'false']),
      v.transform((value) => value === 'true'),
    ),
  ),
};

const ListQuery = v.strictObject({
  ...filter,
  sort: v.optional(v.picklist(CALL_SORTS)),
  order: v.optional(v.picklist(['asc', 'desc'])),
  limit: v.optional(whole(200)),
  offset: v.optional(whole(10_000_000)),
});
const ExportQuery = v.strictObject({ ...filter, format: v.picklist(EXPORT_FORMATS) });
const RangeQuery = v.union([
  v.strictObject({ from: time, to: time }),
  v.strictObject({ last: time }),
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
