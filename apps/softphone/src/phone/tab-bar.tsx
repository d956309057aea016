import type { ReactElement } from 'react';
import { testIds } from '../testids.ts';
import { Icon, type IconName } from '../ui/icon.tsx';
import { phoneTexts } from '../texts/phone.ts';
import { useTexts } from '../texts/use-texts.ts';

export type View = 'keypad' | 'calls' | 'recents';

const TABS: readonly (readonly [View, IconName])[] = [
  ['keypad', 'keypad'],
  ['calls', 'phone'],
  ['recents', 'clock'],
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
  const t = useTexts(phoneTexts);
  const counts: Partial<Record<View, readonly [count: number, what: string]>> = {
    calls: [calls, t.inProgress],
    recents: [missed, t.missedCount],
  };
  return (
    <nav className="tabs" aria-label={t.tabs.label}>
      {TABS.map(([id, icon]) => {
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
            {t.tabs[id]}
          </button>
        );
      })}
    </nav>
  );
}
