import { useMemo, useState, type ReactElement } from 'react';
import type { CallView, LegView } from '@offhook/protocol';
import { formatDuration } from '../../lib/format.ts';
import { testIds } from '../../testids.ts';
import type { QualityTexts } from '../../texts/quality.ts';
import { Plot, type Band, type PlotLine, type Range } from '../parts/plot.tsx';
import { useWords, type Words } from '../words.ts';
import { Lane } from './lane.tsx';

type Of = 'mos' | 'rttMs' | 'jitterMs' | 'lossPercent' | 'inLevel' | 'outLevel';

interface Picture {
  readonly key: keyof QualityTexts['timeline']['plots'];
  readonly title: string;
  readonly hint: string;
  readonly lines: readonly PlotLine[];
  readonly y: readonly [number | null, number | null];
  readonly format: (value: number | null) => string;
}

const MOS_Y = [1, 4.5] as const;
const LOSS_Y = [0, 5] as const;
const JITTER_Y = [0, 20] as const;
const RTT_Y = [0, 100] as const;
const LEVEL_Y = [0, 1] as const;
const RATE_Y = [0, 40] as const;

/** Legs that had media: devices that only rang have nothing to plot. */
function plotted(view: CallView): readonly LegView[] {
  return view.legs.filter(({ client, gateway }) => client !== null || gateway !== null).slice(0, 4);
}

function picturesOf(view: CallView, words: Words): readonly Picture[] {
  const { t: all, mos, ms, percent, number } = words;
  const { timeline: t } = all;
  const legs = plotted(view);
  const start = view.call.startedAt;
  const since = (t: readonly number[]): number[] => t.map((at) => (at - start) / 1000);
  const name = (leg: LegView): string => words.person(leg.user, view.names);
  const client = (of: Of, how: Partial<PlotLine> = {}, label = (who: string) => who): PlotLine[] =>
    legs.flatMap((leg) =>
      leg.client === null || leg.client[of].every((value) => value === null)
        ? []
        : [
            {
              label: label(name(leg)),
              t: since(leg.client.t),
              values: leg.client[of],
              color: leg.role,
              ...how,
            },
          ],
    );
  const gateway = (
    of: 'lossPercent' | 'jitterMs' | 'inKbps' | 'outKbps',
    label: (who: string) => string,
  ): PlotLine[] =>
    legs.flatMap((leg) =>
      leg.gateway === null
        ? []
        : [
            {
              label: label(name(leg)),
              t: since(leg.gateway.t),
              values: leg.gateway[of],
              color: leg.role,
              dashed: true,
            },
          ],
    );
  const pictures: readonly Omit<Picture, 'title' | 'hint'>[] = [
    {
      key: 'mos',
      lines: client('mos'),
      y: MOS_Y,
      format: mos,
    },
    {
      key: 'loss',
      lines: [...client('lossPercent'), ...gateway('lossPercent', t.sent)],
      y: LOSS_Y,
      format: percent,
    },
    {
      key: 'jitter',
      lines: [...client('jitterMs'), ...gateway('jitterMs', t.sent)],
      y: JITTER_Y,
      format: ms,
    },
    {
      key: 'rtt',
      lines: client('rttMs'),
      y: RTT_Y,
      format: ms,
    },
    {
      key: 'level',
      lines: [...client('outLevel', {}, t.says), ...client('inLevel', { dashed: true }, t.hears)],
      y: LEVEL_Y,
      format: (value) => number(value, 2),
    },
    {
      key: 'rate',
      lines: gateway('inKbps', t.sent),
      y: RATE_Y,
      format: (value) => number(value),
    },
  ];
  return pictures.flatMap((picture) => {
    const [title, hint] = t.plots[picture.key];
    return picture.lines.length > 0 ? [{ ...picture, title, hint }] : [];
  });
}

function wholeOf(view: CallView): Range {
  const { startedAt, endedAt } = view.call;
  const last = plotted(view).flatMap(({ client, gateway }) => [
    client?.t.at(-1) ?? startedAt,
    gateway?.t.at(-1) ?? startedAt,
  ]);
  const end = endedAt ?? Math.max(startedAt, ...last);
  return [0, Math.max(1, (end - startedAt) / 1000)];
}

/** Clients warned here; both ends' warnings together. */
function bandsOf({ call, legs }: CallView): readonly Band[] {
  const end = call.endedAt ?? Number.MAX_SAFE_INTEGER;
  return legs.flatMap(({ warnings }) =>
    warnings.map(({ from, to }) => ({
      from: (from - call.startedAt) / 1000,
      to: ((to ?? end) - call.startedAt) / 1000,
    })),
  );
}

const timeText = (seconds: number): string => formatDuration(seconds * 1000);

export function Timeline({ view }: { readonly view: CallView }): ReactElement {
  const words = useWords();
  const { timeline: t } = words.t;
  const pictures = useMemo(() => picturesOf(view, words), [view, words]);
  const whole = useMemo(() => wholeOf(view), [view]);
  const bands = useMemo(() => bandsOf(view), [view]);
  const [zoom, setZoom] = useState<Range | null>(null);
  const x = zoom ?? whole;
  return (
    <section
      className="q-card q-timeline"
      aria-labelledby="timeline-title"
      data-testid={testIds.qualityTimeline}
    >
      <header className="q-card__head">
        <h2 id="timeline-title">{t.title}</h2>
        {zoom ? (
          <button type="button" className="link-button" onClick={() => setZoom(null)}>
            {t.whole}
          </button>
        ) : (
          <p className="q-hint q-wide">{t.drag}</p>
        )}
      </header>
      <Lane view={view} x={x} />
      {pictures.map(({ key, title, hint, lines, y, format }) => (
        <Plot
          key={key}
          title={title}
          hint={hint}
          lines={lines}
          x={x}
          y={y}
          bands={bands}
          formatX={timeText}
          formatY={format}
          syncKey="call"
          onZoom={setZoom}
          height={key === 'mos' ? 150 : 120}
          testId={testIds.qualityPlot(key)}
        />
      ))}
    </section>
  );
}
