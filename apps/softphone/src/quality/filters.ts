import { lengthOf, rangeNamed, type RangeName } from './parts/range.ts';

/** What the list of calls is asked for: as the address of the page holds it. Empty texts ask for nothing. */
export interface Filters {
  readonly range: RangeName | 'all';
  readonly number: string;
  readonly user: string;
  readonly cause: string;
  readonly quality: '' | 'poor' | 'fair' | 'good' | 'unreported';
  readonly browser: string;
  readonly version: string;
  readonly sort: 'time' | 'mos' | 'loss' | 'jitter' | 'rtt' | 'duration';
  /** From 0. */
  readonly page: number;
}

export const PAGE_SIZE = 50;

export const CAUSES = [
  'NORMAL_CLEARING',
  'NO_ANSWER',
  'USER_BUSY',
  'CALL_REJECTED',
  'ORIGINATOR_CANCEL',
  'SUBSCRIBER_ABSENT',
  'UNALLOCATED_NUMBER',
  'NO_ROUTE_DESTINATION',
  'MEDIA_TIMEOUT',
  'NORMAL_TEMPORARY_FAILURE',
  'RECOVERY_ON_TIMER_EXPIRE',
  'NETWORK_OUT_OF_ORDER',
  'DESTINATION_OUT_OF_ORDER',
  'INCOMPATIBLE_DESTINATION',
  'NORMAL_CIRCUIT_CONGESTION',
  'LOSE_RACE',
] as const;

export type Cause = (typeof CAUSES)[number];

const SORTS = ['time', 'mos', 'loss', 'jitter', 'rtt', 'duration'] as const;
const QUALITIES = ['poor', 'fair', 'good', 'unreported'] as const;

export function filtersOf(query: URLSearchParams): Filters {
  const text = (name: string): string => (query.get(name) ?? '').slice(0, 128);
  const page = Number(query.get('page') ?? 0);
  const range = query.get('range');
  return {
    range: range === null || range === 'all' ? 'all' : rangeNamed(range, '30d'),
    number: text('number'),
    user: text('user'),
    cause: text('cause'),
    quality: QUALITIES.find((name) => name === query.get('quality')) ?? '',
    browser: text('browser'),
    version: text('version'),
    sort: SORTS.find((name) => name === query.get('sort')) ?? 'time',
    page: Number.isSafeInteger(page) && page > 0 ? page : 0,
  };
}

/** The same for an address, without what is so by default. */
export function queryOf(filters: Filters): string {
  const { range, sort, page, ...texts } = filters;
  const query = new URLSearchParams();
  if (range !== 'all') {
    query.set('range', range);
  }
  for (const [name, value] of Object.entries(texts)) {
    if (value !== '') {
      query.set(name, value);
    }
  }
  if (sort !== 'time') {
    query.set('sort', sort);
  }
  if (page > 0) {
    query.set('page', String(page));
  }
  return query.toString();
}

export function isFiltered(filters: Filters): boolean {
  return queryOf({ ...filters, sort: 'time', page: 0 }) !== '';
}

/** For the gateway. An export has neither order nor pages: it holds all that fits. */
export function apiQuery(filters: Filters, purpose: 'list' | 'export' = 'list'): string {
  const { range, number, user, cause, quality, browser, version, sort, page } = filters;
  const query = new URLSearchParams();
  const set = (name: string, value: string | number): void => query.set(name, String(value));
  if (range !== 'all') {
    set('last', lengthOf(range));
  }
  if (number !== '') {
    set('number', number);
  }
  if (user !== '') {
    set('user', user);
  }
  if (cause !== '') {
    set('cause', cause);
  }
  if (browser !== '') {
    set('browser', browser);
  }
  if (version !== '') {
    set('sdkVersion', version);
  }
  if (quality === 'poor') {
    set('mosTo', 3.5);
  }
  if (quality === 'good') {
    set('mosFrom', 4);
  }
  if (quality === 'fair') {
    set('mosFrom', 3.5);
    set('mosTo', 4);
  }
  if (quality === 'unreported') {
    set('reported', 'false');
  }
  if (purpose === 'list') {
    if (sort !== 'time') {
      set('sort', sort);
    }
    // The worst is the lowest MOS, and the most of everything else.
    if (sort === 'mos') {
      set('order', 'asc');
    }
    set('limit', PAGE_SIZE);
    if (page > 0) {
      set('offset', page * PAGE_SIZE);
    }
  }
  return query.toString();
}
