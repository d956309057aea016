import type { ReactElement } from 'react';
import type { CallView, LegView, ShownNames } from '@offhook/protocol';
import { MosBadge } from '../parts/badge.tsx';
import { useWords, type Words } from '../words.ts';

/** Less than this would be shown as 0.0 s. */
const SHOWN_OFFSET_MS = 50;

/** Both ends side by side, and in a line devices that only rang. */
export function LegCards({ view }: { readonly view: CallView }): ReactElement {
  const { t: all, cause, person } = useWords();
  const { legs: t } = all;
  const talked = view.call.answeredAt !== null;
  const quiet = view.legs.filter(
    (leg) => talked && leg.role === 'callee' && leg.answeredAt === null && leg.reports === 0,
  );
  return (
    <div className="q-legs">
      {view.legs
        .filter((leg) => !quiet.includes(leg))
        .map((leg) => (
          <LegCard key={leg.id} leg={leg} names={view.names} startedAt={view.call.startedAt} />
        ))}
      {quiet.length > 0 && (
        <ul className="q-also" aria-label={t.alsoRang}>
          {quiet.map((leg) => (
            <li key={leg.id}>
              <span className="q-dot" data-color="callee" />
              {t.rangToo(person(leg.user, view.names), cause(leg.cause))}
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}

function LegCard({
  leg,
  names,
  startedAt,
}: {
  readonly leg: LegView;
  readonly names: ShownNames | undefined;
  readonly startedAt: number;
}): ReactElement {
  const words = useWords();
  const { legs: t, none } = words.t;
  const role = t.roles[leg.role];
  const who = words.person(leg.user, names);
  return (
    <section className="q-card q-leg" aria-label={`${role} ${who}`}>
      <header className="q-leg__head">
        <span className="q-dot" data-color={leg.role} />
        <h2 dir="auto">{who}</h2>
        <span className="q-leg__role">
          {role}
          {leg.via === 'sip' && ` ${t.bySip}`}
        </span>
        <MosBadge mos={leg.mos} />
      </header>
      <dl className="q-pairs">
        <Pair name={t.heard} value={heard(leg, words)} />
        <Pair name={t.sent} value={sent(leg, words)} />
        <Pair name={t.rtt} value={words.ms(leg.rttMs ?? leg.media?.far?.rttMs ?? null)} />
        {leg.via === 'sip' ? (
          <Pair name="Call-ID" value={leg.callId} />
        ) : (
          <>
            <Pair name={t.browser} value={leg.browser ?? t.noReport} />
            <Pair
              name="SDK"
              value={leg.sdk === null ? none : `${leg.sdk} ${leg.sdkVersion ?? ''}`.trim()}
            />
          </>
        )}
        <Pair name={t.ended} value={ending(leg, words)} />
        <Path leg={leg} startedAt={startedAt} />
        {leg.reports > 0 && <Pair name={t.clock} value={clock(leg, words)} />}
      </dl>
      <More leg={leg} />
    </section>
  );
}

function Pair({ name, value }: { readonly name: string; readonly value: string }): ReactElement {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  );
}

/** A browser tells it in its report; a phone or a trunk by RTCP. */
function heard({ media, via, ...leg }: LegView, { t: { legs: t }, percent, ms }: Words): string {
  const far = via === 'sip' ? media?.far : undefined;
  const { lossPercent, jitterMs } = far ?? leg;
  if (lossPercent === null && jitterMs === null) {
    return t.notMeasured;
  }
  return t.lossAndJitter(percent(lossPercent), ms(jitterMs));
}

function sent({ media }: LegView, { t, format, percent, ms }: Words): string {
  if (media === null) {
    return t.none;
  }
  const { packetsLost, packetsReceived, jitterMs, codec } = media;
  const expected = packetsLost + packetsReceived;
  const loss = expected === 0 ? null : (100 * packetsLost) / expected;
  return [
    t.legs.lossAndJitter(percent(loss), ms(jitterMs)),
    t.legs.packets(format.count(packetsReceived)),
    ...(codec === null ? [] : [codec]),
  ].join(', ');
}

function ending({ cause, endedBy }: LegView, words: Words): string {
  const by = endedBy === 'party' ? `, ${words.t.legs.byThisParty}` : '';
  return `${words.cause(cause)}${by}`;
}

function clock(
  { clock: { offsetMs, withinMs } }: LegView,
  { t: { legs: t }, number }: Words,
): string {
  if (Math.abs(offsetMs) < SHOWN_OFFSET_MS) {
    return t.clockAgrees;
  }
  const off = t.clockOff(number(Math.abs(offsetMs / 1000), 1), offsetMs < 0);
  return withinMs === null ? off : `${off} (± ${number(withinMs / 1000, 1)} s)`;
}

function Path({
  leg: { paths },
  startedAt,
}: {
  readonly leg: LegView;
  readonly startedAt: number;
}): ReactElement | null {
  const { t, since } = useWords();
  if (paths.length === 0) {
    return null;
  }
  return (
    <div>
      <dt>{t.legs.path}</dt>
      <dd>
        <ol className="q-paths">
          {paths.slice(0, 8).map((path, index) => (
            <li key={index}>
              {index > 0 && <span className="q-paths__time">{since(path.t - startedAt)} </span>}
              {path.local || '?'} ↔ {path.remote || '?'}
              {path.state !== '' && path.state !== 'succeeded' && ` (${path.state})`}
            </li>
          ))}
        </ol>
      </dd>
    </div>
  );
}

/** What one looks up once in a while. */
function More({ leg }: { readonly leg: LegView }): ReactElement | null {
  const {
    t: { legs: t },
    format,
    ms: msText,
  } = useWords();
  const { facts, timings, warnings, debugFrames, reports } = leg;
  if (facts.length === 0 && timings.length === 0) {
    return null;
  }
  return (
    <details className="q-more">
      <summary>
        {t.more}
        {warnings.length > 0 && (
          <span className="q-tag q-tag--warn">{t.warnings(warnings.length)}</span>
        )}
      </summary>
      <dl className="q-pairs">
        {facts.map(({ name, value }) => (
          <Pair key={name} name={name} value={value} />
        ))}
        {timings.map(({ label, ms }, index) => (
          <Pair key={`${index} ${label}`} name={label} value={t.after(msText(ms))} />
        ))}
        <Pair
          name={t.reports}
          value={t.segments(format.count(reports), format.count(debugFrames))}
        />
      </dl>
    </details>
  );
}
