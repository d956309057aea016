import { createWriteStream, existsSync } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { Command, InvalidArgumentError, Option } from 'commander';
import { EXPORT_FORMATS, exportCalls } from '../reports/export.ts';
import type { ExportFormat } from '../reports/export.ts';
import { reportsPath } from '../reports/sqlite/schema.ts';
import { SqliteReports } from '../reports/sqlite/store.ts';
import { CALL_SORTS } from '../reports/store.ts';
import type { CallQuery } from '../reports/store.ts';
import { parseDuration } from './duration.ts';
import { CliError } from './errors.ts';
import { configFromOptions, withDataOptions } from './options.ts';
import { describeCall, describeCalls } from './report-text.ts';
import { nothingIn } from './users-store.ts';

interface FilterOptions {
  readonly from?: number;
  readonly to?: number;
  readonly user?: string;
  readonly number?: string;
  readonly cause?: string;
  readonly mosFrom?: number;
  readonly mosBelow?: number;
  readonly browser?: string;
  readonly sdkVersion?: string;
  readonly reported?: boolean;
}

interface ListOptions extends FilterOptions {
  readonly sort: NonNullable<CallQuery['sort']>;
  readonly order: 'asc' | 'desc';
  readonly limit: number;
  readonly offset: number;
  readonly json?: true;
}

interface ExportOptions extends FilterOptions {
  readonly format: ExportFormat;
  readonly out?: string;
}

export function reportsCommand(): Command {
  const command = new Command('reports').description('calls and their quality');

  withFilters(withDataOptions(command.command('list')))
    .description('list calls, the newest first; measurements are those of the worse end')
    .addOption(new Option('--sort <by>', 'what to sort by').choices(CALL_SORTS).default('time'))
    .addOption(new Option('--order <order>').choices(['asc', 'desc']).default('desc'))
    .option('--limit <number>', 'how many, at most 1000', parseCount, 50)
    .option('--offset <number>', 'how many to leave out', parseCount, 0)
    .option('--json', 'as JSON')
    .action(async (options: ListOptions) => {
      await withReports(options, (reports) => {
        const { sort, order, limit, offset } = options;
        const page = reports.list({ ...filterOf(options), sort, order, limit, offset });
        console.log(options.json === true ? JSON.stringify(page, null, 2) : describeCalls(page));
      });
    });

  withDataOptions(command.command('show <call>'))
    .description("one call, by the gateway's id of it or a client's")
    .option('--json', 'everything there is, as JSON')
    .action(async (id: string, options: { readonly json?: true }) => {
      await withReports(options, (reports) => {
        const detail = reports.find(id);
        if (detail === null) {
          throw new CliError(`There is no call ${id}`);
        }
        console.log(options.json === true ? JSON.stringify(detail, null, 2) : describeCall(detail));
      });
    });

  withFilters(withDataOptions(command.command('export')))
    .description('write calls with their measurements, the oldest first')
    .addOption(new Option('--format <format>').choices(EXPORT_FORMATS).default('csv'))
    .option('--out <file>', 'where to; readable by its owner only (default: standard output)')
    .action(async (options: ExportOptions) => {
      await withReports(options, (reports) => {
        const list = (query: CallQuery) => reports.list(query);
        return write(exportCalls(list, filterOf(options), options.format), options.out);
      });
    });

  return command;
}

function withFilters(command: Command): Command {
  return command
    .option(
      '--from <time>',
      'started at or after, as 2027-01-31, 2027-01-31T09:00Z or 24h (ago)',
      parseTime,
    )
    .option('--to <time>', 'started before', parseTime)
    .option('--user <name>', 'with this user at either end')
    .option('--number <part>', "part of the number dialled or of the caller's")
    .option('--cause <name>', 'ended so, for example NORMAL_CLEARING')
    .option('--mos-from <mos>', 'mean opinion score of the worse end at least this', parseMos)
    .option('--mos-below <mos>', 'mean opinion score of the worse end below this', parseMos)
    .option('--browser <name>', 'for example Firefox, or "Firefox 130"')
    .option('--sdk-version <version>', 'for example 2.27.10')
    .option('--reported', 'with a report of at least one end')
    .option('--no-reported', 'without any report');
}

function filterOf(options: FilterOptions): CallQuery {
  const { from, to, user, number, cause, mosFrom, mosBelow, browser, sdkVersion, reported } =
    options;
  return {
    ...(from === undefined ? {} : { from }),
    ...(to === undefined ? {} : { to }),
    ...(user === undefined ? {} : { user }),
    ...(number === undefined ? {} : { number }),
    ...(cause === undefined ? {} : { cause }),
    ...(mosFrom === undefined ? {} : { mosFrom }),
    ...(mosBelow === undefined ? {} : { mosTo: mosBelow }),
    ...(browser === undefined ? {} : { browser }),
    ...(sdkVersion === undefined ? {} : { sdkVersion }),
    ...(reported === undefined ? {} : { reported }),
  };
}

async function write(pieces: AsyncIterable<string>, path: string | undefined): Promise<void> {
  if (path !== undefined) {
    await pipeline(Readable.from(pieces), createWriteStream(path, { mode: 0o600 }));
    return;
  }
  try {
    await pipeline(Readable.from(pieces), process.stdout, { end: false });
  } catch (error) {
    // Whoever read it, such as `head`, has enough.
    if ((error as NodeJS.ErrnoException).code !== 'EPIPE') {
      throw error;
    }
  }
}

/** Reads beside a gateway that runs. */
async function withReports(
  options: object,
  work: (reports: SqliteReports) => Promise<void> | void,
): Promise<void> {
  const { dataDir, reports: limits } = configFromOptions(
    options as Parameters<typeof configFromOptions>[0],
  );
  if (!existsSync(reportsPath(dataDir))) {
    throw new CliError(nothingIn(dataDir, 'reports'));
  }
  const reports = new SqliteReports({ dataDir, ...limits, schema: 'require' });
  try {
    await work(reports);
  } finally {
    reports.close();
  }
}

function parseTime(text: string): number {
  const time = /^\d+[smhd]$/.test(text)
    ? Date.now() - parseDuration(text) * 1000
    : Date.parse(text);
  if (Number.isNaN(time)) {
    throw new InvalidArgumentError('give it as 2027-01-31, with a time, or as 24h');
  }
  return time;
}

function parseMos(text: string): number {
  const mos = Number(text);
  if (!(mos >= 1 && mos <= 5)) {
    throw new InvalidArgumentError('a mean opinion score is 1 to 5');
  }
  return mos;
}

function parseCount(text: string): number {
  const count = Number(text);
  if (!Number.isSafeInteger(count) || count < 0) {
    throw new InvalidArgumentError('give a whole number');
  }
  return count;
}
