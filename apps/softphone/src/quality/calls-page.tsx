import type { ReactElement, SubmitEvent } from 'react';
import type { CallPage } from '@offhook/protocol';
import { testIds } from '../testids.ts';
import { Icon } from '../ui/icon.tsx';
import { ErrorNotice } from '../ui/notice.tsx';
import {
  apiQuery,
  CAUSES,
  filtersOf,
  isFiltered,
  PAGE_SIZE,
  queryOf,
  type Filters,
} from './filters.ts';
import { CallTable } from './parts/call-table.tsx';
import { RANGES } from './parts/range.ts';
import { callPath, navigate, pathOf } from './router.tsx';
import { useLoad } from './use-load.ts';
import { causeText, countText } from './words.ts';

/**
 * Ours and clients' are UUIDs; a Call-ID may be one, or has a host after its @, or is a long word with digits. What else is typed is part
 * of a number.
 */
const CALL_ID = /^[0-9a-f]{8}-[0-9a-f-]{27}$|^[^\s@]+@[^\s@]+$|^(?=.*\d)(?=.*[a-z])[\w.-]{12,}$/i;

/** Every call, by what is asked for. The address holds the question, so that it can be sent to somebody. */
export function CallsPage({ query }: { readonly query: URLSearchParams }): ReactElement {
  const filters = filtersOf(query);
  const text = queryOf(filters);
  const { data, error, pending } = useLoad<CallPage>(`/calls?${apiQuery(filters)}`);
  const exported = apiQuery(filters, 'export');

  return (
    <>
      <header className="q-title">
        <h1>Calls</h1>
        <p className="q-title__aside" role="status">
          {data && !pending && (
            <span data-testid={testIds.qualityCount}>{countText(data.total)} calls</span>
          )}
        </p>
        <div className="q-title__tools">
          {(['csv', 'json'] as const).map((format) => (
            <a
              key={format}
              className="button button--small"
              href={`/api/calls/export?${exported}&format=${format}`}
              download={`calls.${format}`}
              data-testid={testIds.qualityExport(format)}
            >
              <Icon name="download" />
              {format.toUpperCase()}
            </a>
          ))}
        </div>
      </header>
      {/* Another question is another form: its fields begin with what is asked. */}
      <FilterForm key={text} filters={filters} />
      {error !== null && <ErrorNotice title="The calls cannot be shown" advice={error} />}
      {data && (
        <section className="q-card q-card--flush" aria-label="Calls" aria-busy={pending}>
          {data.calls.length === 0 ? (
            <p className="q-empty">
              {isFiltered(filters) ? 'No call fits.' : 'Calls show up here once there are some.'}
            </p>
          ) : (
            <CallTable calls={data.calls} names={data.names} label="Calls" />
          )}
        </section>
      )}
      {data && <Pages filters={filters} total={data.total} />}
    </>
  );
}

function ask(filters: Filters): void {
  navigate(pathOf('calls', queryOf(filters)));
}

function FilterForm({ filters }: { readonly filters: Filters }): ReactElement {
  const submit = (event: SubmitEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const values = new URLSearchParams();
    for (const [name, value] of new FormData(event.currentTarget)) {
      if (typeof value === 'string' && value.trim() !== '') {
        values.set(name, value.trim());
      }
    }
    const number = values.get('number') ?? '';
    if (CALL_ID.test(number)) {
      navigate(callPath(number));
    } else {
      ask(filtersOf(values));
    }
  };
  return (
    <form
      className="q-filters"
      role="search"
      aria-label="Filter calls"
      data-testid={testIds.qualityFilters}
      onSubmit={submit}
      onChange={(event) => {
        // A choice is meant at once; a text when it is finished.
        if (event.target instanceof HTMLSelectElement) {
          event.currentTarget.requestSubmit();
        }
      }}
    >
      <label className="field q-filters__search">
        <span className="field__label">Number or call id</span>
        <input
          name="number"
          type="search"
          defaultValue={filters.number}
          placeholder="Part of a number, or a Call-ID"
        />
      </label>
      <label className="field">
        <span className="field__label">User</span>
        <input name="user" type="search" autoCapitalize="none" defaultValue={filters.user} />
      </label>
      <Select
        name="range"
        label="Time"
        value={filters.range}
        options={[...RANGES.map(([name, label]) => [name, label] as const), ['all', 'All']]}
      />
      <Select
        name="quality"
        label="Quality"
        value={filters.quality}
        options={[
          ['', 'Any'],
          ['poor', 'Poor (below 3.5)'],
          ['fair', 'Fair (3.5 to 4)'],
          ['good', 'Good (4 and more)'],
          ['unreported', 'Without a report'],
        ]}
      />
      <Select
        name="cause"
        label="Ended with"
        value={filters.cause}
        options={[['', 'Any'], ...CAUSES.map((cause) => [cause, causeText(cause)] as const)]}
      />
      <label className="field">
        <span className="field__label">Browser</span>
        <input
          name="browser"
          type="search"
          defaultValue={filters.browser}
          placeholder="Firefox 130"
        />
      </label>
      <label className="field">
        <span className="field__label">SDK version</span>
        <input name="version" type="search" defaultValue={filters.version} placeholder="2.27.10" />
      </label>
      <Select
        name="sort"
        label="Sort by"
        value={filters.sort}
        options={[
          ['time', 'Newest first'],
          ['mos', 'Worst MOS first'],
          ['loss', 'Most loss first'],
          ['jitter', 'Most jitter first'],
          ['rtt', 'Longest round trip first'],
          ['duration', 'Longest first'],
        ]}
      />
      <div className="q-filters__actions">
        <button type="submit" className="button button--soft">
          Search
        </button>
        {isFiltered(filters) && (
          <button type="button" className="link-button" onClick={() => navigate(pathOf('calls'))}>
            Reset
          </button>
        )}
      </div>
    </form>
  );
}

function Select({
  name,
  label,
  value,
  options,
}: {
  readonly name: string;
  readonly label: string;
  readonly value: string;
  readonly options: readonly (readonly [value: string, label: string])[];
}): ReactElement {
  return (
    <label className="field">
      <span className="field__label">{label}</span>
      <span className="select">
        <select name={name} defaultValue={value}>
          {options.map(([option, text]) => (
            <option key={option} value={option}>
              {text}
            </option>
          ))}
        </select>
        <Icon name="chevron" />
      </span>
    </label>
  );
}

function Pages({
  filters,
  total,
}: {
  readonly filters: Filters;
  readonly total: number;
}): ReactElement | null {
  const pages = Math.ceil(total / PAGE_SIZE);
  if (pages < 2) {
    return null;
  }
  const { page } = filters;
  const go = (to: number) => (): void => {
    ask({ ...filters, page: to });
    scrollTo(0, 0);
  };
  return (
    <nav className="q-pages" aria-label="Pages of the list">
      <button
        type="button"
        className="button button--small"
        disabled={page === 0}
        onClick={go(page - 1)}
      >
        Previous
      </button>
      <span>
        Page {countText(page + 1)} of {countText(pages)}
      </span>
      <button
        type="button"
        className="button button--small"
        disabled={page + 1 >= pages}
        onClick={go(page + 1)}
      >
        Next
      </button>
    </nav>
  );
}
