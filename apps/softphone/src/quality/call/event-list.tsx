import { useState, type ReactElement } from 'react';
import type { CallView, LegView } from '@offhook/protocol';
import { testIds } from '../../testids.ts';
import { useWords } from '../words.ts';
import { eventText } from './event-text.ts';

const SHOWN = 40;

/** All that happened, in one order: what the gateway saw, and what the clients say. */
export function EventList({ view }: { readonly view: CallView }): ReactElement | null {
  const words = useWords();
  const { events: t } = words.t;
  const { count } = words.format;
  const [all, setAll] = useState(false);
  const { events, legs, call, names } = view;
  if (events.length === 0) {
    return null;
  }
  const byId = new Map<string, LegView>(legs.map((leg) => [leg.id, leg]));
  const shown = all ? events : events.slice(0, SHOWN);
  return (
    <section className="q-card" aria-labelledby="events-title">
      <h2 id="events-title">{t.title}</h2>
      <ol className="q-events" data-testid={testIds.qualityEvents}>
        {shown.map((event, index) => {
          const leg = byId.get(event.leg);
          return (
            <li key={index} className="q-event" data-type={event.type}>
              <span className="q-event__time">{words.since(event.t - call.startedAt)}</span>
              <span className="q-dot" data-color={leg?.role ?? 'middle'} />
              <span className="q-event__who">
                {leg ? words.person(leg.user, names) : event.leg}
              </span>
              <span className="q-event__source">{t.sources[event.source]}</span>
              <span className="q-event__text">{eventText(event, words)}</span>
            </li>
          );
        })}
      </ol>
      {events.length > SHOWN && (
        <button type="button" className="link-button" onClick={() => setAll(!all)}>
          {all ? t.fewer : t.all(count(events.length))}
        </button>
      )}
      {view.droppedEvents > 0 && <p className="q-hint">{t.dropped(count(view.droppedEvents))}</p>}
    </section>
  );
}
