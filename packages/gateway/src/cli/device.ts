import { Command } from 'commander';
import { loginOf } from '../auth/devices.ts';
import type { Config } from '../config.ts';
import { askGateway, ControlError } from '../control/control-client.ts';
import type { LivePhones } from '../control/operations.ts';
import { noteCommand } from './note-command.ts';
import { configFromOptions, withDataOptions } from './options.ts';
import { choosePassword } from './password.ts';
import { describeDevices } from './report-text.ts';
import { tellOfAccounts, withAccounts, withTables } from './users-store.ts';

export function deviceCommand(): Command {
  const command = new Command('device').description('desk phones of users, which sign in by SIP');

  withDataOptions(command.command('add <user> [name]'))
    .description('add a phone; its password is made here and printed once')
    .option('--ask', 'ask for the password, or read it from standard input')
    .action(async (user: string, name: string | undefined, options: { readonly ask?: true }) => {
      const config = configOf(options);
      await withAccounts(config, 'refuse', async ({ accounts, store }) => {
        const ask = options.ask === true;
        const device = await accounts.newDevice(user, name);
        const login = loginOf(device);
        const password = await choosePassword(!ask);
        await accounts.addDevice(device, password);
        noteCommand(store, config, 'device_added', login);
        tellOfAccounts(`Added ${device.name} of ${user}`, config);
        console.log(`  address   sip:${user}@${device.realm}`);
        console.log(`  sign in   ${login}`);
        if (!ask) {
          console.log(`  password  ${password}`);
        }
      });
    });

  withDataOptions(command.command('list [user]'))
    .description('list the phones, and where they are registered with the running gateway')
    .option('--json', 'as JSON')
    .action(async (user: string | undefined, options: { readonly json?: true }) => {
      const config = configOf(options);
      const found = await withTables(config, 'refuse', ({ devices }) => devices.list(user));
      const running = await registrationsOf(config.dataDir);
      const list = found.map(({ ha1: _, ...device }) => ({
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
      const config = configOf(options);
      await withAccounts(config, 'refuse', async ({ accounts, store }) => {
        await accounts.removeDevice(user, name);
        noteCommand(store, config, 'device_removed', loginOf({ user, name }));
        tellOfAccounts(`Removed ${name} of ${user}`, config);
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
