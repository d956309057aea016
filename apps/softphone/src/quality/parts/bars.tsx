import type { ReactElement, ReactNode } from 'react';
import { useWords } from '../words.ts';

export interface Bar {
  readonly name: string;
  readonly count: number;
  readonly aside?: ReactNode;
  readonly tone?: 'good' | 'fair' | 'poor' | 'plain';
}

/** Names with their counts as lengths: a table to who listens. */
export function BarList({
  bars,
  label,
  empty,
}: {
  readonly bars: readonly Bar[];
  readonly label: string;
  readonly empty: string;
}): ReactElement {
  const {
    format: { count: countText },
  } = useWords();
  const most = Math.max(1, ...bars.map(({ count }) => count));
  if (bars.length === 0) {
    return <p className="q-hint">{empty}</p>;
  }
  return (
    <ul className="q-bars" aria-label={label}>
      {bars.map(({ name, count, aside, tone = 'plain' }) => (
        <li key={name} className="q-bars__row">
          <span className="q-bars__name">{name}</span>
          <span className="q-bars__track" aria-hidden="true">
            <span
              className="q-bars__bar"
              data-tone={tone}
              style={{ width: `${(100 * count) / most}%` }}
            />
          </span>
          <span className="q-bars__count">{countText(count)}</span>
          <span className="q-bars__aside">{aside}</span>
        </li>
      ))}
    </ul>
  );
}

/** Columns side by side, for a distribution. */
export function Histogram({
  columns,
  label,
}: {
  readonly columns: readonly (Bar & { readonly tick?: string })[];
  readonly label: string;
}): ReactElement {
  const {
    t,
    format: { count: countText },
  } = useWords();
  const most = Math.max(1, ...columns.map(({ count }) => count));
  return (
    <ol className="q-histogram" aria-label={label}>
      {columns.map(({ name, count, tone = 'plain', tick }) => (
        <li key={name} className="q-histogram__column" title={`${name}: ${countText(count)}`}>
          <span className="visually-hidden">{`${name}: ${t.callCount(count, countText(count))}`}</span>
          <span
            className="q-histogram__bar"
            data-tone={tone}
            aria-hidden="true"
            style={{ height: `${count === 0 ? 0 : Math.max(1.5, (100 * count) / most)}%` }}
          />
          <span className="q-histogram__tick" aria-hidden="true">
            {tick}
          </span>
        </li>
      ))}
    </ol>
  );
}
