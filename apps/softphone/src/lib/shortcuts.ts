import { useEffect, useEffectEvent } from 'react';

export type ShortcutId =
  'answer' | 'decline' | 'hangup' | 'mute' | 'hold' | 'keypad' | 'transfer' | 'dial' | 'help';

export interface Shortcut {
  readonly id: ShortcutId;
  readonly key: string;
  readonly does: string;
}

/** Keys that act while no field has the focus. Digits, `*` and `#` go to the keypad. */
export const SHORTCUTS: readonly Shortcut[] = [
  { id: 'answer', key: 'a', does: 'Answer the incoming call' },
  { id: 'decline', key: 'd', does: 'Decline the incoming call' },
  { id: 'mute', key: 'm', does: 'Mute or unmute the current call' },
  { id: 'hold', key: 'h', does: 'Hold or resume the current call' },
  { id: 'keypad', key: 'k', does: 'Show the keypad of the current call' },
  { id: 'transfer', key: 't', does: 'Transfer the current call' },
  { id: 'hangup', key: 'e', does: 'End the current call' },
  { id: 'dial', key: '/', does: 'Go to the number field' },
  { id: 'help', key: '?', does: 'Show this list' },
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
