import { useMemo, useState, type ReactElement } from 'react';
import { useCalls, useConnectionState, useLastEnded } from '@offhook/react';
import { explainEnding, isTrouble } from '../lib/causes.ts';
import { useCallActions } from '../phone/use-call-actions.ts';
import { useCallAnnouncements } from '../phone/use-call-announcements.ts';
import { useChosenDevices } from '../phone/use-chosen-devices.ts';
import { usePhoneShortcuts } from '../phone/use-phone-shortcuts.ts';
import { useTitle } from '../phone/use-title.ts';
import { useRecents } from '../phone/use-recents.ts';
import { isWaiting } from '../phone/call-kinds.ts';
import { ConnectionBanner } from '../phone/connection-banner.tsx';
import { Dialer } from '../phone/dialer.tsx';
import { Header } from '../phone/header.tsx';
import { IncomingCard } from '../phone/incoming-card.tsx';
import { ProblemList } from '../phone/problem-list.tsx';
import { RecentsList } from '../phone/recents-list.tsx';
import { Settings } from '../phone/settings.tsx';
import { ShortcutsDialog } from '../phone/shortcuts-dialog.tsx';
import { Stage } from '../phone/stage.tsx';
import { TabBar, type View } from '../phone/tab-bar.tsx';

type Open = 'settings' | 'shortcuts' | null;

/** The phone of somebody who is signed in. Wide: everything at once. Narrow: one view at a time, chosen by tabs. */
export function Phone({
  identity,
  onSignOut,
}: {
  readonly identity: string;
  readonly onSignOut: () => void;
}): ReactElement {
  const calls = useCalls();
  const connection = useConnectionState();
  const actions = useCallActions();
  const recents = useRecents(identity);
  const [view, setView] = useState<View>('keypad');
  const [number, setNumber] = useState('');
  const [open, setOpen] = useState<Open>(null);
  const [keypadChosen, setKeypadOf] = useState<string | null>(null);
  useCallAnnouncements();
  useChosenDevices();
  useTitle(calls);

  const waiting = useMemo(() => calls.filter(isWaiting), [calls]);
  const others = useMemo(() => calls.filter((call) => !isWaiting(call)), [calls]);
  const isRung = waiting.some(({ state }) => state === 'ringing');
  // Whoever is on hold hears no digits, and the keypad would push the call that talks off a small screen.
  const keypadOf = others.find(({ id, held }) => id === keypadChosen && !held)?.id ?? null;
  useViewFollowsCalls(others.length, setView);
  usePhoneShortcuts({
    calls,
    actions,
    keypadOf,
    showKeypad: setKeypadOf,
    typeDigit: (digit) => setNumber((old) => old + digit),
    showHelp: () => setOpen('shortcuts'),
  });

  const call = (destination: string) => {
    if (connection !== 'ready' || destination.trim() === '') {
      return;
    }
    if (actions.call(destination.trim())) {
      setNumber('');
    }
  };

  return (
    <div className="phone" data-view={view}>
      <Header
        identity={identity}
        onSettings={() => setOpen('settings')}
        onShortcuts={() => setOpen('shortcuts')}
        onSignOut={onSignOut}
      />
      <div className="phone__notices">
        <ConnectionBanner onSignOut={onSignOut} />
        <ProblemList own={actions.failure} onDismissOwn={actions.dismiss} />
      </div>
      {waiting.length > 0 && (
        <div className="phone__incoming">
          {waiting.map((waitingCall) => (
            <IncomingCard
              key={waitingCall.id}
              call={waitingCall}
              holdsOthers={others.some(({ state }) => state === 'active')}
              onAnswer={() => actions.answer(waitingCall)}
              onDecline={() => actions.decline(waitingCall)}
            />
          ))}
        </div>
      )}
      <main className="phone__main">
        <Dialer
          number={number}
          ready={connection === 'ready'}
          isRung={isRung}
          redial={recents.list.find(({ direction }) => direction === 'outbound')?.number ?? ''}
          onNumber={setNumber}
          onCall={call}
        />
        <Stage
          identity={identity}
          calls={others}
          isRung={isRung}
          actions={actions}
          keypadOf={keypadOf}
          onKeypad={setKeypadOf}
          onCall={call}
        />
        <RecentsList
          recents={recents.list}
          ready={connection === 'ready'}
          onCall={call}
          onClear={recents.clear}
        />
      </main>
      <TabBar
        view={view}
        calls={others.length}
        missed={recents.missed}
        onView={(next) => {
          setView(next);
          if (next === 'recents') {
            recents.markSeen();
          }
        }}
      />
      {open === 'settings' && <Settings onClose={() => setOpen(null)} />}
      {open === 'shortcuts' && <ShortcutsDialog onClose={() => setOpen(null)} />}
    </div>
  );
}

/**
 * On a narrow screen a new call comes into view. After the last the keypad comes back, unless there is something to read
 * about how it ended.
 */
function useViewFollowsCalls(count: number, setView: (view: View) => void): void {
  const [before, setBefore] = useState(count);
  const last = useLastEnded();
  if (count === before) {
    return;
  }
  setBefore(count);
  if (count > before) {
    setView('calls');
  } else if (count === 0 && !(last && isTrouble(explainEnding(last)))) {
    setView('keypad');
  }
}
