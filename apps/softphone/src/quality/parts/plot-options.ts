import uPlot from 'uplot';
import type { Colors } from './theme-colors.ts';

export type Range = readonly [number, number];

export interface PlotLine {
  readonly label: string;
  readonly t: readonly number[];
  readonly values: readonly (number | null)[];
  readonly color: 'caller' | 'callee' | 'middle';
  readonly dashed?: boolean;
  /** Bars instead of a line. */
  readonly bars?: boolean;
}

/** A stretch of time that is set off. */
export interface Band {
  readonly from: number;
  readonly to: number;
}

export interface PlotOptions {
  readonly lines: readonly PlotLine[];
  readonly x: Range;
  readonly y: readonly [number | null, number | null];
  /** The values are numbers of things: there is no half of one. */
  readonly counts: boolean;
  readonly bands: readonly Band[];
  readonly colors: Colors;
  readonly formatX: (x: number) => string;
  readonly width: number;
  readonly height: number;
  readonly syncKey?: string;
  readonly onCursor: (index: number | null) => void;
  readonly onZoom: (range: Range) => void;
}

/** Left and right of the plotting area, in CSS pixels: the lane of events above the plots stands on the same axis. */
export const PLOT_LEFT = 46;
export const PLOT_RIGHT = 12;

const FONT = '12px "Inter Variable", Inter, system-ui, sans-serif';
/** Seconds between marks of the time axis: as people count time. */
const STEPS = [
  ...[1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200],
  ...[1, 2, 5, 10, 30, 100, 365].map((days) => days * 86_400),
];
/** Between marks of an axis of counts. */
const WHOLE = [0, 1, 2, 3, 4, 5, 6, 7].flatMap((power) => [1, 2, 5].map((by) => by * 10 ** power));
/** Where that axis ends at the least: one call does not fill it. */
const LEAST_COUNTED = 4;
/** A drag shorter than this many pixels was a click. */
const LEAST_DRAG = 6;

export function plotOptions(options: PlotOptions): uPlot.Options {
  const { lines, x, y, counts, colors, formatX, width, height, syncKey, onCursor, onZoom } =
    options;
  const axis = { stroke: colors['ink-3'], font: FONT, grid: { stroke: colors.line, width: 1 } };
  return {
    width,
    height,
    padding: [8, PLOT_RIGHT, 0, 0],
    legend: { show: false },
    cursor: {
      drag: { x: true, y: false, setScale: false, dist: LEAST_DRAG },
      points: { size: 7, width: 1.5 },
      y: false,
      ...(syncKey === undefined ? {} : { sync: { key: syncKey, scales: ['x', null] } }),
    },
    scales: {
      x: { time: false, range: () => [x[0], x[1]] },
      y: {
        range: (_plot, least, most) =>
          rangeOf(y, least, counts ? Math.max(most, LEAST_COUNTED) : most),
      },
    },
    axes: [
      {
        ...axis,
        ticks: { show: false },
        size: 26,
        space: 70,
        incrs: [...STEPS],
        values: (_plot, splits) => splits.map((value) => formatX(value)),
      },
      {
        ...axis,
        ticks: { show: false },
        size: PLOT_LEFT,
        space: 32,
        ...(counts ? { incrs: [...WHOLE] } : {}),
      },
    ],
    series: [
      {},
      ...lines.map((line): uPlot.Series => {
        const stroke = colors[line.color];
        const bars = line.bars ? uPlot.paths.bars?.({ size: [0.72, 26], radius: 0.2 }) : undefined;
        return {
          label: line.label,
          stroke,
          width: line.bars ? 0 : 1.75,
          points: { show: isSparse(line), size: 5, fill: stroke },
          ...(line.dashed ? { dash: [5, 4] } : {}),
          ...(bars ? { paths: bars, fill: stroke } : {}),
        };
      }),
    ],
    hooks: {
      drawClear: [(plot) => drawBands(plot, options)],
      setCursor: [
        (plot) => {
          const { idx, left = -1 } = plot.cursor;
          onCursor(left < 0 ? null : (idx ?? null));
        },
      ],
      setSelect: [
        (plot) => {
          const { left, width: wide } = plot.select;
          if (wide < LEAST_DRAG) {
            return;
          }
          onZoom([plot.posToVal(left, 'x'), plot.posToVal(left + wide, 'x')]);
          plot.setSelect({ left: 0, width: 0, top: 0, height: 0 }, false);
        },
      ],
    },
  };
}

/** A single value has no line to be seen by. */
function isSparse({ values }: PlotLine): boolean {
  return values.filter((value) => value !== null).length < 2;
}

function rangeOf(
  [least, most]: readonly [number | null, number | null],
  dataLeast: number | null,
  dataMost: number | null,
): [number, number] {
  const low = least ?? dataLeast ?? 0;
  const high = Math.max(most ?? 0, dataMost ?? 0, low + 1e-6);
  return [low, most !== null && high <= most ? most : low + (high - low) * 1.1];
}

function drawBands(plot: uPlot, { bands, colors }: PlotOptions): void {
  const { ctx, bbox } = plot;
  ctx.save();
  ctx.fillStyle = colors['warn-band'];
  for (const { from, to } of bands) {
    const clamp = (at: number): number =>
      Math.min(Math.max(plot.valToPos(at, 'x', true), bbox.left), bbox.left + bbox.width);
    const [start, end] = [clamp(from), clamp(to)];
    if (end > start) {
      ctx.fillRect(start, bbox.top, Math.max(end - start, 2), bbox.height);
    }
  }
  ctx.restore();
}
