import type { ReactElement } from 'react';
import { formatDuration, shortNumber } from '../lib/format.ts';
import type { RecentCall } from '../lib/recents.ts';
import { useNow } from '../lib/use-now.ts';
import { Icon, type IconName } from '../ui/icon.tsx';
import { phoneTexts } from '../texts/phone.ts';
import { useFormats, useTexts } from '../texts/use-texts.ts';

function iconOf({ outcome, direction }: RecentCall): IconName {
  if (outcome === 'missed') {
    return 'missed';
  }
  return direction === 'inbound' ? 'incoming' : 'outgoing';
}

export function RecentsList({
  recents,
  ready,
  onCall,
  onClear,
}: {
  readonly recents: readonly RecentCall[];
  readonly ready: boolean;
  readonly onCall: (number: string) => void;
  readonly onClear: () => void;
}): ReactElement {
  const now = useNow(true, 60_000);
  const t = useTexts(phoneTexts);
  const format = useFormats();
  return (
    <section className="recents" aria-labelledby="recents-title">
      <header className="recents__header">
        <h2 id="recents-title">{t.recents.title}</h2>
        {recents.length > 0 && (
          <button type="button" className="link-button" onClick={onClear}>
            {t.recents.clear}
          </button>
        )}
      </header>
      {recents.length === 0 ? (
        <p className="recents__empty">
          <Icon name="clock" />
          {t.recents.empty}
        </p>
      ) : (
        <ul className="recents__list">
          {recents.map((recent) => {
            const party = shortNumber(recent.name || recent.number || t.unknown);
            const how =
              recent.outcome === 'answered'
                ? formatDuration(recent.durationMs)
                : t.endings[recent.ending].title;
            const when = format.when(recent.at, now);
            return (
              <li key={recent.id}>
                <button
                  type="button"
                  className="recent"
                  data-outcome={recent.outcome}
                  disabled={!ready || recent.number === ''}
                  onClick={() => onCall(recent.number)}
                >
                  <span className="recent__icon">
                    <Icon name={iconOf(recent)} />
                  </span>
                  <span className="recent__party" dir="auto">
                    <span className="visually-hidden">{t.recents.call}</span> {party}
                  </span>
                  <span className="visually-hidden">, {t.recents[recent.direction]}, </span>
                  <span className="recent__how">{how}</span>
                  <time className="recent__when" dateTime={new Date(recent.at).toISOString()}>
                    {when}
                  </time>
                </button>
              </li>
            );
          })}
        </ul>
      )}
    </section>
  );
}
