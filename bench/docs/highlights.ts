import { judge, percentile } from '../lib/measure.ts';
import type { Measure } from '../lib/measure.ts';
import type { Results } from '../lib/results.ts';
import { show } from '../lib/table.ts';

/** The rows of the README's table: what it says, and the measure it says it of. */
const ROWS: readonly (readonly [what: string, id: string])[] = [
  ['loaded at start, gzip', 'bundle.start'],
  ['loaded with a call', 'bundle.call'],
  ['loaded with a call and its report', 'bundle.report'],
  ['`connect()` → ready', 'connect.ready'],
  ['`newCall()` → heard at the far end, as it comes', 'set-up.default.sound'],
  ['the same, with a STUN server that does not answer', 'set-up.default-silent.sound'],
  ['socket lost in a call → ready again', 'recovery.reset'],
  ['main thread, a minute of a call', 'in-call.reports.cpu'],
];

/** A few lines for the README: every figure in it comes from the bench. */
export function highlights(
  measures: ReadonlyMap<string, Measure>,
  { machine, reference, rows }: Results,
): string {
  const lines = [
    `| | Offhook | @telnyx/webrtc ${reference} | |`,
    '| --- | --- | --- | --- |',
    ...ROWS.flatMap(([what, id]) => {
      const measure = measures.get(id);
      if (!measure) {
        return [];
      }
      const [ours, theirs] = ['offhook', 'reference'].map((name) =>
        percentile(measure.samples[name] ?? [], 0.5),
      ) as [number, number];
      const { unit } = measure;
      return `| ${what} | ${show(ours)} ${unit} | ${show(theirs)} ${unit} | ${show(ours / theirs)} × |`;
    }),
  ];
  const value = (id: string): string => {
    const measure = measures.get(id);
    return measure ? show(percentile(measure.samples['offhook'] ?? [], 0.5)) : '-';
  };
  const goals = rows
    .flatMap((row) => row.measures)
    .flatMap((measure) => (measure.goals ?? []).map((goal) => judge(measure, goal)?.met === true));
  return [
    ...lines,
    '',
    `The gateway, on one core: ${value('sign-ins.per-second')} sign-ins a second, ${value('gateway-calls.per-second')} calls a second (signalling alone), ${value('media.capacity')} calls at once with audio, ${value('idle.memory')} KiB for an idle client.`,
    '',
    `Medians of \`npm run bench\` on ${machine.cores} cores of ${machine.cpu}; ${goals.filter(Boolean).length} of ${goals.length} goals are met. [All of it](docs/performance.md), with what the floor is and where the time goes.`,
  ].join('\n');
}
