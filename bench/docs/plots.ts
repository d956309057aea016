import { percentile } from '../lib/measure.ts';
import type { Measure } from '../lib/measure.ts';
import { contestantsOf, show } from '../lib/table.ts';

/** SVG by hand: bars and lines are all there is, and a file that a reader of the source can read. */

const WIDTH = 720;
const FONT = 'font-family="system-ui, sans-serif" font-size="12"';
const COLOURS: Readonly<Record<string, string>> = {
  offhook: '#2563eb',
  reference: '#d97706',
  bare: '#6b7280',
  engine: '#6b7280',
  werift: '#a8a29e',
  direct: '#a3a3a3',
  'bare sign-in': '#a8a29e',
  'one thread': '#6b7280',
};
const colour = (name: string): string => COLOURS[name] ?? '#000000';

const text = (x: number, y: number, content: string, more = ''): string =>
  `<text x="${num(x)}" y="${num(y)}" ${more}>${escape(content)}</text>`;
const num = (value: number): string => String(Math.round(value * 10) / 10);
const escape = (content: string): string =>
  content.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

function svg(height: number, title: string, content: readonly string[]): string {
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${num(height)}" role="img" aria-label="${escape(title)}" ${FONT} fill="#374151">`,
    `<rect width="${WIDTH}" height="${num(height)}" fill="#ffffff"/>`,
    text(16, 22, title, 'font-size="14" font-weight="600" fill="#111827"'),
    ...content,
    '</svg>',
    '',
  ].join('\n');
}

/** Medians as bars, each sample as a dot, the measures below each other on one scale. */
export function bars(title: string, measures: readonly Measure[]): string {
  const left = 300;
  const right = WIDTH - 70;
  const most = Math.max(
    ...measures.flatMap((measure) =>
      contestantsOf(measure).map((name) => percentile(measure.samples[name] ?? [], 0.95)),
    ),
  );
  const at = (value: number): number => left + ((right - left) * Math.min(value, most)) / most;
  const content: string[] = [];
  let y = 40;
  for (const measure of measures) {
    const names = contestantsOf(measure);
    const lines = wrap(measure.title, 44);
    lines.forEach((line, index) => content.push(text(16, y + 12 + index * 14, line)));
    for (const [index, name] of names.entries()) {
      const samples = measure.samples[name] ?? [];
      const middle = percentile(samples, 0.5);
      const top = y + index * 16;
      content.push(
        `<rect x="${left}" y="${num(top + 2)}" width="${num(Math.max(1, at(middle) - left))}" height="12" fill="${colour(name)}" fill-opacity="0.85"><title>${escape(name)}</title></rect>`,
        text(at(middle) + 6, top + 12, `${show(middle)} ${measure.unit}`),
        ...thin(samples).map(
          (value) =>
            `<circle cx="${num(at(value))}" cy="${num(top + 8)}" r="1.5" fill="#111827" fill-opacity="0.35"/>`,
        ),
      );
    }
    y += Math.max(names.length * 16, lines.length * 14) + 14;
  }
  const names = [...new Set(measures.flatMap(contestantsOf))];
  content.push(legend(names, y + 4));
  return svg(y + 24, title, content);
}

/** What grows, over what it grows with; both scales begin at 0. */
export function lines(measure: Measure, unit: string): string {
  const [left, right, top, bottom] = [70, WIDTH - 40, 44, 230];
  const all = Object.values(measure.points ?? {}).flat();
  const mostX = Math.max(...all.map(([x]) => x));
  const mostY = Math.max(...all.map(([, y]) => y), 1e-9);
  const x = (value: number): number => left + ((right - left) * value) / mostX;
  const y = (value: number): number => bottom - ((bottom - top) * Math.max(0, value)) / mostY;
  const content = [
    `<path d="M${left} ${top}V${bottom}H${right}" fill="none" stroke="#9ca3af"/>`,
    ...[0, 0.5, 1].map((share) =>
      text(left - 8, y(mostY * share) + 4, show(mostY * share), 'text-anchor="end"'),
    ),
    text(left - 8, top - 8, unit, 'text-anchor="end"'),
    ...[...new Set(all.map(([value]) => value))].map((value) =>
      text(x(value), bottom + 16, show(value), 'text-anchor="middle"'),
    ),
    text(right, bottom + 32, measure.xTitle ?? '', 'text-anchor="end"'),
  ];
  for (const [name, points] of Object.entries(measure.points ?? {})) {
    const path = [[0, 0] as const, ...points].map(([px, py]) => `${num(x(px))} ${num(y(py))}`);
    content.push(
      `<path d="M${path.join('L')}" fill="none" stroke="${colour(name)}" stroke-width="2"/>`,
      ...points.map(
        ([px, py]) =>
          `<circle cx="${num(x(px))}" cy="${num(y(py))}" r="3" fill="${colour(name)}"/>`,
      ),
    );
  }
  content.push(legend(Object.keys(measure.points ?? {}), bottom + 32));
  return svg(bottom + 48, measure.title, content);
}

function legend(names: readonly string[], y: number): string {
  return names
    .map(
      (name, index) =>
        `<rect x="${16 + index * 110}" y="${num(y)}" width="10" height="10" fill="${colour(name)}"/>${text(32 + index * 110, y + 9, name)}`,
    )
    .join('');
}

function wrap(content: string, width: number): string[] {
  const lines = [''];
  for (const word of content.split(' ')) {
    const line = lines.at(-1) ?? '';
    if (line.length + word.length < width) {
      lines[lines.length - 1] = `${line} ${word}`.trim();
    } else {
      lines.push(word);
    }
  }
  return lines;
}

/** So many dots are seen. */
function thin(samples: readonly number[], most = 40): number[] {
  const step = Math.max(1, Math.ceil(samples.length / most));
  return samples.toSorted((a, b) => a - b).filter((_, index) => index % step === 0);
}
