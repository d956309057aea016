import {
  useEffect,
  useId,
  useMemo,
  useRef,
  useState,
  type KeyboardEvent,
  type ReactElement,
} from 'react';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { plotOptions, type Band, type PlotLine, type Range } from './plot-options.ts';
import { useColors } from './theme-colors.ts';
import { useWords } from '../words.ts';

export type { Band, PlotLine, Range } from './plot-options.ts';

/** What a line says at a place: the value there, or the one before. */
function valueAt(column: ArrayLike<number | null | undefined>, index: number): number | null {
  for (let at = index; at >= 0 && at > index - 12; at -= 1) {
    const value = column[at];
    if (value !== undefined) {
      return value;
    }
  }
  return null;
}

function sumOf(values: readonly (number | null)[]): number {
  return values.reduce<number>((sum, value) => sum + (value ?? 0), 0);
}

function meanOf(values: readonly (number | null)[]): number | null {
  const given = values.filter((value) => value !== null);
  return given.length === 0 ? null : given.reduce((sum, value) => sum + value, 0) / given.length;
}

/**
 * Lines over time. Dragging zooms, the arrow keys move the cursor, and its values stand beside the names; all of it is told in words too.
 */
export function Plot({
  title,
  hint,
  lines,
  x,
  y,
  counts = false,
  bands = [],
  formatX,
  formatY,
  syncKey,
  onZoom,
  height = 150,
  testId,
}: {
  readonly title: string;
  readonly hint?: string;
  readonly lines: readonly PlotLine[];
  /** What is shown of the time axis. */
  readonly x: Range;
  /** Least and most of the value axis; a null end is that of the values. */
  readonly y: readonly [number | null, number | null];
  /** The values are numbers of things: beside the name stands how many there are in all, and not what is usual. */
  readonly counts?: boolean;
  readonly bands?: readonly Band[];
  readonly formatX: (x: number) => string;
  readonly formatY: (y: number | null) => string;
  /** Plots with the same key move their cursors together. */
  readonly syncKey?: string;
  readonly onZoom?: (range: Range) => void;
  readonly height?: number;
  readonly testId?: string;
}): ReactElement {
  const {
    t: { plot: t },
  } = useWords();
  const colors = useColors();
  const host = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const [cursor, setCursor] = useState<number | null>(null);
  const titleId = useId();
  const [min, max] = x;

  const data = useMemo(() => {
    const tables = lines.map(({ t, values }) => [t, values] as unknown as uPlot.AlignedData);
    return uPlot.join(tables);
  }, [lines]);

  const zoom = useRef(onZoom);
  useEffect(() => {
    zoom.current = onZoom;
  }, [onZoom]);

  useEffect(() => {
    const element = host.current;
    if (!element) {
      return undefined;
    }
    const options = plotOptions({
      lines,
      x: [min, max],
      y,
      counts,
      bands,
      colors,
      formatX,
      width: element.clientWidth,
      height,
      ...(syncKey === undefined ? {} : { syncKey }),
      onCursor: setCursor,
      onZoom: (range) => zoom.current?.(range),
    });
    const made = new uPlot(options, data, element);
    plot.current = made;
    const resized = new ResizeObserver(() => {
      made.setSize({ width: element.clientWidth, height });
    });
    resized.observe(element);
    return () => {
      resized.disconnect();
      made.destroy();
      plot.current = null;
    };
  }, [lines, data, min, max, y, counts, bands, colors, formatX, height, syncKey]);

  const move = (event: KeyboardEvent): void => {
    const step = { ArrowLeft: -1, ArrowRight: 1, PageUp: -10, PageDown: 10 }[event.key];
    const made = plot.current;
    const times = data[0];
    if (step === undefined || !made || times.length === 0) {
      return;
    }
    event.preventDefault();
    const start = cursor ?? (step > 0 ? -1 : times.length);
    const next = Math.min(Math.max(start + step, 0), times.length - 1);
    const time = times[next];
    if (time !== undefined) {
      made.setCursor({ left: made.valToPos(time, 'x'), top: 10 });
    }
  };

  const at = cursor === null ? undefined : data[0][cursor];
  const shown = lines.map((line, index) => ({
    line,
    value:
      cursor === null
        ? (counts ? sumOf : meanOf)(line.values)
        : valueAt(data[index + 1] ?? [], cursor),
  }));
  const summary = shown.map(({ line, value }) => `${line.label} ${formatY(value)}`).join(', ');
  const usual = counts ? t.inAll : t.mean;
  const when = at === undefined ? (counts ? t.inAll : t.onAverage) : t.at(formatX(at));
  const isEmpty = lines.every(({ values }) => values.every((value) => value === null));

  return (
    <figure className="q-plot" data-testid={testId} aria-labelledby={titleId}>
      <figcaption className="q-plot__head">
        <span className="q-plot__title" id={titleId}>
          {title}
          {hint !== undefined && <span className="q-plot__hint"> {hint}</span>}
        </span>
        <span className="q-plot__legend">
          <span className="q-plot__when">{at === undefined ? usual : formatX(at)}</span>
          {shown.map(({ line, value }) => (
            <span key={line.label} className="q-plot__key" data-color={line.color}>
              <span className="q-plot__swatch" data-dashed={line.dashed === true} />
              {line.label} <b>{formatY(value)}</b>
            </span>
          ))}
        </span>
      </figcaption>
      <div
        className="q-plot__canvas"
        ref={host}
        role="img"
        tabIndex={0}
        aria-label={t.label(title, when, summary)}
        style={{ height }}
        onKeyDown={move}
      >
        {isEmpty && <p className="q-plot__empty">{t.empty}</p>}
      </div>
    </figure>
  );
}
