import { PostgresTables } from '../auth/postgres-tables.ts';
import type { Config } from '../config.ts';
import { isLocal, parsePostgresUrl } from '../postgres/address.ts';
import { StoreError } from '../sqlite/database.ts';
import { fail, ok, reasonOf, warn } from './finding.ts';
import type { Finding } from './finding.ts';

/** Whether the users in PostgreSQL can be asked for, and who could listen. Changes nothing. */
export async function checkPostgres({ database, auth }: Config): Promise<Finding[]> {
  if (database === undefined) {
    return [];
  }
  const where = parsePostgresUrl(database.url);
  const listened =
    where !== null && !isLocal(where) && database.tls === false
      ? [
          warn(
            'postgres',
            'hashes of passwords go to it in the clear (database.tls is false)',
            'leave database.tls out, and name the CA in database.ca where it is your own',
          ),
        ]
      : [];
  try {
    const accounts = await PostgresTables.open(database, 'require');
    try {
      const count = (await accounts.users.list()).length;
      const { secrets, publicKeys, jwksUrl } = auth.jwt;
      const tokens = secrets.length > 0 || publicKeys.length > 0 || jwksUrl !== undefined;
      const users =
        count === 0 && !tokens
          ? warn('users', 'nobody can sign in yet', 'offhook user add <name>')
          : ok('users', `${String(count)} in ${database.url}`);
      return [users, ...listened];
    } finally {
      await accounts.close();
    }
  } catch (error) {
    if (error instanceof StoreError && error.code === 'older') {
      return [warn('postgres', error.message, 'offhook migrate'), ...listened];
    }
    const message = error instanceof StoreError ? error.message : reasonOf(error);
    return [
      fail('postgres', message, 'check database.url, database.password, database.tls, database.ca'),
      ...listened,
    ];
  }
}
