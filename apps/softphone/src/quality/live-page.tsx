import type { ReactElement } from 'react';
import type { LiveCall, LiveCalls, LiveLeg, ShownNames } from '@offhook/protocol';
import { formatDuration } from '../lib/format.ts';
import { testIds } from '../testids.ts';
import { Icon } from '../ui/icon.tsx';
import { ErrorNotice } from '../ui/notice.tsx';
import { EndButton } from './end-button.tsx';
import { callPath, Link } from './router.tsx';
import { useLoad } from './use-load.ts';
import { useWords } from './words.ts';

const refresh = (): number => 2000;

/** What goes on now. */
export function LivePage(): ReactElement {
  const {
    t: { live: t },
  } = useWords();
  const { data, error } = useLoad<LiveCalls>('/live', refresh);
  return (
    <>
      <header className="q-title">
        <h1>{t.title}</h1>
        <p className="q-title__aside" role="status">
          {data && (
            <span className="q-live" data-testid={testIds.qualityCount}>
              {data.calls.length}
            </span>
          )}
        </p>
      </header>
      {error !== null && <ErrorNotice title={t.failed} advice={error} />}
      {data?.calls.length === 0 && (
        <section className="q-card q-empty">
          <Icon name="phone" />
          <p>{t.nobody}</p>
        </section>
      )}
      <ul className="q-lives">
        {data?.calls.map((call) => (
          <li key={call.id}>
            <LiveCard call={call} now={data.now} names={data.names} />
          </li>
        ))}
      </ul>
    </>
  );
}

function LiveCard({
  call,
  now,
  names,
}: {
  readonly call: LiveCall;
  readonly now: number;
  readonly names: ShownNames | undefined;
}): ReactElement {
  const {
    t: { live: t },
    person,
    callee: calleeText,
  } = useWords();
  const caller = call.legs.find(({ role }) => role === 'caller');
  const answered = call.legs.find((leg) => leg.role === 'callee' && leg.answeredAt !== null);
  const callee = answered?.user ?? call.legs.find(({ role }) => role === 'callee')?.user ?? null;
  const since = call.answeredAt ?? call.startedAt;
  return (
    <article className="q-card q-lives__card" data-testid={testIds.qualityLive} data-call={call.id}>
      <header className="q-lives__head">
        <h2>
          <Link to={callPath(call.id)}>
            {person(caller?.user ?? '?', names)} → {calleeText({ ...call, callee }, names)}
          </Link>
        </h2>
        <p className="q-lives__state" data-answered={call.answeredAt !== null}>
          {call.answeredAt === null ? t.ringing : t.talking} {formatDuration(now - since)}
        </p>
      </header>
      <ul className="q-lives__legs">
        {call.legs.map((leg) => (
          <Leg key={leg.id} leg={leg} names={names} />
        ))}
      </ul>
      <EndButton
        path={`/live/${encodeURIComponent(call.id)}`}
        label={t.end}
        question={t.endQuestion}
      />
    </article>
  );
}

function Leg({
  leg,
  names,
}: {
  readonly leg: LiveLeg;
  readonly names: ShownNames | undefined;
}): ReactElement {
  const { t: all, number, percent, ms, person } = useWords();
  const { live: t } = all;
  const { live } = leg;
  const broken = leg.away || (live !== null && /disconnected|failed/.test(live.state));
  return (
    <li className="q-leg-line">
      <span className="q-dot" data-color={leg.role} />
      <span className="q-leg-line__who">{person(leg.user, names)}</span>
      <span className="q-leg-line__state" data-broken={broken}>
        {leg.away ? t.away : stateText(leg.state, t.states)}
      </span>
      <dl className="q-leg-line__media">
        <div>
          <dt>{t.loss}</dt>
          <dd>{percent(live?.lossPercent ?? null)}</dd>
        </div>
        <div>
          <dt>{t.jitter}</dt>
          <dd>{ms(live?.jitterMs ?? null)}</dd>
        </div>
        <div>
          <dt>{t.rate}</dt>
          <dd>
            {number(live?.inKbps ?? null)} / {number(live?.outKbps ?? null)}
          </dd>
        </div>
      </dl>
    </li>
  );
}

function stateText(state: string, states: Readonly<Record<string, string>>): string {
  return states[state] ?? state;
}
