import type { ReactElement } from 'react';
import type { LiveSessions, SessionView } from '@offhook/protocol';
import { formatDuration } from '../lib/format.ts';
import { testIds } from '../testids.ts';
import { Icon } from '../ui/icon.tsx';
import { ErrorNotice } from '../ui/notice.tsx';
import { EndButton } from './end-button.tsx';
import { useLoad } from './use-load.ts';
import { useWords } from './words.ts';

const refresh = (): number => 5000;
/** A page of thousands is of no use to anybody, and slow. */
const MOST = 200;

/** Who is signed in now. */
export function SessionsPage(): ReactElement {
  const {
    t: { sessions: t },
    format,
  } = useWords();
  const { data, error } = useLoad<LiveSessions>('/sessions', refresh);
  const count = data?.sessions.length ?? 0;
  return (
    <>
      <header className="q-title">
        <h1>{t.title}</h1>
        <p className="q-title__aside" role="status">
          {data && (
            <span data-testid={testIds.qualityCount}>{t.count(count, format.count(count))}</span>
          )}
        </p>
      </header>
      {error !== null && <ErrorNotice title={t.failed} advice={error} />}
      {data && count === 0 && (
        <section className="q-card q-empty">
          <Icon name="person" />
          <p>{t.nobody}</p>
        </section>
      )}
      {data && count > 0 && (
        <section className="q-card q-card--flush" aria-label={t.label}>
          <ul className="q-sessions">
            {data.sessions.slice(0, MOST).map((session) => (
              <Session
                key={`${session.user} ${session.since} ${session.address}`}
                session={session}
                now={data.now}
              />
            ))}
          </ul>
          {count > MOST && (
            <p className="q-empty">
              {t.first(format.count(MOST))} <code>offhook sessions</code> {t.listsAll}
            </p>
          )}
        </section>
      )}
    </>
  );
}

function Session({
  session,
  now,
}: {
  readonly session: SessionView;
  readonly now: number;
}): ReactElement {
  const { user, displayName, guestOf, address, since, client, browser, calls, online } = session;
  const {
    t: { sessions: t },
  } = useWords();
  const name = guestOf === null ? displayName : t.visitorOf(guestOf);
  const from = [address, browser, client === null ? null : `SDK ${client}`];
  return (
    <li className="q-sessions__row" data-testid={testIds.qualitySession} data-user={user}>
      <p className="q-sessions__who" dir="auto">
        {name}
        {guestOf === null && name !== user && <span className="q-sessions__user">{user}</span>}
      </p>
      <p className="q-sessions__state">
        {t.calls(calls)}
        {online ? '' : t.lost}
      </p>
      <p className="q-sessions__from">
        {from.filter((part) => part !== null && part !== '').join(' · ')} ·{' '}
        {t.lasted(formatDuration(now - since))}
      </p>
      <EndButton
        path={`/sessions/${encodeURIComponent(user)}`}
        label={t.signOut}
        question={t.signOutQuestion(name)}
      />
    </li>
  );
}
