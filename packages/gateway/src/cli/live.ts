import type { LiveCalls, LiveSessions } from '@offhook/protocol';
import { Command } from 'commander';
import { askGateway } from '../control/control-client.ts';
import type { LivePhones, SignedOut } from '../control/operations.ts';
import { configFromOptions, withDataOptions } from './options.ts';
import type { ConfigOptions } from './options.ts';
import { describeLive, describeSessions, describeSignedOut } from './report-text.ts';

type Options = ConfigOptions & { readonly json?: true };

/** Who is signed in to the running gateway. */
export function sessionsCommand(): Command {
  const command = new Command('sessions').description('who is signed in to the running gateway');
  withDataOptions(command.command('list', { isDefault: true }))
    .description(
      'list the sessions (user, address, since when, client, calls) and registered phones',
    )
    .option('--json', 'as JSON')
    .action(async (options: Options) => {
      const told = await ask<LiveSessions>(options, 'GET', '/sessions');
      const { registrations } = await ask<LivePhones>(options, 'GET', '/phones');
      const all = { ...told, phones: registrations };
      console.log(options.json === true ? JSON.stringify(all, null, 2) : describeSessions(all));
    });
  withDataOptions(command.command('end <user>'))
    .description(
      'end all sessions of a user and sign his phones out, with all calls; he may sign in again',
    )
    .action(async (user: string, options: Options) => {
      const path = `/sessions/${encodeURIComponent(user)}`;
      console.log(describeSignedOut(user, await ask<SignedOut>(options, 'DELETE', path)));
    });
  return command;
}

/** The calls of the running gateway. */
export function callsCommand(): Command {
  const command = new Command('calls').description('the calls of the running gateway');
  withDataOptions(command.command('list', { isDefault: true }))
    .description('list the calls that are on')
    .option('--json', 'as JSON')
    .action(async (options: Options) => {
      const told = await ask<LiveCalls>(options, 'GET', '/calls');
      console.log(options.json === true ? JSON.stringify(told, null, 2) : describeLive(told));
    });
  withDataOptions(command.command('end <call>'))
    .description('end a call, by its id in the list')
    .action(async (call: string, options: Options) => {
      await ask(options, 'DELETE', `/calls/${encodeURIComponent(call)}`);
      console.log(`Ended ${call}`);
    });
  return command;
}

function ask<T>(options: Options, method: 'GET' | 'DELETE', path: string): Promise<T> {
  return askGateway<T>(configFromOptions(options).dataDir, method, path);
}
