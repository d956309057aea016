import type { ApiKeyView, ApiScope } from '@offhook/protocol';
import { Command, InvalidArgumentError } from 'commander';
import { ApiKeyTable } from '../auth/api-key-table.ts';
import { API_SCOPES, ApiKeyError, ApiKeys, isApiScope } from '../auth/api-keys.ts';
import type { Store } from '../auth/store.ts';
import type { Config } from '../config.ts';
import { machineUser } from '../control/operator.ts';
import { parseDuration } from './duration.ts';
import { CliError } from './errors.ts';
import { noteCommand } from './note-command.ts';
import { configFromOptions, withDataOptions } from './options.ts';
import { nothingIn, tell, withStore } from './users-store.ts';

const DEFAULT_SECONDS = 90 * 86_400;
const MAX_SECONDS = 10 * 365 * 86_400;

type AddOptions = { readonly scopes: readonly ApiScope[]; readonly ttl: number | 'never' };

export function apiKeyCommand(): Command {
  const command = new Command('api-key').description('keys by which programs use /api');

  withDataOptions(command.command('add <name>'))
    .description('make a key; it is printed once')
    .requiredOption('--scopes <list>', `what it may do, of: ${API_SCOPES.join(',')}`, parseScopes)
    .option(
      '--ttl <time>',
      'how long it is valid: 12h, 30d, never (default: 90d)',
      parseLife,
      DEFAULT_SECONDS,
    )
    .action(async (name: string, options: AddOptions) => {
      const config = configOf(options);
      await withStore(config.dataDir, 'refuse', (store) => {
        const { scopes, ttl } = options;
        const expiresAt = ttl === 'never' ? null : Date.now() + ttl * 1000;
        const { key, view } = add(store, { name, scopes, createdBy: machineUser(), expiresAt });
        const detail = { name: view.name, scopes: view.scopes, expiresAt };
        noteCommand(store, config, 'key_added', view.prefix, detail);
        tell(`Made the key ${view.name}`, config.dataDir);
        console.log(key);
      });
    });

  withDataOptions(command.command('list'))
    .description('list the keys; what a key begins with tells which one it is')
    .option('--json', 'as JSON')
    .action(async (options: { readonly json?: true }) => {
      await withStore(configOf(options).dataDir, 'refuse', (store) => {
        const keys = keysOf(store).list();
        if (options.json === true) {
          console.log(JSON.stringify(keys, null, 2));
        } else {
          for (const key of keys) {
            console.log(describe(key, Date.now()));
          }
        }
      });
    });

  withDataOptions(command.command('remove <key>'))
    .description('remove a key, by what it begins with; it opens nothing from then on')
    .action(async (which: string, options: object) => {
      const config = configOf(options);
      await withStore(config.dataDir, 'refuse', (store) => {
        const removed = keysOf(store).remove(which);
        if (removed === null) {
          throw new CliError(`There is no key ${which}. ${nothingIn(config.dataDir, 'such keys')}`);
        }
        noteCommand(store, config, 'key_removed', removed.prefix, { name: removed.name });
        tell(`Removed ${removed.prefix} (${removed.name})`, config.dataDir);
      });
    });

  return command;
}

function configOf(options: object): Config {
  return configFromOptions(options as Parameters<typeof configFromOptions>[0]);
}

function keysOf(store: Store): ApiKeys {
  return new ApiKeys(new ApiKeyTable(() => store.database), Date.now);
}

/** @throws {CliError} */
function add(store: Store, wish: Parameters<ApiKeys['add']>[0]): ReturnType<ApiKeys['add']> {
  try {
    return keysOf(store).add(wish);
  } catch (error) {
    throw error instanceof ApiKeyError ? new CliError(error.message) : error;
  }
}

function parseScopes(text: string): readonly ApiScope[] {
  return text.split(',').map((each) => {
    const scope = each.trim();
    if (!isApiScope(scope)) {
      throw new InvalidArgumentError(`"${scope}" is no scope; they are ${API_SCOPES.join(', ')}`);
    }
    return scope;
  });
}

/** In seconds. */
function parseLife(text: string): number | 'never' {
  if (text === 'never') {
    return text;
  }
  const seconds = parseDuration(text);
  if (seconds > MAX_SECONDS) {
    throw new InvalidArgumentError('give ten years at most, or never');
  }
  return seconds;
}

function describe(key: ApiKeyView, now: number): string {
  const { prefix, name, scopes, expiresAt, usedAt } = key;
  const day = (at: number): string => new Date(at).toISOString().slice(0, 10);
  const life =
    expiresAt === null
      ? 'never expires'
      : `${expiresAt <= now ? 'expired' : 'expires'} ${day(expiresAt)}`;
  const use = usedAt === null ? 'never used' : `used ${day(usedAt)}`;
  return [prefix, name.padEnd(16), scopes.join(','), life, use].join('  ');
}
