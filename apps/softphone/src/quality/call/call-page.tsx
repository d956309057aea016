import type { ReactElement } from 'react';
import type { CallView } from '@offhook/protocol';
import { testIds } from '../../testids.ts';
import { Icon } from '../../ui/icon.tsx';
import { ErrorNotice } from '../../ui/notice.tsx';
import { CauseText, MosBadge } from '../parts/badge.tsx';
import { Link, pathOf } from '../router.tsx';
import { useLoad } from '../use-load.ts';
import { useWords } from '../words.ts';
import { EventList } from './event-list.tsx';
import { Ladder } from './ladder.tsx';
import { LegCards } from './leg-cards.tsx';
import { SECTIONS } from './sections.tsx';
import { Timeline } from './timeline.tsx';

const FRESH_MS = 60_000;
const REFRESH_MS = 5000;

/** A call that lives changes; when it has ended, reports come for a while. */
function refresh(view: CallView | null): number | null {
  const endedAt = view?.call.endedAt ?? null;
  if (view === null || (endedAt !== null && Date.now() - endedAt > FRESH_MS)) {
    return null;
  }
  return REFRESH_MS;
}

/** One call: both ends and the middle on one time axis. */
export function CallPageView({ id }: { readonly id: string }): ReactElement {
  const {
    t: { call: t },
  } = useWords();
  const path = `/calls/${encodeURIComponent(id)}`;
  const { data, error } = useLoad<CallView>(path, refresh);
  return (
    <>
      <p className="q-back">
        <Link className="link-button" to={pathOf('calls')}>
          {t.back}
        </Link>
      </p>
      {error !== null && <ErrorNotice title={t.failed} advice={error} />}
      {data && <Shown view={data} />}
    </>
  );
}

function Shown({ view }: { readonly view: CallView }): ReactElement {
  const { t: all, format, duration, person, callee, ending } = useWords();
  const { call: t } = all;
  const { call, legs, names } = view;
  const sections = SECTIONS.filter(({ has }) => has(view));
  return (
    <article data-testid={testIds.qualityCallPage} data-call={call.id}>
      <header className="q-title q-title--call">
        <div>
          <h1>
            {person(call.caller || call.callerNumber, names)} → {callee(call, names)}
          </h1>
          <p className="q-title__when">
            {format.exactDateTime(call.startedAt)}
            {call.talkedMs !== null && ` · ${t.talked(duration(call.talkedMs))}`}
            {call.answeredAt === null && ` · ${t.notAnswered}`} ·{' '}
            <CauseText cause={call.cause} text={ending(call, names)} />
          </p>
        </div>
        <div className="q-title__tools">
          <a
            className="button button--small"
            href={`/api/calls/${encodeURIComponent(call.id)}/all`}
            download
            data-testid={testIds.qualityDownload}
          >
            <Icon name="download" />
            JSON
          </a>
        </div>
      </header>
      <Figures view={view} />
      <LegCards view={view} />
      {legs.some(({ client, gateway }) => client !== null || gateway !== null) ? (
        <Timeline view={view} />
      ) : (
        <section className="q-card q-empty">
          <p>{call.answeredAt === null ? t.noSound : t.noMeasures}</p>
        </section>
      )}
      {sections.map(({ key, Section }) => (
        <Section key={key} view={view} />
      ))}
      <Ladder view={view} />
      <EventList view={view} />
      <p className="q-hint q-callid">
        {t.call} <code>{call.id}</code>
        {call.sipCallId !== null && (
          <>
            {' · '}Call-ID <code>{call.sipCallId}</code>
          </>
        )}
      </p>
    </article>
  );
}

function Figures({ view: { call } }: { readonly view: CallView }): ReactElement {
  const {
    t: { call: t },
    mos,
    ms,
    number,
    percent,
  } = useWords();
  const seconds = (time: number | null): string =>
    t.seconds(number(time === null ? null : time / 1000, 1));
  const rang = call.rangAt === null ? null : call.rangAt - call.startedAt;
  const answered = call.answeredAt === null ? null : call.answeredAt - call.startedAt;
  const figures: readonly (readonly [name: string, value: ReactElement | string, more: string])[] =
    [
      ['MOS', <MosBadge key="mos" mos={call.mos} />, t.lowest(mos(call.mosMin))],
      [t.loss, percent(call.lossPercent), t.worseEnd],
      [t.jitter, ms(call.jitterMs), t.worseEnd],
      [t.rtt, ms(call.rttMs), t.toGateway],
      [
        t.rangAfter,
        ms(rang),
        answered === null ? t.notAnswered : t.answeredAfter(seconds(answered)),
      ],
    ];
  return (
    <dl className="q-tiles">
      {figures.map(([name, value, more]) => (
        <div key={name} className="q-tile">
          <dt>{name}</dt>
          <dd className="q-tile__value">{value}</dd>
          <dd className="q-tile__more">{more}</dd>
        </div>
      ))}
    </dl>
  );
}
