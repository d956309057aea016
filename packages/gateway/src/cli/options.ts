import type { Command } from 'commander';
import { InvalidArgumentError } from 'commander';
import { loadConfig } from '../config.ts';
import type { Config } from '../config.ts';
import { settingAt } from '../config/settings.ts';

/** Flags with a name of their own; `--set` reaches every other setting. */
const SHORTCUTS: readonly (readonly [flag: string, path: string])[] = [
  ['--host <address>', 'host'],
  ['--port <number>', 'port'],
  ['--public-url <url>', 'publicUrl'],
  ['--public-address <list>', 'media.publicAddress'],
  ['--log-level <level>', 'log.level'],
];

export interface ConfigOptions {
  readonly config?: string;
  readonly dataDir?: string;
  readonly set?: readonly { readonly path: string; readonly text: string }[];
  readonly [name: string]: unknown;
}

/** Options by which a command finds the configuration and the data folder. */
export function withDataOptions(command: Command): Command {
  return command
    .option('-c, --config <file>', 'JSON configuration file (or OFFHOOK_CONFIG)')
    .option('--data-dir <folder>', settingAt('dataDir')?.doc)
    .option(
      '--set <path=value>',
      'any setting, for example media.portMin=30000; repeatable',
      collect,
      [],
    );
}

/** The same and the shortcuts of `serve`. */
export function withConfigOptions(command: Command): Command {
  withDataOptions(command);
  for (const [flag, path] of SHORTCUTS) {
    command.option(flag, settingAt(path)?.doc);
  }
  return command;
}

/** @throws {ConfigError} */
export function configFromOptions(
  options: ConfigOptions,
  extra: readonly { readonly path: string; readonly text: string; readonly flag: string }[] = [],
): Config {
  const flags = [...extra];
  if (options.dataDir !== undefined) {
    flags.push({ path: 'dataDir', text: options.dataDir, flag: '--data-dir' });
  }
  for (const [usage, path] of SHORTCUTS) {
    const flag = usage.split(' ')[0] ?? '';
    const value = options[camelCase(flag)];
    if (typeof value === 'string') {
      flags.push({ path, text: value, flag });
    }
  }
  for (const { path, text } of options.set ?? []) {
    flags.push({ path, text, flag: `--set ${path}` });
  }
  return loadConfig({
    environment: process.env,
    flags,
    ...(options.config === undefined ? {} : { file: options.config }),
  });
}

function collect(
  text: string,
  previous: readonly { readonly path: string; readonly text: string }[],
): { path: string; text: string }[] {
  const at = text.indexOf('=');
  if (at < 1) {
    throw new InvalidArgumentError('give it as path=value');
  }
  return [...previous, { path: text.slice(0, at), text: text.slice(at + 1) }];
}

function camelCase(flag: string): string {
  return flag
    .replace(/^--/, '')
    .replaceAll(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
}
