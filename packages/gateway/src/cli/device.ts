import { Command } from 'commander';
import { deviceNameProblem, Devices, loginOf, MAX_DEVICES } from '../auth/devices.ts';
import { makeHa1 } from '../auth/digest-hash.ts';
import type { Users } from '../auth/users.ts';
import type { Config } from '../config.ts';
import { askGateway, ControlError } from '../control/control-client.ts';
import type { LivePhones } from '../control/operations.ts';
import { CliError } from './errors.ts';
import { configFromOptions, withDataOptions } from './options.ts';
import { choosePassword } from './password.ts';
import { describeDevices } from './report-text.ts';
import { tell, withUsers } from './users-store.ts';

export function deviceCommand(): Command {
  const command = new Command('device').description('desk phones of users, which sign in by SIP');

  withDataOptions(command.command('add <user> [name]'))
    .description('add a phone; its password is made here and printed once')
    .option('--ask', 'ask for the password, or read it from standard input')
    .action(async (user: string, name: string | undefined, options: { readonly ask?: true }) => {
      const config = configOf(options);
      await withUsers(config.dataDir, 'refuse', (users, store) =>
        add(users, new Devices(store), config, { user, name, ask: options.ask === true }),
      );
    });

  withDataOptions(command.command('list [user]'))
    .description('list the phones, and where they are registered with the running gateway')
    .option('--json', 'as JSON')
    .action(async (user: string | undefined, options: { readonly json?: true }) => {
      const { dataDir } = configOf(options);
      const devices = await withUsers(dataDir, 'refuse', (_users, store) =>
        new Devices(store).list(user),
      );
      const running = await registrationsOf(dataDir);
      const list = devices.map(({ ha1: _, ...device }) => ({
        ...device,
        login: loginOf(device),
        registrations:
          running?.filter((each) => each.user === device.user && each.device === device.name) ??
          null,
      }));
      console.log(options.json === true ? JSON.stringify(list, null, 2) : describeDevices(list));
    });

  withDataOptions(command.command('remove <user> <name>'))
    .description('remove a phone; it is signed out, and its calls end')
    .action(async (user: string, name: string, options: object) => {
      const { dataDir } = configOf(options);
      await withUsers(dataDir, 'refuse', (_users, store) => {
        if (!new Devices(store).remove(user, name)) {
          throw new CliError(`${user} has no device ${name}`);
        }
        tell(`Removed ${name} of ${user}`, dataDir);
      });
    });

  return command;
}

function configOf(options: object): Config {
  return configFromOptions(options as Parameters<typeof configFromOptions>[0]);
}

/** Null: no gateway runs on that folder. */
async function registrationsOf(dataDir: string): Promise<LivePhones['registrations'] | null> {
  try {
    return (await askGateway<LivePhones>(dataDir, 'GET', '/phones')).registrations;
  } catch (error) {
    if (error instanceof ControlError) {
      return null;
    }
    throw error;
  }
}

interface Added {
  readonly user: string;
  readonly name: string | undefined;
  readonly ask: boolean;
}

async function add(users: Users, devices: Devices, config: Config, added: Added): Promise<void> {
  const { user, ask } = added;
  const realm = config.sip?.devices?.realm;
  if (realm === undefined) {
    throw new CliError(
      'No phone can sign in: the configuration has no sip.devices.realm (docs/sip.md).',
    );
  }
  if (users.get(user) === null) {
    throw new CliError(`There is no user ${user}`);
  }
  const taken = devices.list(user).map((device) => device.name);
  const name = added.name ?? freeName(taken);
  const problem = deviceNameProblem(name);
  if (problem !== null) {
    throw new CliError(problem);
  }
  if (taken.includes(name)) {
    throw new CliError(`${user} has a device ${name} already`);
  }
  if (taken.length >= MAX_DEVICES) {
    throw new CliError(`${user} has ${String(MAX_DEVICES)} devices, which is the most`);
  }
  const login = loginOf({ user, name });
  const password = await choosePassword(!ask);
  if (!devices.add({ user, name, realm, ha1: makeHa1(login, realm, password) })) {
    throw new CliError(`${user} has a device ${name} already`);
  }
  tell(`Added ${name} of ${user}`, config.dataDir);
  console.log(`  address   sip:${user}@${realm}`);
  console.log(`  sign in   ${login}`);
  if (!ask) {
    console.log(`  password  ${password}`);
  }
}

function freeName(taken: readonly string[]): string {
  for (let number = 1; ; number++) {
    const name = number === 1 ? 'phone' : `phone${String(number)}`;
    if (!taken.includes(name)) {
      return name;
    }
  }
}
