import { Command } from 'commander';
import { hashPassword } from '../auth/passwords.ts';
import { userNameProblem } from '../auth/users.ts';
import { CliError } from './errors.ts';
import { configFromOptions, withDataOptions } from './options.ts';
import { choosePassword } from './password.ts';
import { tell, withUsers } from './users-store.ts';

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
      if (problem !== null) {
        throw new CliError(problem);
      }
      const dataDir = dataDirOf(options);
      await withUsers(dataDir, 'make', async (users) => {
        if (users.get(name) !== null) {
          throw new CliError(`There is already a user ${name}`);
        }
        const password = await choosePassword(options.generate === true);
        const added = users.add({
          name,
          displayName: cleanName(options.displayName ?? name),
          passwordHash: await hashPassword(password),
          admin: options.admin === true,
          generateRingback: options.ringback === true,
        });
        if (!added) {
          throw new CliError(`There is already a user ${name}`);
        }
        tell(
          options.generate === true ? `Added ${name} with password ${password}` : `Added ${name}`,
          dataDir,
        );
      });
    });

  withDataOptions(command.command('list'))
    .description('list the users')
    .option('--json', 'as JSON')
    .action(async (options: { readonly json?: true }) => {
      await withUsers(dataDirOf(options), 'refuse', (users) => {
        const list = users.list().map(({ passwordHash: _, ...user }) => user);
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
      const dataDir = dataDirOf(options);
      await withUsers(dataDir, 'refuse', (users) => {
        if (!users.remove(name)) {
          throw new CliError(`There is no user ${name}`);
        }
        tell(`Removed ${name}`, dataDir);
      });
    });

  withDataOptions(command.command('passwd <name>'))
    .description('change a password; it is asked for, or read from standard input')
    .option('--generate', 'make a random password and print it')
    .action(async (name: string, options: AddOptions) => {
      const dataDir = dataDirOf(options);
      await withUsers(dataDir, 'refuse', async (users) => {
        if (users.get(name) === null) {
          throw new CliError(`There is no user ${name}`);
        }
        const password = await choosePassword(options.generate === true);
        if (!users.setPassword(name, await hashPassword(password))) {
          throw new CliError(`There is no user ${name}`);
        }
        tell(
          options.generate === true
            ? `The password of ${name} is now ${password}`
            : `Changed ${name}`,
          dataDir,
        );
      });
    });

  return command;
}

function dataDirOf(options: object): string {
  return configFromOptions(options as Parameters<typeof configFromOptions>[0]).dataDir;
}

/** In characters as people count them, so that none is cut in two. */
const MAX_DISPLAY_NAME = 64;
const MAX_DISPLAY_BYTES = 1024;

function cleanName(text: string): string {
  const name = text.replaceAll(/\p{C}/gu, '').trim();
  if (name === '') {
    throw new CliError('A display name must not be empty');
  }
  const length = [...new Intl.Segmenter().segment(name)].length;
  if (length > MAX_DISPLAY_NAME) {
    throw new CliError(
      `A display name has ${String(MAX_DISPLAY_NAME)} characters at most; this one has ${String(length)}`,
    );
  }
  if (Buffer.byteLength(name) > MAX_DISPLAY_BYTES) {
    throw new CliError(`A display name has ${String(MAX_DISPLAY_BYTES)} bytes at most`);
  }
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
