import { useMemo, useState, type ReactElement } from 'react';
import type { CallView, LegView } from '@offhook/protocol';
import { formatDuration } from '../../lib/format.ts';
import { testIds } from '../../testids.ts';
import { Plot, type Band, type PlotLine, type Range } from '../parts/plot.tsx';
import { mosText, msText, percentText } from '../words.ts';
import { Lane } from './lane.tsx';

type Of = 'mos' | 'rttMs' | 'jitterMs' | 'lossPercent' | 'inLevel' | 'outLevel';

interface Picture {
  readonly key: string;
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

function picturesOf(view: CallView): readonly Picture[] {
  const legs = plotted(view);
  const start = view.call.startedAt;
  const since = (t: readonly number[]): number[] => t.map((at) => (at - start) / 1000);
  const name = (leg: LegView): string => leg.user;
  const client = (of: Of, how: Partial<PlotLine> = {}, word = ''): PlotLine[] =>
    legs.flatMap((leg) =>
      leg.client === null || leg.client[of].every((value) => value === null)
        ? []
        : [
            {
              label: `${name(leg)}${word}`,
              t: since(leg.client.t),
              values: leg.client[of],
              color: leg.role,
              ...how,
            },
          ],
    );
  const gateway = (
    of: 'lossPercent' | 'jitterMs' | 'inKbps' | 'outKbps',
    word: string,
  ): PlotLine[] =>
    legs.flatMap((leg) =>
      leg.gateway === null
        ? []
        : [
            {
              label: `${name(leg)} ${word}`,
              t: since(leg.gateway.t),
              values: leg.gateway[of],
              color: leg.role,
              dashed: true,
            },
          ],
    );
  const all: readonly Picture[] = [
    {
      key: 'mos',
      title: 'MOS',
      hint: 'what each party hears',
      lines: client('mos'),
      y: MOS_Y,
      format: mosText,
    },
    {
      key: 'loss',
      title: 'Loss',
      hint: 'towards a party, and from it to the gateway (dashed)',
      lines: [...client('lossPercent'), ...gateway('lossPercent', 'sent')],
      y: LOSS_Y,
      format: percentText,
    },
    {
      key: 'jitter',
      title: 'Jitter',
      hint: 'towards a party, and from it (dashed)',
      lines: [...client('jitterMs'), ...gateway('jitterMs', 'sent')],
      y: JITTER_Y,
      format: msText,
    },
    {
      key: 'rtt',
      title: 'Round trip',
      hint: 'between a party and the gateway',
      lines: client('rttMs'),
      y: RTT_Y,
      format: msText,
    },
    {
      key: 'level',
      title: 'Level',
      hint: 'what a party says, and what it hears (dashed)',
      lines: [...client('outLevel', {}, ' says'), ...client('inLevel', { dashed: true }, ' hears')],
      y: LEVEL_Y,
      format: (value) => (value === null ? '–' : value.toFixed(2)),
    },
    {
      key: 'rate',
      title: 'Bit rate',
      hint: 'from a party at the gateway, kbit/s',
      lines: gateway('inKbps', 'sent'),
      y: RATE_Y,
      format: (value) => (value === null ? '–' : value.toFixed(0)),
    },
  ];
  return all.filter(({ lines }) => lines.length > 0);
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
  const pictures = useMemo(() => picturesOf(view), [view]);
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
        <h2 id="timeline-title">Over time</h2>
        {zoom ? (
          <button type="button" className="link-button" onClick={() => setZoom(null)}>
            Whole call
          </button>
        ) : (
          <p className="q-hint q-wide">Drag to look closer.</p>
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
