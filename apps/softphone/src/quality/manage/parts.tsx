import { useState, type ReactElement, type ReactNode } from 'react';
import { testIds } from '../../testids.ts';
import { manageTexts } from '../../texts/manage.ts';
import { useFormats, useTexts } from '../../texts/use-texts.ts';
import { ErrorNotice } from '../../ui/notice.tsx';
import { Link, managePath, MANAGE_PARTS, type ManagePart } from '../router.tsx';

export const PAGE_SIZE = 50;

/** The frame of these pages: which of them, its count, what can be added, and what went wrong. */
export function Part({
  part,
  count,
  error,
  tools,
  children,
}: {
  readonly part: ManagePart;
  readonly count: string | null;
  readonly error: string | null;
  readonly tools?: ReactNode;
  readonly children: ReactNode;
}): ReactElement {
  const t = useTexts(manageTexts);
  return (
    <>
      <nav className="q-parts" aria-label={t.tab}>
        {MANAGE_PARTS.map((each) => (
          <Link
            key={each}
            to={managePath(each)}
            className="q-nav__item"
            aria-current={each === part ? 'page' : undefined}
            data-testid={testIds.managePart(each)}
          >
            {t.parts[each]}
          </Link>
        ))}
      </nav>
      <header className="q-title">
        <h1>{t.parts[part]}</h1>
        <p className="q-title__aside" role="status">
          {count !== null && <span data-testid={testIds.qualityCount}>{count}</span>}
        </p>
        {tools}
      </header>
      {error !== null && <ErrorNotice title={t.failed} advice={error} />}
      {children}
    </>
  );
}

export function Rows({
  label,
  empty,
  children,
}: {
  readonly label: string;
  readonly empty: boolean;
  readonly children: ReactNode;
}): ReactElement {
  const t = useTexts(manageTexts);
  return (
    <section className="q-card q-card--flush" aria-label={label}>
      {empty ? <p className="q-empty">{t.none}</p> : <ul className="q-rows">{children}</ul>}
    </section>
  );
}

/** One of a list: what it is, more of it, and what can be done. */
export function Row({
  id,
  title,
  marks = [],
  children,
  tools,
}: {
  readonly id: string;
  readonly title: ReactNode;
  readonly marks?: readonly string[];
  readonly children: ReactNode;
  readonly tools?: ReactNode;
}): ReactElement {
  return (
    <li className="q-rows__row" data-testid={testIds.manageRow} data-id={id}>
      <div className="q-rows__text">
        <p className="q-rows__title" dir="auto">
          {title}
          {marks.map((mark) => (
            <span key={mark} className="q-mark">
              {mark}
            </span>
          ))}
        </p>
        <p className="q-rows__more">{children}</p>
      </div>
      {tools}
    </li>
  );
}

export function Search({
  label,
  onSearch,
}: {
  readonly label: string;
  readonly onSearch: (text: string) => void;
}): ReactElement {
  const t = useTexts(manageTexts);
  return (
    <form
      className="q-search"
      role="search"
      onSubmit={(event) => {
        event.preventDefault();
        const text = new FormData(event.currentTarget).get('search');
        onSearch(typeof text === 'string' ? text.trim() : '');
      }}
    >
      <label className="field">
        <span className="field__label">{label}</span>
        <input name="search" type="search" maxLength={128} data-testid={testIds.manageSearch} />
      </label>
      <button type="submit" className="button button--soft">
        {t.search}
      </button>
    </form>
  );
}

export function Pages({
  page,
  total,
  onPage,
}: {
  readonly page: number;
  readonly total: number;
  readonly onPage: (page: number) => void;
}): ReactElement | null {
  const t = useTexts(manageTexts);
  const { count } = useFormats();
  const pages = Math.ceil(total / PAGE_SIZE);
  if (pages < 2) {
    return null;
  }
  return (
    <nav className="q-pages" aria-label={t.pages}>
      <button
        type="button"
        className="button button--small"
        disabled={page === 0}
        onClick={() => onPage(page - 1)}
      >
        {t.previous}
      </button>
      <span>{t.page(count(page + 1), count(pages))}</span>
      <button
        type="button"
        className="button button--small"
        disabled={page + 1 >= pages}
        onClick={() => onPage(page + 1)}
      >
        {t.next}
      </button>
    </nav>
  );
}

/** What the gateway tells once: a password, a key. */
export function Secret({
  says,
  secret,
}: {
  readonly says: string;
  readonly secret: string;
}): ReactElement {
  const t = useTexts(manageTexts);
  const [copied, setCopied] = useState(false);
  return (
    <div className="q-secret" role="status">
      <p>{says}</p>
      <code data-testid={testIds.manageSecret}>{secret}</code>
      <p className="q-hint">{t.once}</p>
      <button
        type="button"
        className="button button--small"
        onClick={() => {
          // Without the right to it the text is there to be marked.
          navigator.clipboard.writeText(secret).then(
            () => setCopied(true),
            () => setCopied(false),
          );
        }}
      >
        {copied ? t.copied : t.copy}
      </button>
    </div>
  );
}
