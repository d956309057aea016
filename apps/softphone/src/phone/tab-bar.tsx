import type { ReactElement } from 'react';
import { testIds } from '../testids.ts';
import { Icon, type IconName } from '../ui/icon.tsx';

export type View = 'keypad' | 'calls' | 'recents';

const TABS: readonly (readonly [View, string, IconName])[] = [
  ['keypad', 'Keypad', 'keypad'],
  ['calls', 'Calls', 'phone'],
  ['recents', 'Recents', 'clock'],
];

/** Chooses the view on a narrow screen; not there on a wide one. */
export function TabBar({
  view,
  calls,
  missed,
  onView,
}: {
  readonly view: View;
  readonly calls: number;
  readonly missed: number;
  readonly onView: (view: View) => void;
}): ReactElement {
  const counts: Partial<Record<View, readonly [count: number, what: string]>> = {
    calls: [calls, 'in progress'],
    recents: [missed, 'missed'],
  };
  return (
    <nav className="tabs" aria-label="Views">
      {TABS.map(([id, label, icon]) => {
        const [count, what] = counts[id] ?? [0, ''];
        return (
          <button
            key={id}
            type="button"
            className="tab"
            aria-current={view === id ? 'page' : undefined}
            data-testid={testIds.tab(id)}
            onClick={() => onView(id)}
          >
            <span className="tab__icon">
              <Icon name={icon} />
              {count > 0 && (
                <span className="tab__count" data-kind={id}>
                  {count}
                  <span className="visually-hidden"> {what}</span>
                </span>
              )}
            </span>
            {label}
          </button>
        );
      })}
    </nav>
  );
}
