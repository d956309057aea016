import type { ReactElement } from 'react';
import type { CallView, LegView } from '@offhook/protocol';
import { MosBadge } from '../parts/badge.tsx';
import { causeText, countText, msText, percentText, sinceText } from '../words.ts';

/** Both ends side by side, and in a line devices that only rang. */
export function LegCards({ view }: { readonly view: CallView }): ReactElement {
  const talked = view.call.answeredAt !== null;
  const quiet = view.legs.filter(
    (leg) => talked && leg.role === 'callee' && leg.answeredAt === null && leg.reports === 0,
  );
  return (
    <div className="q-legs">
      {view.legs
        .filter((leg) => !quiet.includes(leg))
        .map((leg) => (
          <LegCard key={leg.id} leg={leg} startedAt={view.call.startedAt} />
        ))}
      {quiet.length > 0 && (
        <ul className="q-also" aria-label="Also rang">
          {quiet.map((leg) => (
            <li key={leg.id}>
              <span className="q-dot" data-color="callee" />
              {leg.user} rang too: {causeText(leg.cause).toLowerCase()}
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}

function LegCard({
  leg,
  startedAt,
}: {
  readonly leg: LegView;
  readonly startedAt: number;
}): ReactElement {
  return (
    <section className="q-card q-leg" aria-label={`${leg.role} ${leg.user}`}>
      <header className="q-leg__head">
        <span className="q-dot" data-color={leg.role} />
        <h2>{leg.user}</h2>
        <span className="q-leg__role">
          {leg.role}
          {leg.via === 'sip' && ' by SIP'}
        </span>
        <MosBadge mos={leg.mos} />
      </header>
      <dl className="q-pairs">
        <Pair name="Heard" value={heard(leg)} />
        <Pair name="Sent" value={sent(leg)} />
        <Pair name="Round trip" value={msText(leg.rttMs ?? leg.media?.far?.rttMs ?? null)} />
        {leg.via === 'sip' ? (
          <Pair name="Call-ID" value={leg.callId} />
        ) : (
          <>
            <Pair name="Browser" value={leg.browser ?? 'no report'} />
            <Pair
              name="SDK"
              value={leg.sdk === null ? '–' : `${leg.sdk} ${leg.sdkVersion ?? ''}`.trim()}
            />
          </>
        )}
        <Pair name="Ended" value={ending(leg)} />
        <Path leg={leg} startedAt={startedAt} />
        {leg.reports > 0 && <Pair name="Clock" value={clock(leg)} />}
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
function heard({ media, via, ...leg }: LegView): string {
  const far = via === 'sip' ? media?.far : undefined;
  const { lossPercent, jitterMs } = far ?? leg;
  if (lossPercent === null && jitterMs === null) {
    return 'not measured';
  }
  return `${percentText(lossPercent)} lost, ${msText(jitterMs)} jitter`;
}

function sent({ media }: LegView): string {
  if (media === null) {
    return '–';
  }
  const { packetsLost, packetsReceived, jitterMs, codec } = media;
  const expected = packetsLost + packetsReceived;
  const loss = expected === 0 ? null : (100 * packetsLost) / expected;
  return `${percentText(loss)} lost, ${msText(jitterMs)} jitter, ${countText(packetsReceived)} packets${codec === null ? '' : `, ${codec}`}`;
}

function ending({ cause, endedBy }: LegView): string {
  const by = endedBy === 'party' ? ', by this party' : '';
  return `${causeText(cause)}${by}`;
}

function clock({ clock: { offsetMs, withinMs } }: LegView): string {
  if (offsetMs === 0) {
    return 'agrees with the gateway';
  }
  const off = `${Math.abs(offsetMs / 1000).toFixed(1)} s ${offsetMs < 0 ? 'fast' : 'slow'}`;
  const within = withinMs === null ? '' : ` (± ${(withinMs / 1000).toFixed(1)} s)`;
  return `${off}, corrected${within}`;
}

function Path({
  leg: { paths },
  startedAt,
}: {
  readonly leg: LegView;
  readonly startedAt: number;
}): ReactElement | null {
  if (paths.length === 0) {
    return null;
  }
  return (
    <div>
      <dt>Path</dt>
      <dd>
        <ol className="q-paths">
          {paths.slice(0, 8).map((path, index) => (
            <li key={index}>
              {index > 0 && <span className="q-paths__time">{sinceText(path.t - startedAt)} </span>}
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
  const { facts, timings, warnings, debugFrames, reports } = leg;
  if (facts.length === 0 && timings.length === 0) {
    return null;
  }
  return (
    <details className="q-more">
      <summary>
        Browser, devices, set-up
        {warnings.length > 0 && (
          <span className="q-tag q-tag--warn">
            {warnings.length} {warnings.length === 1 ? 'warning' : 'warnings'}
          </span>
        )}
      </summary>
      <dl className="q-pairs">
        {facts.map(({ name, value }) => (
          <Pair key={name} name={name} value={value} />
        ))}
        {timings.map(({ label, ms }, index) => (
          <Pair key={`${index} ${label}`} name={label} value={`after ${msText(ms)}`} />
        ))}
        <Pair name="Reports" value={`${reports} segments, ${debugFrames} debug frames`} />
      </dl>
    </details>
  );
}
