import { Command } from 'commander';
import type { Config } from '../config.ts';
import { noteCommand } from './note-command.ts';
import { configFromOptions, withDataOptions } from './options.ts';
import { choosePassword } from './password.ts';
import { tellOfAccounts, withAccounts, withTables } from './users-store.ts';

interface AddOptions {
  readonly displayName?: string;
  readonly admin?: true;
  readonly ringback?: true;
  readonly generate?: true;
}

export function userCommand(): Command {
  const command = new Command('user').description('the users of this gateway');

  withDataOptions(command.command('add <name>'))
    .description('add a user; the password is asked for, or read from standard input')
    .option('--display-name <text>', 'the name shown to others (default: the user name)')
    .option('--admin', 'may use the administration pages')
    .option('--ringback', 'callers of other users hear a ring tone from the gateway while it rings')
    .option('--generate', 'make a random password and print it')
    .action(async (name: string, options: AddOptions) => {
      const config = configOf(options);
      await withAccounts(config, 'make', async ({ accounts, store }) => {
        await accounts.checkNew(name);
        const { displayName, ringback, generate } = options;
        const admin = options.admin === true;
        const password = await choosePassword(generate === true);
        await accounts.add({
          name,
          displayName,
          admin,
          generateRingback: ringback === true,
          password,
        });
        noteCommand(store, config, 'user_added', name, { admin });
        tellOfAccounts(
          generate === true ? `Added ${name} with password ${password}` : `Added ${name}`,
          config,
        );
      });
    });

  withDataOptions(command.command('list'))
    .description('list the users')
    .option('--json', 'as JSON')
    .action(async (options: { readonly json?: true }) => {
      await withTables(configOf(options), 'refuse', async ({ users }) => {
        const list = (await users.list()).map(({ passwordHash: _, ...user }) => user);
        if (options.json === true) {
          console.log(JSON.stringify(list, null, 2));
        } else {
          for (const user of list) {
            console.log(describe(user));
          }
        }
      });
    });

  withDataOptions(command.command('remove <name>'))
    .description('remove a user; tokens of this gateway for that user stop working')
    .action(async (name: string, options: object) => {
      const config = configOf(options);
      await withAccounts(config, 'refuse', async ({ accounts, store }) => {
        await accounts.remove(name);
        noteCommand(store, config, 'user_removed', name);
        tellOfAccounts(`Removed ${name}`, config);
      });
    });

  withDataOptions(command.command('disable <name>'))
    .description('keep a user out, who stays in the list; sessions and calls end')
    .action(async (name: string, options: object) => {
      await setDisabled(configOf(options), name, true);
    });

  withDataOptions(command.command('enable <name>'))
    .description('let a user in again who was disabled')
    .action(async (name: string, options: object) => {
      await setDisabled(configOf(options), name, false);
    });

  withDataOptions(command.command('passwd <name>'))
    .description('change a password; it is asked for, or read from standard input')
    .option('--generate', 'make a random password and print it')
    .action(async (name: string, options: AddOptions) => {
      const config = configOf(options);
      await withAccounts(config, 'refuse', async ({ accounts, store }) => {
        await accounts.get(name);
        const password = await choosePassword(options.generate === true);
        await accounts.setPassword(name, password);
        noteCommand(store, config, 'password_set', name);
        tellOfAccounts(
          options.generate === true
            ? `The password of ${name} is now ${password}`
            : `Changed ${name}`,
          config,
        );
      });
    });

  return command;
}

async function setDisabled(config: Config, name: string, disabled: boolean): Promise<void> {
  await withAccounts(config, 'refuse', async ({ accounts, store }) => {
    await accounts.change(name, { disabled });
    noteCommand(store, config, disabled ? 'user_disabled' : 'user_enabled', name);
    tellOfAccounts(`${disabled ? 'Disabled' : 'Enabled'} ${name}`, config);
  });
}

function configOf(options: object): Config {
  return configFromOptions(options as Parameters<typeof configFromOptions>[0]);
}

function describe(user: {
  readonly name: string;
  readonly displayName: string;
  readonly admin: boolean;
  readonly generateRingback: boolean;
  readonly disabled: boolean;
}): string {
  const marks = [
    user.admin ? 'admin' : '',
    user.generateRingback ? 'ringback' : '',
    user.disabled ? 'disabled' : '',
  ].filter((mark) => mark !== '');
  return [user.name.padEnd(16), user.displayName.padEnd(24), marks.join(', ')].join(' ').trimEnd();
}
