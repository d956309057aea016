import { resolve } from 'node:path';
import { Command } from 'commander';
import { loadLocalKey, mintToken } from '../auth/local-key.ts';
import { parseDuration } from './duration.ts';
import { CliError } from './errors.ts';
import { configFromOptions, withDataOptions } from './options.ts';
import { withUsers } from './users-store.ts';

const MAX_TTL_SECONDS = 365 * 86_400;

export function tokenCommand(): Command {
  return withDataOptions(new Command('token'))
    .argument('<user>')
    .description('print a login token (login_token) for a user of this gateway')
    .option('--ttl <time>', 'how long it is valid: 90s, 10m, 12h, 30d', parseDuration, 3600)
    .action(async (user: string, options: { readonly ttl: number }) => {
      const config = configFromOptions(options);
      if (options.ttl > MAX_TTL_SECONDS) throw new CliError('A token is valid for a year at most');
      await withUsers(config.dataDir, 'refuse', (users) => {
        if (users.get(user) === null) {
          throw new CliError(
            `There is no user ${user} in the data folder ${resolve(config.dataDir)}; add it first: offhook user add ${user}`,
          );
        }
      });
      console.log(await mintToken(loadLocalKey(config.dataDir), user, options.ttl, Date.now()));
    });
}
