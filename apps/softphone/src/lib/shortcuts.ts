import { useEffect, useEffectEvent } from 'react';

export type ShortcutId =
  'answer' | 'decline' | 'hangup' | 'mute' | 'hold' | 'keypad' | 'transfer' | 'dial' | 'help';

export interface Shortcut {
  readonly id: ShortcutId;
  readonly key: string;
}

/** Keys that act while no field has the focus. Digits, `*` and `#` go to the keypad. */
export const SHORTCUTS: readonly Shortcut[] = [
  { id: 'answer', key: 'a' },
  { id: 'decline', key: 'd' },
  { id: 'mute', key: 'm' },
  { id: 'hold', key: 'h' },
  { id: 'keypad', key: 'k' },
  { id: 'transfer', key: 't' },
  { id: 'hangup', key: 'e' },
  { id: 'dial', key: '/' },
  { id: 'help', key: '?' },
];

export function isDialKey(key: string): boolean {
  return /^[0-9*#]$/.test(key);
}

/** The person is typing, or a dialog is open: keys belong to it. */
function keysAreTaken(event: KeyboardEvent): boolean {
  const target = event.target instanceof Element ? event.target : null;
  return (
    target?.closest('input, textarea, select, [contenteditable], dialog[open]') != null ||
    document.querySelector('dialog[open]') !== null
  );
}

/** Calls `act` for a shortcut, `dial` for a key of the keypad. Modifier keys are left to the browser. */
export function useShortcuts(
  enabled: boolean,
  act: (id: ShortcutId) => void,
  dial: (key: string) => void,
): void {
  const onKeyDown = useEffectEvent((event: KeyboardEvent) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) {
      return;
    }
    if (event.repeat || keysAreTaken(event)) {
      return;
    }
    const shortcut = SHORTCUTS.find(({ key }) => key === event.key.toLowerCase());
    if (!shortcut && !isDialKey(event.key)) {
      return;
    }
    event.preventDefault();
    if (shortcut) {
      act(shortcut.id);
    } else {
      dial(event.key);
    }
  });
  useEffect(() => {
    if (!enabled) {
      return undefined;
    }
    const listener = (event: KeyboardEvent) => onKeyDown(event);
    document.addEventListener('keydown', listener);
    return () => document.removeEventListener('keydown', listener);
  }, [enabled]);
}
