import type { CallSnapshot } from '@offhook/react';
import { testIds } from '../testids.ts';
import { usePreferences } from '../lib/preferences.ts';
import { useShortcuts, type ShortcutId } from '../lib/shortcuts.ts';
import { currentCall, isUp, isWaiting } from './call-kinds.ts';
import type { CallActions } from './use-call-actions.ts';

export function usePhoneShortcuts({
  calls,
  actions,
  keypadOf,
  showKeypad,
  typeDigit,
  showHelp,
}: {
  readonly calls: readonly CallSnapshot[];
  readonly actions: CallActions;
  readonly keypadOf: string | null;
  readonly showKeypad: (callId: string | null) => void;
  readonly typeDigit: (digit: string) => void;
  readonly showHelp: () => void;
}): void {
  const { preferences } = usePreferences();
  const act = (id: ShortcutId) => {
    const waiting = calls.find(isWaiting);
    const current = currentCall(calls);
    switch (id) {
      case 'answer':
        if (waiting) {
          actions.answer(waiting);
        }
        return;
      case 'decline':
        if (waiting) {
          actions.decline(waiting);
        }
        return;
      case 'hangup':
        if (current) {
          actions.hangup(current);
        }
        return;
      case 'mute':
        if (current) {
          actions.toggleMute(current);
        }
        return;
      case 'hold':
        if (current && isUp(current)) {
          actions.toggleHold(current);
        }
        return;
      case 'keypad':
        if (current) {
          showKeypad(keypadOf === current.id ? null : current.id);
        }
        return;
      case 'transfer':
        // The card itself knows whether its panel is open.
        if (current) {
          document
            .querySelector<HTMLElement>(
              `[data-call-id="${CSS.escape(current.id)}"] [data-testid="${testIds.transfer}"]`,
            )
            ?.click();
        }
        return;
      case 'dial':
        document.querySelector<HTMLElement>('#dial-input')?.focus();
        return;
      case 'help':
        showHelp();
    }
  };
  const dial = (digit: string) => {
    const target = calls.find(({ id }) => id === keypadOf);
    if (target && isUp(target)) {
      actions.sendDigit(target, digit);
    } else {
      typeDigit(digit);
    }
  };
  useShortcuts(preferences.singleKeys, act, dial);
}
