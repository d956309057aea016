import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import * as prettier from 'prettier';
import type { Measure } from '../lib/measure.ts';
import type { Results } from '../lib/results.ts';
import { contestantsOf, figure, grown, ratios, verdict } from '../lib/table.ts';
import { bars, lines } from './plots.ts';
import { highlights } from './highlights.ts';

const at = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url));
const PAGE = 'docs/performance.md';
const IMAGES = 'docs/images/performance';

/** Plots of several measures side by side: file, title, ids. */
const BARS: readonly (readonly [file: string, title: string, ids: readonly string[]])[] = [
  ['size', 'What a page that calls loads', ['bundle.start', 'bundle.call', 'bundle.report']],
  ['connect', 'Connecting', ['connect.ready', 'connect.far']],
  [
    'set-up',
    'newCall() → first sound at the far ear',
    [
      'set-up.default.sound',
      'set-up.default-silent.sound',
      'set-up.trickle.sound',
      'set-up.whole.sound',
      'set-up.whole-silent.sound',
    ],
  ],
  [
    'inbound',
    'answer() → sound both ways',
    ['set-up.inbound.default', 'set-up.inbound.trickle', 'set-up.inbound.whole'],
  ],
  ['recovery', 'The signalling socket is lost in a call', ['recovery.reset', 'recovery.outage']],
  [
    'in-call',
    'Main thread in a minute of a call',
    ['in-call.reports.cpu', 'in-call.quiet.cpu', 'in-call.debug.cpu'],
  ],
  ['gateway', 'CPU of the gateway', ['sign-ins.cost', 'gateway-calls.cost']],
  ['media', 'CPU of a set-up with media', ['media.set-up']],
  ['trunk', 'A call by a trunk beside one between browsers', ['trunk.invite', 'trunk.cost']],
];
/** Plots of what grows: id and unit. */
const LINES: readonly (readonly [id: string, unit: string])[] = [
  ['connect.ready', 'ms together'],
  ['set-up.default.sound', 'ms together'],
  ['set-up.inbound.default', 'ms together'],
  ['in-call.reports.cpu', 'ms'],
  ['sign-ins.cost', 'ms CPU'],
  ['gateway-calls.cost', 'ms CPU'],
  ['idle.memory', 'bytes'],
  ['media.capacity', '% of a core'],
  ['media.workers', 'calls'],
  ['media.one-way', 'ms, p99'],
  ['memory.heap', 'KiB'],
];

/** Makes the page, its plots and the figures of the README from one run. */
export async function writeDocs(results: Results): Promise<void> {
  const measures = new Map(
    results.rows.flatMap((row) => row.measures.map((measure) => [measure.id, measure] as const)),
  );
  mkdirSync(at(IMAGES), { recursive: true });
  const plots = new Map<string, string>();
  for (const [file, title, ids] of BARS) {
    const found = ids.flatMap((id) => measures.get(id) ?? []);
    if (found.length === 0) {
      continue;
    }
    writeFileSync(at(`${IMAGES}/${file}.svg`), bars(title, found));
    for (const { id } of found) {
      plots.set(id, `${file}.svg`);
    }
  }
  for (const [id, unit] of LINES) {
    const measure = measures.get(id);
    if (!measure?.points) {
      continue;
    }
    const file = `${id.replace('.', '-')}-growth.svg`;
    writeFileSync(at(`${IMAGES}/${file}`), lines(measure, unit));
    plots.set(`${id} growth`, file);
  }
  await replaceBetween(PAGE, 'figures', page(results, plots));
  await replaceBetween('README.md', 'performance', highlights(measures, results));
}

function page({ at: day, machine, reference, rows }: Results, plots: Map<string, string>): string {
  const { cores, cpu, memoryGiB, node, browser, kernel } = machine;
  const content = [
    `Measured ${day} on ${cores} cores of ${cpu}, ${memoryGiB} GiB, ${kernel}; Node ${node}, ${browser}, @telnyx/webrtc ${reference}.`,
    '',
  ];
  for (const { title, measures, load, seconds, at: date } of rows) {
    content.push(`### ${title}`, '');
    content.push(...table(measures), '');
    const shown = new Set<string>();
    for (const { id } of measures) {
      for (const file of [plots.get(id), plots.get(`${id} growth`)]) {
        if (file === undefined || shown.has(file)) {
          continue;
        }
        shown.add(file);
        content.push(`![${title}](images/performance/${file})`, '');
      }
    }
    const notes = measures.flatMap((measure) => [
      ...(measure.note ? [`- ${measure.title}: ${measure.note}`] : []),
      ...[grown(measure)].flatMap((more) => (more ? [`- ${measure.title}, growth ${more}.`] : [])),
    ]);
    content.push(...notes, ...(notes.length > 0 ? [''] : []));
    content.push(
      `Measured ${date}; took ${seconds.toFixed(0)} s; load of the machine before it: ${load.toFixed(1)}.`,
      '',
    );
  }
  return content.join('\n');
}

/** Every contestant that a measure of the row has gets a column. */
function table(measures: readonly Measure[]): string[] {
  const columns = [...new Set(measures.flatMap(contestantsOf))];
  const head = ['what', ...columns, 'ratio', 'goal'];
  const cells = measures.map((measure) => {
    const unit = measure.unit === '' ? '' : `, ${measure.unit}`;
    return [
      `${measure.title}${unit}`,
      ...columns.map((name) => {
        const samples = measure.samples[name] ?? [];
        return samples.length === 0 ? '' : figure(samples);
      }),
      ratios(measure),
      (measure.goals ?? []).map((goal) => verdict(measure, goal)).join('<br>'),
    ];
  });
  return [head, head.map(() => '---'), ...cells].map(
    (row) => `| ${row.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`,
  );
}

/** What a person wrote around the figures stays. */
async function replaceBetween(path: string, name: string, content: string): Promise<void> {
  const text = readFileSync(at(path), 'utf8');
  const [begin, end] = [`<!-- ${name}: made by npm run bench -->`, `<!-- /${name} -->`];
  const from = text.indexOf(begin);
  const to = text.indexOf(end);
  if (from < 0 || to < from) {
    throw new Error(`${path} has no place for ${name}: ${begin} ${end}`);
  }
  const made = `${text.slice(0, from + begin.length)}\n\n${content}\n\n${text.slice(to)}`;
  const options = await prettier.resolveConfig(at(path));
  writeFileSync(at(path), await prettier.format(made, { ...options, filepath: at(path) }));
}
