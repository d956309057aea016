import type { ReactElement } from 'react';
import { usePreferences } from '../lib/preferences.ts';
import { SHORTCUTS } from '../lib/shortcuts.ts';
import { Dialog } from '../ui/dialog.tsx';

export function ShortcutsDialog({ onClose }: { readonly onClose: () => void }): ReactElement {
  const { preferences } = usePreferences();
  return (
    <Dialog title="Keyboard shortcuts" onClose={onClose}>
      {!preferences.singleKeys && (
        <p className="shortcuts__off">They are switched off under Settings.</p>
      )}
      <dl className="shortcuts">
        <div>
          <dt>
            <kbd>0</kbd>…<kbd>9</kbd> <kbd>*</kbd> <kbd>#</kbd>
          </dt>
          <dd>Type a number, or send tones while a call’s keypad is open</dd>
        </div>
        <div>
          <dt>
            <kbd>Enter</kbd>
          </dt>
          <dd>Call what is in the number field</dd>
        </div>
        {SHORTCUTS.map(({ id, key, does }) => (
          <div key={id}>
            <dt>
              <kbd>{key.toUpperCase()}</kbd>
            </dt>
            <dd>{does}</dd>
          </div>
        ))}
        <div>
          <dt>
            <kbd>Esc</kbd>
          </dt>
          <dd>Close this window</dd>
        </div>
      </dl>
    </Dialog>
  );
}
