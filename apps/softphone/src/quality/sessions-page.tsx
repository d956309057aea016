import type { ReactElement } from 'react';
import type { LiveSessions, SessionView } from '@offhook/protocol';
import { formatDuration } from '../lib/format.ts';
import { testIds } from '../testids.ts';
import { Icon } from '../ui/icon.tsx';
import { ErrorNotice } from '../ui/notice.tsx';
import { EndButton } from './end-button.tsx';
import { useLoad } from './use-load.ts';
import { countText } from './words.ts';

const refresh = (): number => 5000;
/** A page of thousands is of no use to anybody, and slow. */
const MOST = 200;

/** Who is signed in now. */
export function SessionsPage(): ReactElement {
  const { data, error } = useLoad<LiveSessions>('/sessions', refresh);
  const count = data?.sessions.length ?? 0;
  return (
    <>
      <header className="q-title">
        <h1>Signed in</h1>
        <p className="q-title__aside" role="status">
          {data && (
            <span data-testid={testIds.qualityCount}>
              {countText(count)} {count === 1 ? 'session' : 'sessions'}
            </span>
          )}
        </p>
      </header>
      {error !== null && <ErrorNotice title="The sessions cannot be shown" advice={error} />}
      {data && count === 0 && (
        <section className="q-card q-empty">
          <Icon name="person" />
          <p>Nobody is signed in at the moment.</p>
        </section>
      )}
      {data && count > 0 && (
        <section className="q-card q-card--flush" aria-label="Sessions">
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
              The first {MOST} are shown. <code>offhook sessions</code> lists them all.
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
  const name = guestOf === null ? displayName : `Visitor of ${guestOf}`;
  const from = [address, browser, client === null ? null : `SDK ${client}`];
  return (
    <li className="q-sessions__row" data-testid={testIds.qualitySession} data-user={user}>
      <p className="q-sessions__who" dir="auto">
        {name}
        {guestOf === null && name !== user && <span className="q-sessions__user">{user}</span>}
      </p>
      <p className="q-sessions__state">
        {calls > 0 ? `${calls} ${calls === 1 ? 'call' : 'calls'}` : 'no call'}
        {online ? '' : ', lost its connection'}
      </p>
      <p className="q-sessions__from">
        {from.filter((part) => part !== null && part !== '').join(' · ')} · for{' '}
        {formatDuration(now - since)}
      </p>
      <EndButton
        path={`/sessions/${encodeURIComponent(user)}`}
        label="Sign out"
        question={`Sign ${name} out, with all calls?`}
      />
    </li>
  );
}
