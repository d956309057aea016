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
import { useWords } from './words.ts';

/**
 * Ours and clients' are UUIDs; a Call-ID may be one, or has a host after its @, or is a long word with digits. What else is typed is part
 * of a number.
 */
const CALL_ID = /^[0-9a-f]{8}-[0-9a-f-]{27}$|^[^\s@]+@[^\s@]+$|^(?=.*\d)(?=.*[a-z])[\w.-]{12,}$/i;

/** Every call, by what is asked for. The address holds the question, so that it can be sent to somebody. */
export function CallsPage({ query }: { readonly query: URLSearchParams }): ReactElement {
  const { t, format } = useWords();
  const filters = filtersOf(query);
  const text = queryOf(filters);
  const { data, error, pending } = useLoad<CallPage>(`/calls?${apiQuery(filters)}`);
  const exported = apiQuery(filters, 'export');

  return (
    <>
      <header className="q-title">
        <h1>{t.calls.title}</h1>
        <p className="q-title__aside" role="status">
          {data && !pending && (
            <span data-testid={testIds.qualityCount}>
              {t.callCount(data.total, format.count(data.total))}
            </span>
          )}
        </p>
        <div className="q-title__tools">
          {(['csv', 'json'] as const).map((kind) => (
            <a
              key={kind}
              className="button button--small"
              href={`/api/calls/export?${exported}&format=${kind}`}
              download={`calls.${kind}`}
              data-testid={testIds.qualityExport(kind)}
            >
              <Icon name="download" />
              {kind.toUpperCase()}
            </a>
          ))}
        </div>
      </header>
      {/* Another question is another form: its fields begin with what is asked. */}
      <FilterForm key={text} filters={filters} />
      {error !== null && <ErrorNotice title={t.calls.failed} advice={error} />}
      {data && (
        <section className="q-card q-card--flush" aria-label={t.calls.title} aria-busy={pending}>
          {data.calls.length === 0 ? (
            <p className="q-empty">{isFiltered(filters) ? t.calls.noneFits : t.calls.noneYet}</p>
          ) : (
            <CallTable calls={data.calls} names={data.names} label={t.calls.title} />
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
  const { t: all, cause: causeText } = useWords();
  const { calls: t } = all;
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
      aria-label={t.filter}
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
        <span className="field__label">{t.search}</span>
        <input
          name="number"
          type="search"
          defaultValue={filters.number}
          placeholder={t.searchHint}
        />
      </label>
      <label className="field">
        <span className="field__label">{t.user}</span>
        <input name="user" type="search" autoCapitalize="none" defaultValue={filters.user} />
      </label>
      <Select
        name="range"
        label={all.time}
        value={filters.range}
        options={[...RANGES.map(([name]) => name), 'all' as const].map(
          (name) => [name, all.ranges[name]] as const,
        )}
      />
      <Select
        name="quality"
        label={t.quality}
        value={filters.quality}
        options={Object.entries(t.qualities)}
      />
      <Select
        name="cause"
        label={t.endedWith}
        value={filters.cause}
        options={[['', t.any], ...CAUSES.map((cause) => [cause, causeText(cause)] as const)]}
      />
      <label className="field">
        <span className="field__label">{t.browser}</span>
        <input
          name="browser"
          type="search"
          defaultValue={filters.browser}
          placeholder="Firefox 130"
        />
      </label>
      <label className="field">
        <span className="field__label">{t.version}</span>
        <input name="version" type="search" defaultValue={filters.version} placeholder="2.27.10" />
      </label>
      <Select name="sort" label={t.sortBy} value={filters.sort} options={Object.entries(t.sorts)} />
      <div className="q-filters__actions">
        <button type="submit" className="button button--soft">
          {t.go}
        </button>
        {isFiltered(filters) && (
          <button type="button" className="link-button" onClick={() => navigate(pathOf('calls'))}>
            {t.reset}
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
  const {
    t: { calls: t },
    format,
  } = useWords();
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
    <nav className="q-pages" aria-label={t.pages}>
      <button
        type="button"
        className="button button--small"
        disabled={page === 0}
        onClick={go(page - 1)}
      >
        {t.previous}
      </button>
      <span>{t.page(format.count(page + 1), format.count(pages))}</span>
      <button
        type="button"
        className="button button--small"
        disabled={page + 1 >= pages}
        onClick={go(page + 1)}
      >
        {t.next}
      </button>
    </nav>
  );
}
