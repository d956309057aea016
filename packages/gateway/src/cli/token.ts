import { resolve } from 'node:path';
import { Command } from 'commander';
import { readDialling } from '../auth/dialling-claim.ts';
import { loadLocalKey, mintToken } from '../auth/local-key.ts';
import type { DiallingGrant } from '../calls/dialling-grant.ts';
import { parseDuration } from './duration.ts';
import { CliError } from './errors.ts';
import { configFromOptions, withDataOptions } from './options.ts';
import { withTables } from './users-store.ts';

const MAX_TTL_SECONDS = 365 * 86_400;

type TokenOptions = {
  readonly ttl: number;
  readonly routes?: string;
  readonly callerIds?: string;
  readonly callsAtOnce?: number;
  readonly minutesADay?: number;
};

/** What the token is to say of calls outside; undefined: nothing. @throws {CliError} */
function diallingOf(options: TokenOptions): DiallingGrant | undefined {
  const { routes, callerIds, callsAtOnce, minutesADay } = options;
  const list = (text: string): string[] => text.split(',').map((each) => each.trim());
  const claim = {
    ...(routes === undefined ? {} : { routes: list(routes) }),
    ...(callerIds === undefined ? {} : { callerIds: list(callerIds) }),
    ...(callsAtOnce === undefined ? {} : { callsAtOnce }),
    ...(minutesADay === undefined ? {} : { minutesADay }),
  };
  if (Object.keys(claim).length === 0) {
    return undefined;
  }
  const said = readDialling(claim);
  if (said.ok) {
    return said.dialling;
  }
  throw new CliError(
    'routes and caller ids are lists of numbers such as +49,+4930123; calls and minutes are whole numbers from 1',
  );
}

export function tokenCommand(): Command {
  return withDataOptions(new Command('token'))
    .argument('<user>')
    .description('print a login token (login_token) for a user of this gateway')
    .option('--ttl <time>', 'how long it is valid: 90s, 10m, 12h, 30d', parseDuration, 3600)
    .option('--routes <list>', 'beginnings of numbers that it may dial outside: +49,+43')
    .option('--caller-ids <list>', 'numbers that it may show, the usual one first')
    .option('--calls-at-once <number>', 'calls outside at once', Number)
    .option('--minutes-a-day <number>', 'minutes outside a day', Number)
    .action(async (user: string, options: TokenOptions) => {
      const config = configFromOptions(options);
      const dialling = diallingOf(options);
      if (options.ttl > MAX_TTL_SECONDS) {
        throw new CliError('A token is valid for a year at most');
      }
      await withTables(config, 'refuse', async ({ users }) => {
        if ((await users.get(user)) === null) {
          const place = config.database?.url ?? `the data folder ${resolve(config.dataDir)}`;
          throw new CliError(
            `There is no user ${user} in ${place}; add it first: offhook user add ${user}`,
          );
        }
      });
      const key = loadLocalKey(config.dataDir);
      console.log(await mintToken(key, user, options.ttl, Date.now(), { dialling }));
    });
}
