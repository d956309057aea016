import type { ReactElement } from 'react';
import { formatDuration, formatWhen, shortNumber } from '../lib/format.ts';
import type { RecentCall } from '../lib/recents.ts';
import { useNow } from '../lib/use-now.ts';
import { Icon, type IconName } from '../ui/icon.tsx';

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
  return (
    <section className="recents" aria-labelledby="recents-title">
      <header className="recents__header">
        <h2 id="recents-title">Recent calls</h2>
        {recents.length > 0 && (
          <button type="button" className="link-button" onClick={onClear}>
            Clear
          </button>
        )}
      </header>
      {recents.length === 0 ? (
        <p className="recents__empty">
          <Icon name="clock" />
          Calls you make and receive show up here.
        </p>
      ) : (
        <ul className="recents__list">
          {recents.map((recent) => {
            const party = shortNumber(recent.name || recent.number || 'Unknown');
            const how =
              recent.outcome === 'answered' ? formatDuration(recent.durationMs) : recent.text;
            const when = formatWhen(recent.at, now);
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
                    <span className="visually-hidden">Call</span> {party}
                  </span>
                  <span className="visually-hidden">, {recent.direction}, </span>
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
