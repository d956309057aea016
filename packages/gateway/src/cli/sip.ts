import type { TrunkHealth } from '@offhook/protocol';
import { Command } from 'commander';
import { pino } from 'pino';
import { systemClock } from '../clock.ts';
import type { Config } from '../config.ts';
import { normalizeNumber, routesOf } from '../sip/numbers.ts';
import { Permissions } from '../sip/permissions.ts';
import { probeTrunks } from '../sip/probe.ts';
import { CliError } from './errors.ts';
import { configFromOptions, withConfigOptions } from './options.ts';
import { kamailioCommand } from './sip-kamailio.ts';

type Sip = NonNullable<Config['sip']>;

export function sipCommand(): Command {
  return new Command('sip')
    .description(
      'the telephone network: where numbers lead, whether trunks answer, Kamailio in front',
    )
    .addCommand(kamailioCommand())
    .addCommand(routeCommand())
    .addCommand(statusCommand());
}

function sipOf(config: Config): Sip {
  if (config.sip) {
    return config.sip;
  }
  throw new CliError('There are no trunks: the configuration has no "sip" (docs/sip.md).');
}

function routeCommand(): Command {
  return withConfigOptions(new Command('route'))
    .description('where a dialled number would go, and why')
    .argument('<number>')
    .option('--user <name>', 'whether this user may call it')
    .action((dialled: string, options: { readonly user?: string }) => {
      const sip = sipOf(configFromOptions(options));
      for (const line of explainRoute(sip, dialled, options.user)) {
        console.log(line);
      }
    });
}

/** Line by line; for the command and its test. */
export function explainRoute(sip: Sip, dialled: string, user: string | undefined): string[] {
  const number = normalizeNumber(dialled, sip.dialling, sip.emergency);
  if (number === null) {
    return [`${dialled} is no number`];
  }
  const lines = [`${dialled} is ${number}${sip.emergency.includes(number) ? ' (emergency)' : ''}`];
  const routes = routesOf(number, sip);
  if (routes.length === 0) {
    return [...lines, 'no route begins with it: cause 1, unallocated number'];
  }
  for (const { prefix, trunk, number: told } of routes) {
    const beginning = prefix === '' ? 'every number' : `numbers that begin with ${prefix}`;
    lines.push(`by trunk ${trunk.name} as ${told}, which has ${beginning}`);
  }
  if (user === undefined) {
    return lines;
  }
  const may = new Permissions(sip, Date.now).check(user, number, undefined);
  const shown = may.ok && may.callerId !== undefined ? `, shown as ${may.callerId}` : '';
  return [...lines, may.ok ? `${user} may call it${shown}` : `${user} may not: ${may.why}`];
}

function statusCommand(): Command {
  return withConfigOptions(new Command('status'))
    .description('asks each trunk whether it is there (OPTIONS, from a port of its own)')
    .action(async (options: Readonly<Record<string, unknown>>) => {
      const sip = sipOf(configFromOptions(options));
      const states = await probeTrunks(sip, systemClock, pino({ level: 'silent' }));
      for (const line of statusLines(states)) {
        console.log(line);
      }
      if (states.some(({ state }) => state !== 'up')) {
        process.exitCode = 1;
      }
    });
}

/** A table with a line a trunk; for the command and its test. */
export function statusLines(states: readonly TrunkHealth[]): string[] {
  const rows = states.map(({ name, state, server, rttMs, reason }) => [
    name,
    state,
    server ?? 'no server',
    rttMs === null ? (reason ?? '') : `answered in ${String(Math.max(1, Math.round(rttMs)))} ms`,
  ]);
  const table = [['TRUNK', 'STATE', 'SERVER', ''], ...rows];
  const widths = [0, 1, 2].map((column) =>
    Math.max(...table.map((row) => row[column]?.length ?? 0)),
  );
  return table.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}
