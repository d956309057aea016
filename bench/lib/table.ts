import { growth, judge, percentile } from './measure.ts';
import type { Goal, Measure } from './measure.ts';

/** Order and names of columns; what is in no measure is left out. */
const CONTESTANTS = [
  'offhook',
  'reference',
  'bare',
  'bare sign-in',
  'engine',
  'werift',
  'direct',
  'one thread',
];

export const show = (value: number): string => {
  if (Number.isNaN(value)) {
    return '-';
  }
  if (value === 0) {
    return '0';
  }
  const size = Math.abs(value);
  return size >= 100 ? value.toFixed(0) : size >= 10 ? value.toFixed(1) : value.toFixed(2);
};

export const contestantsOf = ({ samples }: Measure): string[] =>
  CONTESTANTS.filter((name) => (samples[name]?.length ?? 0) > 0);

/** `78.1 (p95 99.3)`, or the one figure where there is only one. */
export function figure(samples: readonly number[]): string {
  const text = show(percentile(samples, 0.5));
  return samples.length < 3 ? text : `${text} (p95 ${show(percentile(samples, 0.95))})`;
}

/** `0.95 × reference` */
export function ratios(measure: Measure): string {
  const own = percentile(measure.samples['offhook'] ?? [], 0.5);
  return contestantsOf(measure)
    .filter((name) => name !== 'offhook')
    .flatMap((name) => {
      const ratio = own / percentile(measure.samples[name] ?? [], 0.5);
      return Number.isFinite(ratio) ? [`${show(ratio)} × ${name}`] : [];
    })
    .join(', ');
}

/** `≤ 20 ms: 8.1, met` */
export function verdict(measure: Measure, goal: Goal): string {
  const judged = judge(measure, goal);
  if (!judged) {
    return `${goal.text}: not measured`;
  }
  const value = goal.against === undefined ? '' : ` × ${goal.against}`;
  return `${goal.text}: ${show(judged.value)}${value}, ${judged.met ? 'met' : '**missed**'}`;
}

/** `from 1000 to 10000 sockets: one more costs 1.02 × one of the first, linear` */
export function grown(measure: Measure): string | null {
  const found = measure.linear === true ? growth(measure.points?.['offhook']) : null;
  if (found === null) {
    return null;
  }
  const { from, to, factor } = found;
  const verdict =
    factor <= 0.9 ? 'better than linear' : factor <= 1.1 ? 'linear' : '**more than linear**';
  return `from ${String(from)} to ${String(to)} ${measure.xTitle ?? ''}: one more costs ${show(factor)} × one of the first, ${verdict}`;
}

/** One measure for the terminal. */
export function printed(measure: Measure): string {
  const unit = measure.unit === '' ? '' : ` ${measure.unit}`;
  const lines = [
    `  ${measure.title}`,
    ...contestantsOf(measure).map(
      (name) => `      ${name.padEnd(13)} ${figure(measure.samples[name] ?? [])}${unit}`,
    ),
  ];
  const compared = ratios(measure);
  if (compared !== '') {
    lines.push(`      ratio         ${compared}`);
  }
  for (const goal of measure.goals ?? []) {
    lines.push(`      goal          ${verdict(measure, goal).replaceAll('**', '')}`);
  }
  const more = grown(measure);
  if (more !== null) {
    lines.push(`      growth        ${more.replaceAll('**', '')}`);
  }
  return lines.join('\n');
}
