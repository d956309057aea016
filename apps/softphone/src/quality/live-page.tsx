import type { ReactElement } from 'react';
import type { LiveCall, LiveCalls, LiveLeg, ShownNames } from '@offhook/protocol';
import { formatDuration } from '../lib/format.ts';
import { testIds } from '../testids.ts';
import { Icon } from '../ui/icon.tsx';
import { ErrorNotice } from '../ui/notice.tsx';
import { EndButton } from './end-button.tsx';
import { callPath, Link } from './router.tsx';
import { useLoad } from './use-load.ts';
import { calleeText, msText, percentText, personText } from './words.ts';

const refresh = (): number => 2000;

/** What goes on now. */
export function LivePage(): ReactElement {
  const { data, error } = useLoad<LiveCalls>('/live', refresh);
  return (
    <>
      <header className="q-title">
        <h1>Live calls</h1>
        <p className="q-title__aside" role="status">
          {data && (
            <span className="q-live" data-testid={testIds.qualityCount}>
              {data.calls.length}
            </span>
          )}
        </p>
      </header>
      {error !== null && <ErrorNotice title="The live calls cannot be shown" advice={error} />}
      {data?.calls.length === 0 && (
        <section className="q-card q-empty">
          <Icon name="phone" />
          <p>Nobody talks at the moment. Calls show up here as they are made.</p>
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
  const caller = call.legs.find(({ role }) => role === 'caller');
  const answered = call.legs.find((leg) => leg.role === 'callee' && leg.answeredAt !== null);
  const callee = answered?.user ?? call.legs.find(({ role }) => role === 'callee')?.user ?? null;
  const since = call.answeredAt ?? call.startedAt;
  return (
    <article className="q-card q-lives__card" data-testid={testIds.qualityLive} data-call={call.id}>
      <header className="q-lives__head">
        <h2>
          <Link to={callPath(call.id)}>
            {personText(caller?.user ?? '?', names)} → {calleeText({ ...call, callee }, names)}
          </Link>
        </h2>
        <p className="q-lives__state" data-answered={call.answeredAt !== null}>
          {call.answeredAt === null ? 'Ringing' : 'Talking'} {formatDuration(now - since)}
        </p>
      </header>
      <ul className="q-lives__legs">
        {call.legs.map((leg) => (
          <Leg key={leg.id} leg={leg} names={names} />
        ))}
      </ul>
      <EndButton
        path={`/live/${encodeURIComponent(call.id)}`}
        label="End call"
        question="End this call for everybody in it?"
      />
    </article>
  );
}

const STATES: Readonly<Record<string, string>> = {
  setup: 'setting up',
  early: 'hears ringing',
  ringing: 'rings',
  answering: 'answers',
  up: 'connected',
  reattaching: 'comes back',
  ended: 'ended',
};

function Leg({
  leg,
  names,
}: {
  readonly leg: LiveLeg;
  readonly names: ShownNames | undefined;
}): ReactElement {
  const { live } = leg;
  const broken = leg.away || (live !== null && /disconnected|failed/.test(live.state));
  return (
    <li className="q-leg-line">
      <span className="q-dot" data-color={leg.role} />
      <span className="q-leg-line__who">{personText(leg.user, names)}</span>
      <span className="q-leg-line__state" data-broken={broken}>
        {leg.away ? 'lost its connection' : (STATES[leg.state] ?? leg.state)}
      </span>
      <dl className="q-leg-line__media">
        <div>
          <dt>Loss</dt>
          <dd>{percentText(live?.lossPercent ?? null)}</dd>
        </div>
        <div>
          <dt>Jitter</dt>
          <dd>{msText(live?.jitterMs ?? null)}</dd>
        </div>
        <div>
          <dt>kbit/s in, out</dt>
          <dd>
            {rate(live?.inKbps)} / {rate(live?.outKbps)}
          </dd>
        </div>
      </dl>
    </li>
  );
}

function rate(kbps: number | null | undefined): string {
  return kbps == null ? '–' : Math.round(kbps).toString();
}
