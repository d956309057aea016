import type { ReactElement } from 'react';
import type { CallView, LegView, ViewEvent } from '@offhook/protocol';
import { PLOT_LEFT, PLOT_RIGHT, type Range } from '../parts/plot-options.ts';
import { useWords } from '../words.ts';
import { eventText } from './event-text.ts';

/** What is worth a mark: not each message, which the ladder shows. */
const MARKED = new Set([
  'warning',
  'error',
  'recovery',
  'device',
  'network',
  'mute',
  'hold',
  'away',
  'back',
  'feedback',
]);

/**
 * What happened, above the plots and on their axis: a row a party, talking time as a bar, warnings as stretches on it, the rest as marks. The
 * list of events below says the same in words.
 */
export function Lane({ view, x }: { readonly view: CallView; readonly x: Range }): ReactElement {
  const words = useWords();
  const legs = view.legs.filter(({ answeredAt }) => answeredAt !== null).slice(0, 4);
  const [from, to] = x;
  const { startedAt, endedAt } = view.call;
  const place = (at: number): number => ((at - startedAt) / 1000 - from) / (to - from);
  const box = (start: number, end: number) => {
    const left = Math.min(Math.max(place(start), 0), 1);
    const right = Math.min(Math.max(place(end), 0), 1);
    return { left: `${100 * left}%`, width: `${100 * (right - left)}%` };
  };
  const last = endedAt ?? startedAt + to * 1000;
  return (
    <div className="q-lane" aria-hidden="true">
      {legs.map((leg) => (
        <div key={leg.id} className="q-lane__row">
          <span
            className="q-lane__name"
            style={{ width: PLOT_LEFT }}
            title={words.person(leg.user, view.names)}
          >
            <span className="q-dot" data-color={leg.role} />
          </span>
          <div className="q-lane__track" style={{ marginRight: PLOT_RIGHT }}>
            <span
              className="q-lane__talk"
              data-color={leg.role}
              style={box(leg.answeredAt ?? leg.startedAt, leg.endedAt ?? last)}
            />
            {leg.warnings.map(({ from: start, to: end, name }) => (
              <span
                key={`${start} ${name}`}
                className="q-lane__warning"
                title={name}
                style={box(start, end ?? last)}
              />
            ))}
            {marksOf(view, leg).map((event, index) => {
              const at = place(event.t);
              return at < 0 || at > 1 ? null : (
                <span
                  key={`${event.t} ${index}`}
                  className="q-lane__mark"
                  data-type={event.type}
                  title={`${words.since(event.t - startedAt)} ${eventText(event, words)}`}
                  style={{ left: `${100 * at}%` }}
                />
              );
            })}
          </div>
        </div>
      ))}
    </div>
  );
}

function marksOf({ events }: CallView, leg: LegView): readonly ViewEvent[] {
  return events.filter((event) => event.leg === leg.id && MARKED.has(event.type)).slice(0, 300);
}
