import { useMemo, type ReactElement } from 'react';
import type { CallPage, CallsOverview, OverviewCounts } from '@offhook/protocol';
import { testIds } from '../testids.ts';
import { ErrorNotice } from '../ui/notice.tsx';
import { BarList, Histogram, type Bar } from './parts/bars.tsx';
import { CallTable } from './parts/call-table.tsx';
import { Plot, type PlotLine } from './parts/plot.tsx';
import { lengthOf, rangeNamed, RANGES, type RangeName } from './parts/range.ts';
import { Link, navigate, pathOf } from './router.tsx';
import { Trunks } from './parts/trunks.tsx';
import { useLoad } from './use-load.ts';
import { causeText, countText, gradeOf, isOrderly, mosText, spanText } from './words.ts';

const MOS_CLASS = 0.25;
const refresh = (): number => 30_000;

/** How calls were in a stretch of time, the worst of them first. */
export function OverviewPage({ query }: { readonly query: URLSearchParams }): ReactElement {
  const range = rangeNamed(query.get('range'), '24h');
  const span = `last=${lengthOf(range)}`;
  const { data, error } = useLoad<CallsOverview>(`/overview?${span}`, refresh);
  const worst = useLoad<CallPage>(`/calls?${span}&sort=mos&order=asc&limit=8&mosTo=5`, refresh);
  return (
    <>
      <header className="q-title">
        <h1>Overview</h1>
        <RangePicker range={range} />
      </header>
      {error !== null && <ErrorNotice title="The overview cannot be shown" advice={error} />}
      {data && (
        <>
          <Tiles overview={data} />
          <Trends overview={data} />
          <div className="q-columns">
            <section className="q-card" aria-labelledby="mos-title">
              <h2 id="mos-title">Calls by MOS</h2>
              <MosHistogram classes={data.mosClasses} />
            </section>
            <section className="q-card" aria-labelledby="causes-title">
              <h2 id="causes-title">How they ended</h2>
              <BarList
                label="Calls by cause"
                empty="No calls yet"
                bars={data.causes.map((counts) => ({
                  name: causeText(counts.name),
                  count: counts.calls,
                  tone: isOrderly(counts.name) ? 'good' : 'plain',
                }))}
              />
            </section>
            <section className="q-card" aria-labelledby="browsers-title">
              <h2 id="browsers-title">Browsers, with their MOS</h2>
              <BarList
                label="Calls by browser"
                empty="No reports yet"
                bars={data.browsers.map(toBar)}
              />
            </section>
            <section className="q-card" aria-labelledby="sdks-title">
              <h2 id="sdks-title">SDK versions, with their MOS</h2>
              <BarList label="Calls by SDK" empty="No reports yet" bars={data.sdks.map(toBar)} />
            </section>
          </div>
          <Trunks />
          <section className="q-card q-card--flush" aria-labelledby="worst-title">
            <header className="q-card__head">
              <h2 id="worst-title">Worst calls</h2>
              <Link
                className="link-button"
                to={pathOf('calls', `range=${range}&sort=mos&order=asc`)}
              >
                All of them
              </Link>
            </header>
            {worst.data && worst.data.calls.length > 0 ? (
              <CallTable calls={worst.data.calls} label="The worst calls" slim />
            ) : (
              <p className="q-empty">No call of this time has measurements.</p>
            )}
          </section>
        </>
      )}
    </>
  );
}

function toBar({ name, calls, meanMos }: OverviewCounts & { readonly name: string }): Bar {
  const grade = gradeOf(meanMos);
  return { name, count: calls, tone: grade === 'none' ? 'plain' : grade, aside: mosText(meanMos) };
}

function RangePicker({ range }: { readonly range: RangeName }): ReactElement {
  return (
    <fieldset className="segments q-ranges">
      <legend className="visually-hidden">Time</legend>
      {RANGES.map(([name, label]) => (
        <label key={name} className="segments__item">
          <input
            type="radio"
            name="range"
            checked={name === range}
            onChange={() => navigate(pathOf('overview', `range=${name}`), 'replace')}
          />
          <span>{label}</span>
        </label>
      ))}
    </fieldset>
  );
}

