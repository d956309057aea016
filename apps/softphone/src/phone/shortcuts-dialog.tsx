import type { ReactElement } from 'react';
import { usePreferences } from '../lib/preferences.ts';
import { SHORTCUTS } from '../lib/shortcuts.ts';
import { Dialog } from '../ui/dialog.tsx';
import { phoneTexts } from '../texts/phone.ts';
import { useTexts } from '../texts/use-texts.ts';

export function ShortcutsDialog({ onClose }: { readonly onClose: () => void }): ReactElement {
  const { preferences } = usePreferences();
  const { shortcuts } = useTexts(phoneTexts);
  return (
    <Dialog title={shortcuts.title} onClose={onClose}>
      {!preferences.singleKeys && <p className="shortcuts__off">{shortcuts.off}</p>}
      <dl className="shortcuts">
        <div>
          <dt>
            <kbd>0</kbd>…<kbd>9</kbd> <kbd>*</kbd> <kbd>#</kbd>
          </dt>
          <dd>{shortcuts.digits}</dd>
        </div>
        <div>
          <dt>
            <kbd>Enter</kbd>
          </dt>
          <dd>{shortcuts.enter}</dd>
        </div>
        {SHORTCUTS.map(({ id, key }) => (
          <div key={id}>
            <dt>
              <kbd>{key.toUpperCase()}</kbd>
            </dt>
            <dd>{shortcuts.does[id]}</dd>
          </div>
        ))}
        <div>
          <dt>
            <kbd>Esc</kbd>
          </dt>
          <dd>{shortcuts.escape}</dd>
        </div>
      </dl>
    </Dialog>
  );
}
