import { describe, expect, it } from 'vitest';
import { apiQuery, filtersOf, isFiltered, queryOf } from './filters.ts';

const of = (text: string) => filtersOf(new URLSearchParams(text));

describe('what the list is asked for', () => {
  it('is in the address, without what is so by default', () => {
    const text = 'range=24h&number=217&quality=poor&sort=mos&page=2';
    expect(queryOf(of(text))).toBe(text);
    expect(queryOf(of(''))).toBe('');
    expect(queryOf(of('range=all&sort=time&page=0'))).toBe('');
  });

  it('is read from any address', () => {
    const odd = of('range=century&quality=superb&sort=color&page=-1&number=%3Cb%3E&other=1');
    expect(odd).toMatchObject({ range: '30d', quality: '', sort: 'time', page: 0, number: '<b>' });
  });

  it('is a filter when it leaves calls out', () => {
    expect(isFiltered(of('sort=mos&page=3'))).toBe(false);
    expect(isFiltered(of('user=ann'))).toBe(true);
  });

  it('is put to the gateway in its own words', () => {
    expect(apiQuery(of('range=24h&quality=fair&version=2.27.10&sort=mos&page=1'))).toBe(
      'last=86400000&sdkVersion=2.27.10&mosFrom=3.5&mosTo=4&sort=mos&order=asc&limit=50&offset=50',
    );
    expect(apiQuery(of('quality=unreported&sort=loss'))).toBe('reported=false&sort=loss&limit=50');
  });

  it('is the same for an export, but for order and pages', () => {
    expect(apiQuery(of('user=ann&sort=mos&page=4'), 'export')).toBe('user=ann');
  });
});
