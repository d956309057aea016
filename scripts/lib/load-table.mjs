import { limits } from '../limits.mjs';

const STAGES = [
  ['start', 'at start'],
  ['call', 'with a call'],
  ['report', 'with its report'],
];

const told = ({ files, bytes }) => `${(bytes / 1000).toFixed(1)} kB in ${files}`;

/** @param {{ sdk: string, bundler: string, load: import('../../bench/lib/page-load.ts').PageLoad }[]} rows */
export function printLoads(rows) {
  const line = (...cells) => console.log(cells.map((cell) => cell.padEnd(18)).join(''));
  line('minified, gzip', '', ...STAGES.map(([, title]) => title));
  for (const { sdk, bundler, load } of rows) {
    line(sdk, bundler, ...STAGES.map(([stage]) => told(load[stage])));
  }
  line('limit', '', ...STAGES.map(([stage]) => told(limits.load[stage])));
}

/** What is over its limit, as sentences. @param {Parameters<typeof printLoads>[0]} rows */
export const overLoad = (rows) =>
  rows.flatMap(({ bundler, load }) =>
    STAGES.filter(
      ([stage]) =>
        load[stage].bytes > limits.load[stage].bytes ||
        load[stage].files > limits.load[stage].files,
    ).map(([stage, title]) => `${bundler}, ${title}: ${told(load[stage])} is over the limit.`),
  );
