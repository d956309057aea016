import { Command } from 'commander';
import { isDemoStore } from '../auth/demo.ts';
import { hashPassword } from '../auth/passwords.ts';
import { Store, databasePath } from '../auth/store.ts';
import { Users, userNameProblem } from '../auth/users.ts';
import { CliError } from './errors.ts';
import { configFromOptions, withDataOptions } from './options.ts';
import { randomPassword, readPassword } from './password.ts';

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
      const problem = userNameProblem(name);
      if (problem !== null) throw new CliError(problem);
      await withUsers(options, async (users) => {
        if (users.get(name) !== null) throw new CliError(`There is already a user ${name}`);
        const password = await choosePassword(options);
        const added = users.add({
          name,
          displayName: cleanName(options.displayName ?? name),
          passwordHash: await hashPassword(password),
          admin: options.admin === true,
          generateRingback: options.ringback === true,
        });
        if (!added) throw new CliError(`There is already a user ${name}`);
        console.log(
          options.generate === true ? `Added ${name} with password ${password}` : `Added ${name}`,
        );
      });
    });

  withDataOptions(command.command('list'))
    .description('list the users')
    .option('--json', 'as JSON')
    .action(async (options: { readonly json?: true }) => {
      await withUsers(options, (users) => {
        const list = users.list().map(({ passwordHash: _, ...user }) => user);
        if (options.json === true) console.log(JSON.stringify(list, null, 2));
        else for (const user of list) console.log(describe(user));
      });
    });

  withDataOptions(command.command('remove <name>'))
    .description('remove a user; tokens of this gateway for that user stop working')
    .action(async (name: string, options: object) => {
      await withUsers(options, (users) => {
        if (!users.remove(name)) throw new CliError(`There is no user ${name}`);
        console.log(`Removed ${name}`);
      });
    });

  withDataOptions(command.command('passwd <name>'))
    .description('change a password; it is asked for, or read from standard input')
    .option('--generate', 'make a random password and print it')
    .action(async (name: string, options: AddOptions) => {
      await withUsers(options, async (users) => {
        if (users.get(name) === null) throw new CliError(`There is no user ${name}`);
        const password = await choosePassword(options);
        if (!users.setPassword(name, await hashPassword(password))) {
          throw new CliError(`There is no user ${name}`);
        }
        console.log(
          options.generate === true
            ? `The password of ${name} is now ${password}`
            : `Changed ${name}`,
        );
      });
    });

  return command;
}

async function withUsers(
  options: object,
  work: (users: Users) => Promise<void> | void,
): Promise<void> {
  const config = configFromOptions(options as Parameters<typeof configFromOptions>[0]);
  const store = new Store(databasePath(config.dataDir));
  try {
    if (isDemoStore(store)) throw new CliError(`${config.dataDir} holds the database of a demo`);
    await work(new Users(store));
  } finally {
    store.close();
  }
}

async function choosePassword(options: AddOptions): Promise<string> {
  return options.generate === true ? randomPassword() : readPassword();
}

function cleanName(text: string): string {
  const name = text.replaceAll(/\p{C}/gu, '').trim().slice(0, 64);
  if (name === '') throw new CliError('A display name must not be empty');
  return name;
}

function describe(user: {
  readonly name: string;
  readonly displayName: string;
  readonly admin: boolean;
  readonly generateRingback: boolean;
}): string {
  const marks = [user.admin ? 'admin' : '', user.generateRingback ? 'ringback' : ''].filter(
    (mark) => mark !== '',
  );
  return [user.name.padEnd(16), user.displayName.padEnd(24), marks.join(', ')].join(' ').trimEnd();
}