function Tiles({ overview: { totals } }: { readonly overview: CallsOverview }): ReactElement {
  const share = (part: number, of: number): string =>
    of === 0 ? '–' : `${((100 * part) / of).toFixed(part > 0 && part / of < 0.1 ? 1 : 0)} %`;
  const grade = gradeOf(totals.meanMos);
  const tiles = [
    ['Calls', countText(totals.calls), `${spanText(totals.talkedMs)} talked`],
    ['Answered', share(totals.answered, totals.calls), `${countText(totals.answered)} calls`],
    ['Mean MOS', mosText(totals.meanMos), `${countText(totals.rated)} measured`, grade],
    ['Poor', share(totals.poor, totals.rated), `${countText(totals.poor)} below 3.5`],
    ['Cut off', share(totals.dropped, totals.answered), `${countText(totals.dropped)} calls`],
  ] as const;
  return (
    <dl className="q-tiles" data-testid={testIds.qualityTotals} data-calls={totals.calls}>
      {tiles.map(([name, value, more, tone]) => (
        <div key={name} className="q-tile">
          <dt>{name}</dt>
          <dd className="q-tile__value" data-grade={tone}>
            {value}
          </dd>
          <dd className="q-tile__more">{more}</dd>
        </div>
      ))}
    </dl>
  );
}

const CALLS_Y = [0, null] as const;
const MOS_Y = [1, 4.5] as const;

function Trends({ overview }: { readonly overview: CallsOverview }): ReactElement {
  const { stepMs, steps } = overview.trend;
  const { calls, mos } = useMemo(() => {
    // A step is drawn at its middle.
    const t = steps.map((step) => (step.t + stepMs / 2) / 1000);
    const line = (
      label: string,
      color: PlotLine['color'],
      values: readonly (number | null)[],
      bars: boolean,
    ): PlotLine => ({ label, color, t, values, bars });
    return {
      calls: [
        line(
          'Calls',
          'middle',
          steps.map((step) => step.calls),
          true,
        ),
        line(
          'Answered',
          'caller',
          steps.map((step) => step.answered),
          true,
        ),
      ],
      mos: [
        line(
          'MOS',
          'caller',
          steps.map((step) => step.meanMos),
          false,
        ),
      ],
    };
  }, [steps, stepMs]);
  const x = useMemo(
    () => [overview.from / 1000, overview.to / 1000] as const,
    [overview.from, overview.to],
  );
  const formatX = useMemo(() => (stepMs >= 3 * 3_600_000 ? dayText : hourText), [stepMs]);
  return (
    <div className="q-columns q-columns--wide">
      <section className="q-card">
        <Plot
          title="Calls"
          lines={calls}
          x={x}
          y={CALLS_Y}
          counts
          formatX={formatX}
          formatY={(value) => (value === null ? '–' : countText(Math.round(value)))}
          syncKey="trend"
          height={170}
        />
      </section>
      <section className="q-card">
        <Plot
          title="Mean MOS"
          hint="of the worse end"
          lines={mos}
          x={x}
          y={MOS_Y}
          formatX={formatX}
          formatY={mosText}
          syncKey="trend"
          height={170}
        />
      </section>
    </div>
  );
}

function hourText(seconds: number): string {
  return new Date(seconds * 1000).toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' });
}

function dayText(seconds: number): string {
  return new Date(seconds * 1000).toLocaleDateString([], { day: 'numeric', month: 'short' });
}

function MosHistogram({ classes }: { readonly classes: readonly number[] }): ReactElement {
  const columns = classes.map((count, index) => {
    const from = 1 + index * MOS_CLASS;
    const grade = gradeOf(from);
    return {
      name: `${from.toFixed(2)} to ${(from + MOS_CLASS).toFixed(2)}`,
      count,
      tone: grade === 'none' ? ('plain' as const) : grade,
      ...(Number.isInteger(from * 2) ? { tick: from.toFixed(1) } : {}),
    };
  });
  return <Histogram columns={columns} label="Calls by mean opinion score" />;
}
