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
import { gradeOf, isOrderly, useWords, type Words } from './words.ts';

const MOS_CLASS = 0.25;
const POOR_MOS = 3.5;
const refresh = (): number => 30_000;

/** How calls were in a stretch of time, the worst of them first. */
export function OverviewPage({ query }: { readonly query: URLSearchParams }): ReactElement {
  const words = useWords();
  const { overview: t } = words.t;
  const range = rangeNamed(query.get('range'), '24h');
  const span = `last=${lengthOf(range)}`;
  const { data, error } = useLoad<CallsOverview>(`/overview?${span}`, refresh);
  const worst = useLoad<CallPage>(`/calls?${span}&sort=mos&order=asc&limit=8&mosTo=5`, refresh);
  return (
    <>
      <header className="q-title">
        <h1>{t.title}</h1>
        <RangePicker range={range} />
      </header>
      {error !== null && <ErrorNotice title={t.failed} advice={error} />}
      {data && (
        <>
          <Tiles overview={data} />
          <Trends overview={data} />
          <div className="q-columns">
            <section className="q-card" aria-labelledby="mos-title">
              <h2 id="mos-title">{t.byMos}</h2>
              <MosHistogram classes={data.mosClasses} />
            </section>
            <section className="q-card" aria-labelledby="causes-title">
              <h2 id="causes-title">{t.ended}</h2>
              <BarList
                label={t.byCause}
                empty={t.noCalls}
                bars={data.causes.map((counts) => ({
                  name: words.cause(counts.name),
                  count: counts.calls,
                  tone: isOrderly(counts.name) ? 'good' : 'plain',
                }))}
              />
            </section>
            <section className="q-card" aria-labelledby="browsers-title">
              <h2 id="browsers-title">{t.browsers}</h2>
              <BarList
                label={t.byBrowser}
                empty={t.noReports}
                bars={data.browsers.map((counts) => toBar(counts, words))}
              />
            </section>
            <section className="q-card" aria-labelledby="sdks-title">
              <h2 id="sdks-title">{t.sdks}</h2>
              <BarList
                label={t.bySdk}
                empty={t.noReports}
                bars={data.sdks.map((counts) => toBar(counts, words))}
              />
            </section>
          </div>
          <Trunks />
          <section className="q-card q-card--flush" aria-labelledby="worst-title">
            <header className="q-card__head">
              <h2 id="worst-title">{t.worst}</h2>
              <Link
                className="link-button"
                to={pathOf('calls', `range=${range}&sort=mos&order=asc`)}
              >
                {t.allOfThem}
              </Link>
            </header>
            {worst.data && worst.data.calls.length > 0 ? (
              <CallTable
                calls={worst.data.calls}
                names={worst.data.names}
                label={t.worstLabel}
                slim
              />
            ) : (
              <p className="q-empty">{t.noneMeasured}</p>
            )}
          </section>
        </>
      )}
    </>
  );
}

function toBar(
  { name, calls, meanMos }: OverviewCounts & { readonly name: string },
  { mos }: Words,
): Bar {
  const grade = gradeOf(meanMos);
  return { name, count: calls, tone: grade === 'none' ? 'plain' : grade, aside: mos(meanMos) };
}

function RangePicker({ range }: { readonly range: RangeName }): ReactElement {
  const { t } = useWords();
  return (
    <fieldset className="segments q-ranges">
      <legend className="visually-hidden">{t.time}</legend>
      {RANGES.map(([name]) => (
        <label key={name} className="segments__item">
          <input
            type="radio"
            name="range"
            checked={name === range}
            onChange={() => navigate(pathOf('overview', `range=${name}`), 'replace')}
          />
          <span>{t.ranges[name]}</span>
        </label>
      ))}
    </fieldset>
  );
}

function Tiles({ overview: { totals } }: { readonly overview: CallsOverview }): ReactElement {
  const { t: all, format, mos, number, percent } = useWords();
  const { overview: t } = all;
  const share = (part: number, of: number): string => percent(of === 0 ? null : (100 * part) / of);
  const calls = (count: number): string => all.callCount(count, format.count(count));
  const grade = gradeOf(totals.meanMos);
  const tiles = [
    [t.calls, format.count(totals.calls), t.talked(format.span(totals.talkedMs))],
    [t.answered, share(totals.answered, totals.calls), calls(totals.answered)],
    [t.meanMos, mos(totals.meanMos), t.measured(format.count(totals.rated)), grade],
    [
      t.poor,
      share(totals.poor, totals.rated),
      t.below(format.count(totals.poor), number(POOR_MOS, 1)),
    ],
    [t.cutOff, share(totals.dropped, totals.answered), calls(totals.dropped)],
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
  const { t: all, format, mos: mosText } = useWords();
  const { overview: t } = all;
  const { stepMs, steps } = overview.trend;
  const { calls, mos } = useMemo(() => {
    // A step is drawn at its middle.
    const times = steps.map((step) => (step.t + stepMs / 2) / 1000);
    const line = (
      label: string,
      color: PlotLine['color'],
      values: readonly (number | null)[],
      bars: boolean,
    ): PlotLine => ({ label, color, t: times, values, bars });
    return {
      calls: [
        line(
          t.calls,
          'middle',
          steps.map((step) => step.calls),
          true,
        ),
        line(
          t.answered,
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
  }, [steps, stepMs, t]);
  const x = useMemo(
    () => [overview.from / 1000, overview.to / 1000] as const,
    [overview.from, overview.to],
  );
  const formatX = useMemo(() => {
    const text = stepMs >= 3 * 3_600_000 ? format.date : format.time;
    return (seconds: number): string => text(seconds * 1000);
  }, [stepMs, format]);
  return (
    <div className="q-columns q-columns--wide">
      <section className="q-card">
        <Plot
          title={t.calls}
          lines={calls}
          x={x}
          y={CALLS_Y}
          counts
          formatX={formatX}
          formatY={(value) => (value === null ? all.none : format.count(Math.round(value)))}
          syncKey="trend"
          height={170}
        />
      </section>
      <section className="q-card">
        <Plot
          title={t.meanMos}
          hint={t.worseEnd}
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

function MosHistogram({ classes }: { readonly classes: readonly number[] }): ReactElement {
  const { t, number, mos } = useWords();
  const columns = classes.map((count, index) => {
    const from = 1 + index * MOS_CLASS;
    const grade = gradeOf(from);
    return {
      name: t.overview.mosClass(mos(from), mos(from + MOS_CLASS)),
      count,
      tone: grade === 'none' ? ('plain' as const) : grade,
      ...(Number.isInteger(from * 2) ? { tick: number(from, 1) } : {}),
    };
  });
  return <Histogram columns={columns} label={t.overview.byMosLabel} />;
}
